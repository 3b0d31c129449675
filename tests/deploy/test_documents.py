"""What the documents say can be done: every link leads somewhere, every command and option is there."""

import re
from importlib.metadata import entry_points
from pathlib import Path

import click
import pytest

from repbeat import cli

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *(page for room in ("docs", "hardware", "protocol") for page in sorted((ROOT / room).rglob("*.md"))),
]
LINK = re.compile(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"")
COMMAND = re.compile(r"(?<![\w/-])repbeat ((?:[a-z][a-z-]*)(?: [^`\n|;#&()]*)?)")


def code_of(text: str) -> list[str]:
    """Fenced blocks by line, and what stands in single backticks."""
    fenced = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    rest = re.sub(r"```\w*\n.*?```", "", text, flags=re.DOTALL)
    return [line for block in fenced for line in block.splitlines()] + re.findall(r"`([^`]+)`", rest)


def anchors(page: Path) -> set[str]:
    """Of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for found in LINK.finditer(page.read_text(encoding="utf-8")):
        link = found[1] or found[2]
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), link
        assert not anchor or anchor in anchors(there), link


def test_every_command_and_option_is_there() -> None:
    names = {point.name for point in entry_points(group=cli.GROUP)}
    context = click.Context(cli.main)
    seen = 0
    for page in (page for page in PAGES if page.name != "CHANGELOG.md"):
        for said in (
            found[1] for code in code_of(page.read_text(encoding="utf-8")) for found in COMMAND.finditer(code)
        ):
            name, *words = said.split()
            assert name in names, f"{page.name}: repbeat {said}"
            command = cli.main.get_command(context, name)
            while isinstance(command, click.Group) and words and words[0] in command.commands:
                command = command.commands[words.pop(0)]
            assert command is not None
            options = {one for param in command.params for one in (*param.opts, *param.secondary_opts)}
            for word in words:
                if word.startswith("--"):
                    assert word.partition("=")[0] in options | {"--help"}, f"{page.name}: repbeat {said}"
            seen += 1
    assert seen > 80
