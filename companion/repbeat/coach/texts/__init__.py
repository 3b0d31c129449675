"""What the coach says: every sentence is a key with parameters, told in a language's own catalogue.

A catalogue is `<language>.json` beside this file: key to sentence. Parameters stand in braces; `{load:kg}`
prints grams in kilograms, and a list prints its entries through the catalogue.
"""

from __future__ import annotations

import string
from functools import cache
from importlib import resources
from typing import Any

import msgspec

ENGLISH = "en"


class Text(msgspec.Struct, frozen=True):
    """A sentence before it is put into words."""

    key: str
    params: dict[str, Any] = {}


class _Words(string.Formatter):
    def __init__(self, catalogue: dict[str, str]) -> None:
        self._catalogue = catalogue

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "kg":
            return f"{value / 1000:g} kg"
        if isinstance(value, list | tuple):
            return ", ".join(self._catalogue.get(str(entry), str(entry)) for entry in value)
        return str(super().format_field(value, format_spec))


@cache
def catalogue(language: str = ENGLISH) -> dict[str, str]:
    """All sentences of a language; FileNotFoundError where there is no such catalogue."""
    data = resources.files(__name__).joinpath(f"{language}.json").read_bytes()
    return msgspec.json.decode(data, type=dict[str, str])


def say(text: Text, language: str = ENGLISH) -> str:
    """The sentence; KeyError for a key or parameter that is missing."""
    sentences = catalogue(language)
    return _Words(sentences).vformat(sentences[text.key], (), text.params)
