"""What people type: either decimal mark, every script's digits, loads in their own unit, nothing guessed."""

from collections.abc import Iterator
from datetime import date

import pytest
from flask import g
from web.town import Town

from repbeat.people.preferences import Preferences
from repbeat.web import i18n, typed


@pytest.fixture
def of_language(town: Town) -> Iterator[object]:
    """Make whoever looks one of a language, decimal mark and unit."""
    with town.app.test_request_context():

        def be(language: str, **wanted: str) -> None:
            g.local = i18n.of(Preferences(language=language, **wanted), language)

        yield be


@pytest.mark.parametrize("language", ["en", "de", "es", "ar"])
def test_either_mark_is_a_decimal_mark(of_language, language: str) -> None:  # type: ignore[no-untyped-def]
    of_language(language)
    assert typed.number("62,5") == typed.number(" 62.5 ") == typed.number("\u0666\u0662\u066b\u0665") == 62.5
    assert typed.number("-3") == typed.number("\u22123") == -3
    assert typed.number("") is None
    assert typed.whole("8") == 8


@pytest.mark.parametrize("text", ["nan", "inf", "1e5", "--1", "-", "12 kg", "1,2,3", "0x10"])
def test_what_is_no_number_is_refused(of_language, text: str) -> None:  # type: ignore[no-untyped-def]
    of_language("en")
    with pytest.raises(typed.NotANumber, match="between thousands"):
        typed.number(text)


def test_what_may_be_two_numbers_is_refused(of_language) -> None:  # type: ignore[no-untyped-def]
    of_language("en")
    assert typed.number("1.500") == 1.5
    with pytest.raises(typed.NotANumber):
        typed.number("1,500")
    of_language("en", decimal_mark="comma")
    assert typed.number("1,500") == 1.5
    with pytest.raises(typed.NotANumber):
        typed.number("1.500")
    with pytest.raises(typed.NotANumber):
        typed.whole("2.5")


def test_a_load_is_in_the_unit_of_whoever_types(of_language) -> None:  # type: ignore[no-untyped-def]
    of_language("de")
    assert (typed.grams("62,5"), typed.load(62_500), typed.load_kg(60)) == (62_500, "62,5", "60")
    of_language("en", units="lb")
    assert typed.grams("100") == pytest.approx(45_359.237)
    for load_g in range(500, 200_000, 10):  # shown and sent again it stays what it was, to the 10 g of a plan
        assert round((typed.grams(typed.load(load_g)) or 0) / 10) * 10 == load_g


def test_what_could_not_be_read_is_shown_as_it_was(of_language) -> None:  # type: ignore[no-untyped-def]
    of_language("de")
    assert typed.shown("viel") == typed.load_kg("viel") == "viel"
    assert (typed.shown(7.0), typed.shown(None), typed.shown(-0.5, 1)) == ("7", "", "-0,5")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "2026-03-02"),
        ("en", "2/3/2026"),
        ("de", " 2.3.26 "),
        ("es", "02/03/2026"),
        ("ar", "\u0662/\u0663/\u0662\u0660\u0662\u0666"),
    ],
)
def test_a_day_is_read_in_the_order_of_whoever_types(of_language, language: str, text: str) -> None:  # type: ignore[no-untyped-def]
    of_language(language)
    assert typed.day(text) == date(2026, 3, 2)


@pytest.mark.parametrize("text", ["", "2026-02-30", "31/4/2026", "2026", "tomorrow", "1/2/3/2026"])
def test_what_is_no_day_is_refused_with_an_example(of_language, text: str) -> None:  # type: ignore[no-untyped-def]
    of_language("en")
    with pytest.raises(typed.NotADay, match="write it as 31/12/2026"):
        typed.day(text)
