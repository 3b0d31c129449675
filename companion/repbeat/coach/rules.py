"""The planner's rules: pure, each with an id and a version, each answer with one plain sentence why.

Double progression is the plan's own progression: it needs no readiness, only what the athlete lifted.
Readiness never adds to it. Unknown and good readiness leave it alone; poor readiness and red flags hold
every rise back (they never hold back a reduction). Nothing here foretells injury.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec

from repbeat_protocol import exercises
from repbeat_protocol import records as wire

VERSION = 1

# Load changes within a week, our own bounds (SCIENCE section 5, rule 7).
UPPER_WEEK_PERCENT = 5
LOWER_WEEK_PERCENT = 10
# The smallest steps that these bounds allow from the empty bar on.
UPPER_PLATE_G = 1000
LOWER_PLATE_G = 2500
# "Two failures: -10 %" (practice; SCIENCE section 3).
FAILURES = 2
BACK_OFF_PERCENT = 10
# Mean confidence (0-100) of a set's repetitions below which its count moves no load.
CONFIDENCE_FLOOR = 40


class Readiness(StrEnum):
    """How recovered the athlete is, as far as anybody can tell."""

    UNKNOWN = "unknown"
    GOOD = "good"
    POOR = "poor"


class Outcome(StrEnum):
    """How an exercise went in one session, against what was prescribed."""

    TOP = "top"  # every prescribed set reached the top of its range, at no less than the prescribed load
    FAILED = "failed"  # a set at the prescribed load ended below the range
    HELD = "held"  # neither
    UNKNOWN = "unknown"  # the counts are not sure enough to decide anything


class Prescribed(msgspec.Struct, frozen=True, kw_only=True):
    """What the plan asked: sets of reps_low…reps_high at load_g."""

    sets: int
    reps_low: int
    reps_high: int
    load_g: int


class DoneSet(msgspec.Struct, frozen=True, kw_only=True):
    """What was lifted in one set; `confidence` 0-100 is its repetitions' mean, None when not known."""

    reps: int
    load_g: int
    end_reason: int = wire.END_STILL
    confidence: float | None = None


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One exercise in one session."""

    prescribed: Prescribed
    done: tuple[DoneSet, ...]


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """The load for the next session; `rule` tells which rule said so, also when nothing changes."""

    load_g: int
    rule: str
    why: str
    inputs: dict[str, Any]
    version: int = VERSION


def outcome(trial: Trial) -> Outcome:
    """How the session went. A set that the plan's velocity stop ended early is not a failure."""
    asked = trial.prescribed
    if any(done.confidence is not None and done.confidence < CONFIDENCE_FLOOR for done in trial.done):
        return Outcome.UNKNOWN
    full = [done for done in trial.done if done.reps >= asked.reps_high and done.load_g >= asked.load_g]
    short = [done for done in trial.done if done not in full]
    if not short and len(full) >= asked.sets:
        return Outcome.TOP
    stopped = (wire.END_VELOCITY, wire.END_UNWELL)
    if any(
        done.reps < asked.reps_low and done.load_g >= asked.load_g and done.end_reason not in stopped
        for done in short
    ):
        return Outcome.FAILED
    return Outcome.HELD


def next_load(
    exercise: int,
    trials: Sequence[Trial],
    week_ago_g: int,
    readiness: Readiness = Readiness.UNKNOWN,
    red_flag: bool = False,
    plate_g: int | None = None,
) -> Decision:
    """The load for the next session from the sessions so far, latest first.

    `week_ago_g` is the load a week ago, which bounds the rise; `plate_g` the smallest step there is.
    """
    lower = exercise in exercises.LOWER_BODY
    plate_g = plate_g or (LOWER_PLATE_G if lower else UPPER_PLATE_G)
    percent = LOWER_WEEK_PERCENT if lower else UPPER_WEEK_PERCENT
    latest = trials[0].prescribed
    results = [outcome(trial) for trial in trials if trial.prescribed.load_g == latest.load_g]
    sure = [result for result in results if result is not Outcome.UNKNOWN]
    inputs = {
        "reps": [done.reps for done in trials[0].done],
        "loads_g": [done.load_g for done in trials[0].done],
        "sets": latest.sets,
        "reps_low": latest.reps_low,
        "reps_high": latest.reps_high,
        "outcome": results[0].value,
        "failures": _failures(sure),
        "readiness": readiness.value,
        "red_flag": red_flag,
        "week_ago_g": week_ago_g,
        "plate_g": plate_g,
    }

    def stay(rule: str, why: str) -> Decision:
        return Decision(load_g=latest.load_g, rule=rule, why=why, inputs=inputs)

    if latest.load_g == 0:
        return stay("bodyweight", "No load is planned for this exercise, so there is none to change.")
    if results[0] is Outcome.UNKNOWN:
        return stay("unsure_count", "The repetitions were not counted surely enough to change a load.")
    if _failures(sure) >= FAILURES:
        plates = max(1, (latest.load_g * BACK_OFF_PERCENT // 100 + plate_g // 2) // plate_g)
        lowered = latest.load_g - plates * plate_g
        if lowered <= 0:
            return stay("two_failures", "Two sessions fell short, but there is no smaller load than this.")
        return Decision(
            load_g=lowered,
            rule="two_failures",
            why=f"A set ended below {latest.reps_low} repetitions in two sessions running at "
            f"{_kg(latest.load_g)}, so the load goes down by about a tenth to {_kg(lowered)}.",
            inputs=inputs,
        )
    if results[0] is not Outcome.TOP:
        return stay("double_progression", _not_yet(trials[0]))
    if red_flag:
        return stay("red_flag", "You ended a set feeling unwell, so no load rises.")
    if readiness is Readiness.POOR:
        return stay("readiness", "You are not well recovered, so no load rises.")
    most_g = week_ago_g * (100 + percent) // 100
    raised = latest.load_g + plate_g
    if raised > most_g:
        return stay(
            "week_cap",
            f"All sets reached the top, but {_kg(raised)} would be more than {percent} % above the "
            f"{_kg(week_ago_g)} of a week ago.",
        )
    return Decision(
        load_g=raised,
        rule="double_progression",
        why=f"All {latest.sets} sets reached {latest.reps_high} repetitions at {_kg(latest.load_g)}, "
        f"so the load rises by the smallest plate to {_kg(raised)}.",
        inputs=inputs,
    )


def _failures(results: Sequence[Outcome]) -> int:
    """Failures in a row, up to the latest session."""
    count = 0
    for result in results:
        if result is not Outcome.FAILED:
            break
        count += 1
    return count


def _not_yet(trial: Trial) -> str:
    asked = trial.prescribed
    light = [done for done in trial.done if done.load_g < asked.load_g]
    if light:
        return f"A set was lifted with {_kg(light[0].load_g)}, not {_kg(asked.load_g)}, so the load stays."
    if len(trial.done) < asked.sets:
        return f"{len(trial.done)} of {asked.sets} sets were done, so the load stays."
    reached = sum(done.reps >= asked.reps_high for done in trial.done)
    return f"{reached} of {len(trial.done)} sets reached {asked.reps_high} repetitions, so the load stays."


def _kg(load_g: int) -> str:
    return f"{load_g / 1000:g} kg"
