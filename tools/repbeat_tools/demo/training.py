"""Who trains what in the demo: two athletes of the model, or two bands that play recorded sets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from repbeat_protocol import exercises, plan
from repbeat_tools.simulator.model.athlete import Athlete, PlannedSet
from repbeat_tools.simulator.players import recordings

REST_S = 60
RECORDED_SETS = 6  # a band: more would not fit two minutes at the demo's speed
RESTING_BPM, MAX_BPM = 58, 188


@dataclass(frozen=True)
class Trainee:
    """One athlete of the demo: the plan to file, and who moves the band from a moment of the world on."""

    name: str
    plan: plan.Plan
    enter: Callable[[float], Athlete]


def modelled() -> list[Trainee]:
    """One athlete strong enough for the top of every range, one whose strength ends before it."""
    return [
        _modelled("Athlete A", 11, "bench_press", 60.0, 110.0),
        _modelled("Athlete B", 12, "squat", 90.0, 116.0),
    ]


def _modelled(name: str, seed: int, exercise: str, load_kg: float, one_rep_max_kg: float) -> Trainee:
    item = plan.Item(exercises.code(exercise), 3, 8, 10, round(load_kg * 1000), REST_S)
    return Trainee(
        name,
        plan.Plan(1, [item], "Demo", resting_bpm=RESTING_BPM, max_bpm=MAX_BPM),
        lambda start_ms: Athlete(
            seed,
            [PlannedSet(exercise, item.reps_high, load_kg, REST_S)] * item.sets,
            one_rep_max_kg={exercise: one_rep_max_kg},
            resting_bpm=RESTING_BPM,
            max_bpm=MAX_BPM,
            start_ms=start_ms,
        ),
    )


def recorded(folder: Path, participant: str) -> list[Trainee]:
    """A participant's recorded sets, dealt to two bands. NoRecording where the folder has none.

    The plan's range ends above what the recordings hold, so that a set is never ended by its target.
    """
    found = recordings.sets_of(folder, participant)
    halves = (found[0::2], found[1::2]) if len(found) > 1 else (found,)
    return [
        _recorded(f"{participant}, band {number + 1}", 21 + number, half[:RECORDED_SETS])
        for number, half in enumerate(halves)
    ]


def _recorded(name: str, seed: int, sets: list[recordings.RecordedSet]) -> Trainee:
    ordered = sorted(sets, key=lambda one: (one.exercise, one.set_id))
    items = []
    for exercise, group in groupby(ordered, key=lambda one: one.exercise):
        of_one = list(group)
        top = max(one.reps for one in of_one)
        items.append(
            plan.Item(exercises.code(exercise), len(of_one), max(1, top - 2), top + 2, 20000, REST_S // 2)
        )
    motion = recordings.RecordedMotion(seed, ordered)
    return Trainee(
        name,
        plan.Plan(1, items, "Recorded", resting_bpm=RESTING_BPM, max_bpm=MAX_BPM),
        lambda start_ms: Athlete(
            seed,
            [PlannedSet(one.exercise, one.reps, 20.0, REST_S // 2) for one in ordered],
            resting_bpm=RESTING_BPM,
            max_bpm=MAX_BPM,
            start_ms=start_ms,
            motion=motion,
        ),
    )
