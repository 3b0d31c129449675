"""Whose pages these are: the athletes of whoever asks, and their day."""

from __future__ import annotations

from datetime import date

from flask import Flask, abort
from flask_babel import gettext as _

from repbeat.community import history, motivation
from repbeat.web.context import gate, now_ms, store


def own_athletes() -> list[str]:
    """All of whoever asks, by id; everybody on an open companion."""
    viewer = gate().viewer
    return sorted(viewer.own) or ([one.athlete_id for one in gate().known()] if viewer.everything else [])


def own_athlete() -> str | None:
    """The first of them; None for an account that trains not."""
    return next(iter(own_athletes()), None)


def own_athlete_or_404() -> str:
    """The first of them; 404 without one."""
    own = own_athlete()
    if own is None:
        abort(404, _("This account is nobody who trains: an administrator can give it an athlete."))
    return own


def local_today(own: str | None) -> date:
    """The athlete's own day, UTC's for None."""
    return history.local_day(store(), own, now_ms()) if own else history.utc_day(now_ms())


def motivated() -> bool:
    """Whether whoever looks trains and has not hidden streaks, badges and boards."""
    own = own_athlete()
    return own is not None and not motivation.of_athlete(store(), own).hidden


def install(app: Flask) -> None:
    """Let every page ask both."""
    app.context_processor(lambda: {"own_athlete": own_athlete, "motivated": motivated})
