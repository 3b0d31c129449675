"""The rules for one exercise: pure, each with an id and a version, each answer with one plain sentence why.

Double progression is the plan's own progression: it needs no readiness, only what the athlete lifted.
Readiness never adds to it. Unknown and green readiness leave it alone; amber, red and red flags hold every
rise back (they never hold back a reduction). Nothing here foretells injury.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec

from repbeat.coach.texts import Text, say
from repbeat.derive.readiness import State
from repbeat_protocol import exercises
from repbeat_protocol import records as wire

VERSION = 2

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
# Where no plate fits into the week's bound, repetitions rise: one a week, up to here.
REPS_LIMIT = 20


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


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How fast a programme or a coach lets loads rise: percent a week, and the smallest plate there is."""

    upper_week_percent: int = UPPER_WEEK_PERCENT
    lower_week_percent: int = LOWER_WEEK_PERCENT
    upper_plate_g: int = UPPER_PLATE_G
    lower_plate_g: int = LOWER_PLATE_G
    reps_limit: int = REPS_LIMIT

    def __post_init__(self) -> None:
        if not 0 <= self.upper_week_percent <= UPPER_WEEK_PERCENT:
            raise ValueError(f"upper_week_percent lies within 0 and {UPPER_WEEK_PERCENT}")
        if not 0 <= self.lower_week_percent <= LOWER_WEEK_PERCENT:
            raise ValueError(f"lower_week_percent lies within 0 and {LOWER_WEEK_PERCENT}")
        if min(self.upper_plate_g, self.lower_plate_g) < 10:
            raise ValueError("a plate weighs at least 10 g")

    def week_percent(self, exercise: int) -> int:
        """The most a load may rise within a week."""
        return self.lower_week_percent if exercise in exercises.LOWER_BODY else self.upper_week_percent

    def plate_g(self, exercise: int, load_g: int) -> int:
        """The step of load; a lower-body lift too light for its own step takes the upper body's."""
        if exercise in exercises.LOWER_BODY and self.fits(self.lower_plate_g, exercise, load_g):
            return self.lower_plate_g
        return self.upper_plate_g

    def fits(self, plate_g: int, exercise: int, load_g: int) -> bool:
        """Whether a step from `load_g` lies within the week's bound."""
        return plate_g * 100 <= load_g * self.week_percent(exercise)


class Chance(msgspec.Struct, frozen=True, kw_only=True):
    """A learned forecast that the raised load goes well, 0-1; only a `sure` one has a say."""

    value: float
    sure: bool
    sessions: int


