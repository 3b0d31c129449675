"""The pages' language and the habits that go with it: whoever looks says so, else the browser does.

Texts are English in templates and code; `translations/<language>/LC_MESSAGES/messages.po` has the others.
`make texts` brings the files up to date, a test fails where one says nothing.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import tzinfo
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from babel.core import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, g, has_request_context, request
from flask_babel import Babel, Domain
from markupsafe import escape

from repbeat.coach import programmes
from repbeat.gym import attribution, calibration, fleet
from repbeat.hub import board
from repbeat.people import consent, preferences, tenants, tokens
from repbeat.people.preferences import Preferences
from repbeat.services.registry import ABOUT
from repbeat.web import words
from repbeat.web.context import store
from repbeat_protocol import exercises

FOLDER = Path(__file__).parent / "translations"
ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "de": "Deutsch", "es": "Español", "ar": "العربية"}
_FORMATS = {ENGLISH: "en_GB"}  # day before month, 24 hours: as the other three have it
_DECIMALS = {"point": "en_GB", "comma": "de"}
_WEEK_STARTS = {"monday": 0, "saturday": 5, "sunday": 6}


class Local(msgspec.Struct, frozen=True, kw_only=True):
    """What a page is written with. `week_start`: 0 is Monday; `zone` None: where the training was."""

    language: str
    formats: Locale
    numbers: Locale
    units: str
    week_start: int
    zone: tzinfo | None

    @property
    def week(self) -> list[int]:
        """The weekdays in the viewer's order; 0 is Monday."""
        return [(self.week_start + day) % 7 for day in range(7)]

    @property
    def direction(self) -> str:
        """ltr or rtl."""
        return str(Locale.parse(self.language).text_direction)


class _Catalogues(Domain):  # type: ignore[misc]
    """Reads the .po files themselves, so that nothing compiled has to be kept."""

    def get_translations(self) -> NullTranslations:
        return _catalogue()


class _Babel(Babel):  # type: ignore[misc]
    domain_instance = _Catalogues()


def install(app: Flask) -> None:
    """Give an application's pages their languages."""
    _Babel(app, locale_selector=lambda: local().language)
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: _shown(text, _catalogue().gettext(text)),
        ngettext=lambda one, more, count: _shown(one, _catalogue().ngettext(one, more, count)),
        newstyle=True,
    )

    @app.context_processor
    def languages() -> dict[str, object]:
        return {"local": local(), "languages": LANGUAGES}


def _catalogue() -> NullTranslations:
    return translations(local().language)


def _shown(text: str, translated: str) -> str:
    """A text for a template, which takes it for markup and a format: only our own may be either.

    Templates also pass on words of other rooms, and those may be what somebody wrote.
    """
    return translated if text in _ours() else escape(translated.replace("%", "%%"))


@cache
def _ours() -> frozenset[str]:
    """Every text that pages say themselves."""
    with catalogue_file("de").open("rb") as file:
        found = [one.id for one in read_po(file, locale="de") if one.id]
    return frozenset(one if isinstance(one, str) else one[0] for one in found)


def local() -> Local:
    """That of this request."""
    if not has_request_context():
        return of(Preferences(), ENGLISH)
    known: Local | None = g.get("local")
    if known is None:
        asked = request.accept_languages.best_match(tuple(LANGUAGES)) or ENGLISH
        account_id = g.gate.viewer.account_id if "gate" in g else ""
        known = g.local = of(preferences.of(store(), account_id), asked)
    return known


def of(wanted: Preferences, browser: str) -> Local:
    """Preferences, with what they leave open filled from the browser's language."""
    language = wanted.language or browser
    formats = Locale.parse(_FORMATS.get(language, language))
    return Local(
        language=language,
        formats=formats,
        numbers=Locale.parse(_DECIMALS.get(wanted.decimal_mark, str(formats))),
        units=wanted.units,
        week_start=_WEEK_STARTS.get(wanted.week_start, formats.first_week_day),
        zone=ZoneInfo(wanted.zone) if wanted.zone else None,
    )


@cache
def translations(language: str) -> NullTranslations:
    """A language's texts; English is what the code says."""
    if language == ENGLISH:
        return NullTranslations()
    compiled = io.BytesIO()
    with catalogue_file(language).open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Translations(compiled)


def catalogue_file(language: str) -> Path:
    """Where a language's texts are."""
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


def vocabulary() -> Iterator[str]:
    """Words of other rooms that pages show translated."""
    yield from (words.plain(slug) for slug in exercises.CODES)
    for meanings in (
        words.FIELDS,
        words.PHASES,
        words.PLAN_STATUS,
        words.READINESS,
        words.FORM_BITS,
        consent.SCOPES,
        tokens.SCOPES,
    ):
        yield from meanings.values()
    for told in (words.ERRORS, words.TITLES, words.SENTENCES, consent.LEVELS):
        yield from told.values()
    for meanings in (words.BOARDS, words.COUNTS, words.FIGURES, words.BADGES, words.DAYS_OFF, words.RECOVERY):
        yield from meanings.values()
    for about in ABOUT.values():
        yield from (about.name, about.goes, about.comes)
    yield from (board.OFF, board.WAITING, board.CONNECTING, board.SYNCING, board.LIVE)
    yield from (words.plain(word) for word in (*consent.SCOPES, *tokens.SCOPES))
    for question in words.CHECK_IN.values():
        yield from question
    yield from (*words.CUES.values(), *words.PATTERNS.values())
    for programme in programmes.library().values():
        yield from (programme.name, programme.for_whom, *(day.name for day in programme.days))
    for told_of in (words.EFFORTS, words.KINDS, words.SIGNS, words.HEALTH, words.ESTIMATES, words.FORECASTS):
        yield from told_of.values()
    for evidence in (words.RULES, words.INPUTS, words.OUTCOMES, words.SOURCES):
        yield from evidence.values()
    yield from (*words.WEEKDAYS, *words.GOALS.values())
    yield from words.EVENTS.values()
    yield from words.DELIVERIES
    yield from (*tenants.ROLES, *words.ACTIONS)
    yield from (*fleet.WARNINGS, *attribution.HOWS, *calibration.SENTENCES)
