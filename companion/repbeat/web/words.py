"""Meanings of the codes that pages show, in English; `i18n.vocabulary` has them translated."""

from __future__ import annotations

from repbeat.people import errors as people
from repbeat.store import plans
from repbeat.store.errors import NotFound, StoreError
from repbeat_protocol import live as wire

FIELDS = {
    "load_g": "load",
    "sets": "sets",
    "reps_low": "lower repetitions",
    "reps_high": "upper repetitions",
    "rest_s": "rest",
}

PHASES = {
    wire.IDLE: "Idle",
    wire.READY: "Ready for the next set",
    wire.IN_SET: "In a set",
    wire.REST: "Rest",
    wire.DONE: "Session done",
    wire.QUESTION: "Question to answer",
    wire.BREATHING: "Paced breathing",
}

PLAN_STATUS = {
    plans.PROPOSED: "waits for approval",
    plans.PENDING: "ready for the device",
    plans.PUSHED: "on the device, applied before the next set",
    plans.APPLIED: "in force on the device",
    plans.REFUSED: "refused",
    plans.SUPERSEDED: "replaced",
}

# The English messages of errors name their cause; in other languages each kind has one sentence.
ERRORS: dict[type[Exception], str] = {
    NotFound: "This is not here, or not yours to see: ask the athlete for consent.",
    people.BadName: "A name has 1 to 64 characters, none of them invisible.",
    people.NameTaken: "Somebody has this name already: choose another one.",
    people.WeakPassword: "This password is too easily guessed: at least 10 characters, without the name.",
    people.WrongPassword: "Name and password do not belong together.",
    people.Throttled: "Too many tries: wait a little and try again.",
    people.WrongSetupCode: "This is not the code that the companion printed when it started.",
    people.LastAdministrator: "This is the only administrator: make another account one first.",
    people.UnknownScope: "Choose to whom and for what.",
    people.BadPreference: "There is no such language, unit or time zone.",
    people.KeyUnavailable: "The key of the heart data cannot be had: see the companion’s log.",
    StoreError: "The store cannot answer now: see the companion’s log.",
}

TITLES = {
    400: "That cannot be read",
    401: "Not signed in",
    403: "Not for you",
    404: "Not here",
    405: "Not that way",
    409: "That does not go together",
    413: "Too large",
    422: "That does not fit",
    429: "Too many requests",
    500: "That failed",
    503: "Not now",
}
SENTENCES = {
    400: "The form was not this page’s, or too old: go back and reload it.",
    401: "Sign in first.",
    403: "This needs a role that you do not have: ask an administrator.",
    404: "There is nothing at this address.",
    429: "Wait a moment and try again.",
    500: "An error of RepBeat’s own: its log says where.",
}


def plain(slug: str) -> str:
    """A name as a heading: "bench_press" is "Bench press"."""
    return slug.replace("_", " ").replace("-", " ").capitalize()
