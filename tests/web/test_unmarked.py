"""No words stand in a template or are flashed by code without going through the catalogues."""

import ast
import re
from pathlib import Path

import pytest
from jinja2 import Environment

from repbeat.web import i18n

WEB = Path(i18n.__file__).parent
TEMPLATES = sorted(WEB.glob("templates/*.html"))
SCRIPTS = sorted(WEB.glob("static/*.js"))
VERBATIM = re.compile(r"<(script|style|code)\b.*?</\1>", re.S)
SHOWN = re.compile(r'\b(?:aria-label|title|placeholder|alt)="([^"]*)"')
WORD = re.compile(r"[A-Za-z]{2,}")
# The same in every language: names, units, formats.
NAMES = {"RepBeat", "Rep", "Beat", "bpm", "mm", "kB", "Strava", "JSON", "CSV", "PDF"}
SAYS = {"flash", "abort"}


def words(text: str) -> set[str]:
    return set(WORD.findall(text)) - NAMES


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_says_nothing_unmarked(path: Path) -> None:
    # What stands outside of expressions and statements.
    tokens = Environment(autoescape=True).lex(path.read_text())
    plain = VERBATIM.sub(" ", "\0".join(text for _, kind, text in tokens if kind == "data"))
    found = [words(text) for text in SHOWN.findall(plain)]
    found += [words(text) for text in re.sub(r"<[^>]*>", "\0", plain).split("\0")]
    assert [one for one in found if one] == []


@pytest.mark.parametrize("path", sorted(WEB.glob("*_pages.py")), ids=lambda path: path.name)
def test_a_page_flashes_nothing_unmarked(path: Path) -> None:
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    said = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in SAYS]
    texts = [arg.value for call in said for arg in call.args[:2] if isinstance(arg, ast.Constant)]
    assert [text for text in texts if isinstance(text, str) and " " in text.strip()] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_says_nothing_itself(path: Path) -> None:
    code = re.sub(r"//.*", "", path.read_text())
    code = re.sub(r'(querySelector(All)?\(|words\[)"[^"]*"', "", code)
    texts = re.findall(r'"([^"\n<]*)"', code)
    assert [text for text in texts if re.search(r"[A-Za-z]{2,} [a-z]{2,}", text)] == []
