"""Recorded sets as movement: folders laid out like ../shared/data.

reps/index.csv, reps/sets/<set_id>.csv      t_ms, ax ay az [g], gx gy gz [deg/s], cells empty where absent
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from repbeat_tools.simulator.model.kinematics import STEP_MS, Array, steps
from repbeat_tools.simulator.model.lifter import ACCEL_NOISE_G, GYRO_NOISE_DPS, Step

BLEND_S = 0.6  # from the pose of one recording to that of the next
RACK_S = 1.0

# Names in the recordings -> names that plans use (repbeat_protocol.exercises).
EXERCISES = {
    "bench": "bench_press",
    "squat": "squat",
    "dead": "deadlift",
    "ohp": "overhead_press",
    "row": "row",
    "concentration_curl": "concentration_curl",
    "lat_pulldown": "lat_pulldown",
    "overhead_extension": "overhead_extension",
    "leg_extension": "leg_extension",
}


class NoRecording(LookupError):
    """The folder has no fitting recording; the message says what was looked for, and where."""


@dataclass(frozen=True)
class RecordedSet:
    """One set: `reps` is the recording's label; rows of ax ay az [g] gx gy gz [deg/s] every 10 ms."""

    set_id: str
    exercise: str
    reps: int
    rows: Array


def sets_of(folder: Path, participant: str) -> list[RecordedSet]:
    """A participant's recorded sets in the index's order, rest recordings left out. Raises NoRecording."""
    index = folder / "index.csv"
    if not index.is_file():
        raise NoRecording(f"{index} is missing: give a folder laid out like shared/data/reps")
    with index.open(newline="") as file:
        lines = [line for line in csv.DictReader(file) if line["participant"] == participant]
    found = [line for line in lines if line["exercise"] in EXERCISES and int(line["expected_reps"]) > 0]
    if not found:
        raise NoRecording(f"{index} has no sets of participant {participant!r}")
    return [
        RecordedSet(
            line["set_id"],
            EXERCISES[line["exercise"]],
            int(line["expected_reps"]),
            motion_rows(folder / "sets" / f"{line['set_id']}.csv"),
        )
        for line in found
    ]


def motion_rows(file: Path) -> Array:
    """A set file on a 10 ms grid, linear between each sensor's own samples; a sensor it lacks is 0."""
    with file.open(newline="") as stream:
        lines = list(csv.DictReader(stream))
    t_ms = np.array([float(line["t_ms"]) for line in lines])
    grid = np.arange(t_ms[0], t_ms[-1], STEP_MS)
    columns = []
    for name in ("ax", "ay", "az", "gx", "gy", "gz"):
        present = [(t, float(line[name])) for t, line in zip(t_ms, lines, strict=True) if line.get(name)]
        times, values = np.array(present).T if present else (grid, np.zeros_like(grid))
        columns.append(np.interp(grid, times, values))
    return np.stack(columns, axis=1)


class RecordedMotion:
    """Plays a participant's sets, each once and in order, where the model's lifter would lift.

    A recording goes on to its end whatever the band says; in between the arm stays in the pose where the
    recording ended.
    """

    def __init__(self, seed: int, sets: list[RecordedSet]) -> None:
        self._rng = np.random.default_rng([seed, 4])
        self._sets = list(sets)
        self._pose = np.array([0.0, 0.0, 1.0, 0.0, 0.0, 0.0])
        self.played: list[RecordedSet] = []

    def rest(self, seconds: float) -> Step:
        """Stillness in the last pose, with the sensor's noise."""
        n = steps(seconds)
        rows = np.repeat(self._pose[None], n, axis=0)
        rows[:, :3] += self._rng.normal(0, ACCEL_NOISE_G, (n, 3))
        rows[:, 3:] = self._rng.normal(0, GYRO_NOISE_DPS, (n, 3))
        return Step(rows, effort=0.05)

    def perform(self, slug: str, capability: float) -> Iterator[Step]:
        """The next recorded set of this exercise, whole. Raises NoRecording."""
        recorded = next((s for s in self._sets if s.exercise == slug), None)
        if recorded is None:
            raise NoRecording(f"no recorded set of {slug} is left")
        self._sets.remove(recorded)
        self.played.append(recorded)
        yield self._blend(recorded.rows[0])
        yield Step(recorded.rows, reps=recorded.reps, effort=0.7)
        self._pose = recorded.rows[-1].copy()

    def rack(self) -> Step:
        """The recording has put the weight down itself: settle to a pose of plain gravity."""
        gravity = self._pose[:3] / max(np.linalg.norm(self._pose[:3]), 0.1)
        blend = self._blend(np.array([*gravity, 0.0, 0.0, 0.0]))
        self._pose = np.array([*gravity, 0.0, 0.0, 0.0])
        return Step(np.vstack([blend.rows, self.rest(RACK_S).rows]), effort=0.1)

    def _blend(self, to: Array) -> Step:
        share = np.linspace(0, 1, steps(BLEND_S))[:, None]
        rows = self._pose + share * (to - self._pose)
        rows[:, :3] += self._rng.normal(0, ACCEL_NOISE_G, (len(rows), 3))
        return Step(rows, effort=0.2)