CHANCE_FLOOR = 0.25
"""Below this chance a rise waits for one session: our own bound, far below a coin's toss on purpose."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """The goal for the next session; `rule` tells which rule said so, also when nothing changes."""

    load_g: int
    rule: str
    text: Text
    inputs: dict[str, Any]
    reps_low: int
    reps_high: int
    version: int = VERSION

    @property
    def why(self) -> str:
        """The sentence in English."""
        return say(self.text)


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
    week_ago: Prescribed,
    readiness: State = State.UNKNOWN,
    red_flag: bool = False,
    limits: Limits | None = None,
    chance: Chance | None = None,
) -> Decision:
    """The goal for the next session from the sessions so far, latest first.

    `week_ago` is what was asked a week ago, which bounds the rise; `chance` what the athlete's own record
    says of the raised load.
    """
    limits = limits or Limits()
    latest = trials[0].prescribed
    plate_g, percent = limits.plate_g(exercise, latest.load_g), limits.week_percent(exercise)
    results = [outcome(trial) for trial in trials if trial.prescribed.load_g == latest.load_g]
    sure = [result for result in results if result is not Outcome.UNKNOWN]
    inputs: dict[str, Any] = {
        "reps": [done.reps for done in trials[0].done],
        "loads_g": [done.load_g for done in trials[0].done],
        "sets": latest.sets,
        "reps_low": latest.reps_low,
        "reps_high": latest.reps_high,
        "outcome": results[0].value,
        "failures": _failures(sure),
        "readiness": readiness.value,
        "red_flag": red_flag,
        "week_ago_g": week_ago.load_g,
        "week_ago_reps": week_ago.reps_high,
        "plate_g": plate_g,
        "week_percent": percent,
    }

    def answer(
        rule: str, key: str, load_g: int = latest.load_g, more_reps: int = 0, **params: Any
    ) -> Decision:
        return Decision(
            load_g=load_g,
            rule=rule,
            text=Text(key, params),
            inputs=inputs,
            reps_low=latest.reps_low + more_reps,
            reps_high=latest.reps_high + more_reps,
        )

    if results[0] is Outcome.UNKNOWN:
        return answer("unsure_count", "unsure_count")
    if latest.load_g and _failures(sure) >= FAILURES:
        plates = max(1, (latest.load_g * BACK_OFF_PERCENT // 100 + plate_g // 2) // plate_g)
        lowered = latest.load_g - plates * plate_g
        if lowered <= 0:
            return answer("two_failures", "no_smaller_load")
        told = {"reps_low": latest.reps_low, "old": latest.load_g, "new": lowered}
        return answer("two_failures", "two_failures", lowered, **told)
    if results[0] is not Outcome.TOP:
        key, told = _not_yet(trials[0])
        return answer("double_progression", key, **told)
    if red_flag:
        return answer("red_flag", "red_flag_hold")
    if readiness in (State.AMBER, State.RED):
        return answer("readiness", "readiness_hold")
    if not limits.fits(plate_g, exercise, latest.load_g):
        return _more_reps(latest, week_ago, limits, answer)
    raised = latest.load_g + plate_g
    if raised > week_ago.load_g * (100 + percent) // 100:
        return answer("week_cap", "week_cap", new=raised, percent=percent, week_ago=week_ago.load_g)
    if chance is not None:
        inputs["chance"], inputs["chance_sessions"] = round(chance.value, 4), chance.sessions
        # Once only: what waited a session and reached the top again has shown what it can.
        if chance.sure and chance.value < CHANCE_FLOOR and results[1:2] != [Outcome.TOP]:
            return answer("forecast", "forecast_hold", new=raised, percent=round(100 * chance.value))
    told = {"sets": latest.sets, "reps_high": latest.reps_high, "old": latest.load_g, "new": raised}
    return answer("double_progression", "double_progression", raised, **told)


def _more_reps(latest: Prescribed, week_ago: Prescribed, limits: Limits, answer: Any) -> Decision:
    """Where no step of load fits into the week's bound, the goal rises by a repetition a week."""
    decided: Decision
    if latest.reps_high >= limits.reps_limit:
        decided = answer("reps_limit", "reps_limit", reps_high=latest.reps_high)
    elif latest.reps_high + 1 > week_ago.reps_high + 1:
        decided = answer("week_cap", "reps_cap")
    else:
        told = {"sets": latest.sets, "reps_high": latest.reps_high, "new": latest.reps_high + 1}
        decided = answer("reps_progression", "reps_up", more_reps=1, **told)
    return decided


def missed_twice(trials: Sequence[Trial]) -> bool:
    """Whether the last two sessions at one load, both surely counted, brought neither the top nor more."""
    same = [trial for trial in trials if trial.prescribed.load_g == trials[0].prescribed.load_g][:2]
    if len(same) < 2 or any(outcome(trial) in (Outcome.TOP, Outcome.UNKNOWN) for trial in same):
        return False
    now, before = (sum(done.reps for done in trial.done) for trial in same)
    return now <= before


def _failures(results: Sequence[Outcome]) -> int:
    """Failures in a row, up to the latest session."""
    count = 0
    for result in results:
        if result is not Outcome.FAILED:
            break
        count += 1
    return count


def _not_yet(trial: Trial) -> tuple[str, dict[str, Any]]:
    asked = trial.prescribed
    light = [done for done in trial.done if done.load_g < asked.load_g]
    if light:
        return "set_lighter", {"lifted": light[0].load_g, "old": asked.load_g}
    if len(trial.done) < asked.sets:
        return "sets_left_out", {"done": len(trial.done), "sets": asked.sets}
    reached = sum(done.reps >= asked.reps_high for done in trial.done)
    return "not_all_at_top", {"reached": reached, "done": len(trial.done), "reps_high": asked.reps_high}
