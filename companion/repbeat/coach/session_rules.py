"""The rules for a whole session: which kind it should be, and what that does to its lines. Pure.

A lighter session always rests on two signals that agree, on the schedule, or on progress that stood still
while recovery fell; never on one signal, never on what is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from repbeat.coach.rules import missed_twice
from repbeat.coach.situation import Line, Situation
from repbeat.coach.texts import Text
from repbeat.derive.readiness import State
from repbeat_protocol import plan as wire

VERSION = 1
SETS_CUT_PERCENT = 30  # SCIENCE section 5, rule 3
# "fewer sets and less effort" (Bell 2023). Loads stay: the effort falls by ending sets at the bottom of the
# range. A load taken down and a rise earned before would together be more than the device lets through.
DELOAD_SETS_PERCENT = 40
LIGHT_SETS_PERCENT = 50
LIGHT_VELOCITY_LOSS_PERCENT = 10
FALLING_DAYS = 7
FALLING_MORNINGS = 2


class Kind(StrEnum):
    """What the next session is."""

    FULL = "full"
    REDUCED = "reduced"
    LIGHT = "light"
    DELOAD = "deload"


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """The kind, and the rule that says so."""

    kind: Kind
    rule: str = ""
    text: Text | None = None
    version: int = VERSION


def rule_session(situation: Situation) -> Ruling:
    """The lightest kind that any rule asks for; FULL where none does."""
    state = situation.state
    bad = list(situation.readiness.bad) if situation.readiness else []
    signals = [signal.value for signal in bad]
    if state is State.RED and len(bad) >= 3:
        return Ruling(kind=Kind.LIGHT, rule="light", text=Text("light_three", {"signals": signals}))
    if state is State.RED and situation.recent[:1] == (State.RED,):
        return Ruling(kind=Kind.LIGHT, rule="light", text=Text("light_two_days", {"signals": signals}))
    deload = situation.deload
    if deload.running:
        return Ruling(kind=Kind.DELOAD, rule="deload", text=Text("deload_goes_on"))
    if deload.every_weeks and deload.weeks_since >= deload.every_weeks:
        told = {"weeks": deload.weeks_since}
        return Ruling(kind=Kind.DELOAD, rule="deload", text=Text("deload_schedule", told))
    if _stands_still(situation) and _falling(situation):
        return Ruling(kind=Kind.DELOAD, rule="deload", text=Text("deload_signs"))
    if state in (State.AMBER, State.RED):
        cut = Text("sets_cut", {"signals": signals, "percent": SETS_CUT_PERCENT})
        return Ruling(kind=Kind.REDUCED, rule="sets_cut", text=cut)
    return Ruling(kind=Kind.FULL)


def lines_of(kind: Kind, base: Sequence[Line], light: Sequence[Line]) -> tuple[Line, ...]:
    """The session's lines for a kind. Nothing in them is above `base`; what is lighter is flagged LIGHT."""
    if kind is Kind.FULL:
        return tuple(base)
    if kind is Kind.LIGHT and light:
        return tuple(_flagged(line) for line in light)
    if kind is Kind.REDUCED:
        return tuple(_cut(line, SETS_CUT_PERCENT) for line in base)
    percent = LIGHT_SETS_PERCENT if kind is Kind.LIGHT else DELOAD_SETS_PERCENT
    return tuple(_eased(_cut(line, percent)) for line in base)


def _cut(line: Line, percent: int) -> Line:
    if line.warm_up:
        return _flagged(line)
    return _flagged(msgspec.structs.replace(line, sets=max(1, (line.sets * (100 - percent) + 50) // 100)))


def _eased(line: Line) -> Line:
    return msgspec.structs.replace(
        line,
        reps_high=line.reps_low,
        velocity_loss_percent=min(line.velocity_loss_percent, LIGHT_VELOCITY_LOSS_PERCENT),
    )


def _flagged(line: Line) -> Line:
    return msgspec.structs.replace(line, flags=line.flags | wire.LIGHT)


def _stands_still(situation: Situation) -> bool:
    """Half of the exercises at least missed their progression twice running."""
    judged = [missed_twice(trials) for trials in situation.trials.values() if trials]
    return bool(judged) and 2 * sum(judged) >= len(judged)


def _falling(situation: Situation) -> bool:
    """More amber and red mornings in this week than in the one before, and two at least."""
    low = [state in (State.AMBER, State.RED) for state in (situation.state, *situation.recent)]
    week, before = low[:FALLING_DAYS], low[FALLING_DAYS : 2 * FALLING_DAYS]
    return sum(week) >= FALLING_MORNINGS and sum(week) > sum(before)
