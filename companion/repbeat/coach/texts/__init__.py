"""What the coach says: every sentence is a key with parameters, told in a language's own catalogue.

A catalogue is `<language>.json` beside this file: key to sentence. Parameters stand in braces; `{load:kg}`
prints grams as a load, and a list prints its entries through the catalogue.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

import msgspec

ENGLISH = "en"


class Text(msgspec.Struct, frozen=True):
    """A sentence before it is put into words."""

    key: str
    params: dict[str, Any] = {}


def kilograms(grams: float) -> str:
    """Grams in kilograms, without needless zeros."""
    return f"{grams / 1000:g} kg"


class _Words(string.Formatter):
    def __init__(self, catalogue: dict[str, str], mass: Callable[[float], str]) -> None:
        self._catalogue = catalogue
        self._mass = mass

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "kg":
            return self._mass(value)
        if isinstance(value, list | tuple):
            return ", ".join(self._catalogue.get(str(entry), str(entry)) for entry in value)
        return str(super().format_field(value, format_spec))


@cache
def catalogue(language: str = ENGLISH) -> dict[str, str]:
    """All sentences of a language; FileNotFoundError where there is no such catalogue."""
    data = resources.files(__name__).joinpath(f"{language}.json").read_bytes()
    return msgspec.json.decode(data, type=dict[str, str])


def say(text: Text, language: str = ENGLISH, mass: Callable[[float], str] = kilograms) -> str:
    """The sentence, loads written by `mass`; KeyError for a key or parameter that is missing."""
    sentences = catalogue(language)
    return _Words(sentences, mass).vformat(sentences[text.key], (), text.params)
