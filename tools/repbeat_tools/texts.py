"""`make texts`: bring the pages' catalogues up to date with what templates and code say.

A new text arrives empty, one that nobody says any more goes, what is translated stays.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from repbeat.web import i18n

WEB = Path(i18n.__file__).parent
_METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
_OPTIONS = {"templates/**.html": {"silent": "false"}}


def said() -> Iterator[str | tuple[str, ...]]:
    """Every text of the pages: those of templates and code, and the words of other rooms."""
    for _file, _line, text, _comments, _context in extract_from_dir(WEB, _METHODS, _OPTIONS):
        yield text
    yield from i18n.vocabulary()


def kept(language: str) -> Catalog:
    """A language's catalogue as it is in the file; a new one where there is none."""
    path = i18n.catalogue_file(language)
    if not path.is_file():
        return Catalog(locale=language, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def renewed(language: str) -> Catalog:
    """The catalogue with every text that is said, and no other."""
    old = kept(language)
    new = Catalog(locale=language, charset="utf-8", fuzzy=False)
    for text in said():
        before = old.get(text[0] if isinstance(text, tuple) else text)
        new.add(text, before.string if before is not None else "", flags=before.flags if before else ())
    return new


def empty(catalogue: Catalog) -> list[str]:
    """Texts without a translation, or with only some of the language's plural forms."""
    out = []
    for message in catalogue:
        forms = message.string if isinstance(message.string, list | tuple) else (message.string,)
        wanted = catalogue.num_plurals if message.pluralizable else 1
        if message.id and (len(forms) != wanted or not all(forms)):
            out.append(message.id if isinstance(message.id, str) else message.id[0])
    return out


def write(language: str) -> int:
    """Renew a language's file; how many texts still want a translation."""
    catalogue = renewed(language)
    path = i18n.catalogue_file(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, no_location=True, sort_output=True, omit_header=True, width=110)
    return len(empty(catalogue))


def main() -> None:
    """Renew all catalogues."""
    for language in i18n.LANGUAGES:
        if language != i18n.ENGLISH:
            path = i18n.catalogue_file(language)
            print(f"{path}: {write(language)} to translate", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main()
