"""Folders of recorded sets: `index.csv`, `sets/<set_id>.csv` and, where somebody recounted, `recount.csv`.

Layout and units are those of the data folder's README: t_ms, acceleration in g, angular rate in deg/s, a
cell is empty where that sensor had no sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from repbeat_protocol import exercises
from repbeat_tools.replay.tables import read_table

REST = "rest"
INDEX = (
    *("set_id", "source", "participant", "exercise"),
    *("equipment", "sensor_site", "quality", "expected_reps"),
)
AXES = (("ax", 1000), ("ay", 1000), ("az", 1000), ("gx", 10), ("gy", 10), ("gz", 10))
"""Columns and what one unit of each is in the firmware's integers (mg, 0.1 deg/s)."""

SLUGS = {
    "bench": "bench_press",
    "dumbbell-chest-press": "chest_press",
    "angle-chest-press": "chest_press",
    "dead": "deadlift",
    "ohp": "overhead_press",
    "barbell-biceps-curl": "biceps_curl",
    "straight-bar-biceps-curl": "biceps_curl",
    "rope-biceps-curl": "biceps_curl",
    "alt-dumbbell-biceps-curl": "biceps_curl",
    "straight-bar-triceps-extension": "triceps_extension",
    "rope-triceps-extension": "triceps_extension",
    "triceps-dips": "dip",
    "lat-pulldown-straight": "lat_pulldown",
    "lat-pulldown-angled": "lat_pulldown",
    "dumbbell-chest-fly": "chest_fly",
    "cable-cross-overs": "chest_fly",
    "leverage-high-row": "row",
    "dumbbell-row": "row",
    "deltoid-row": "row",
    "side-dips": "side_bend",
    "pulldown-crunch": "crunch",
}
"""The recordings' names of exercises where the protocol has another; unlisted names are tried as they are."""


@dataclass(frozen=True)
class RecordedSet:
    """One set as `index.csv` and `recount.csv` describe it."""

    set_id: str
    source: str
    participant: str
    exercise: str
    equipment: str
    sensor_site: str
    quality: str
    label_reps: int
    recount_reps: int | None
    recount_confidence: str
    path: Path

    @property
    def is_rest(self) -> bool:
        return self.exercise == REST

    @property
    def site(self) -> str:
        """Where the sensor sits: "wrist" or "equipment"."""
        return "wrist" if self.sensor_site == "wrist" else "equipment"

    @property
    def exercise_code(self) -> int:
        """The protocol's code, 0 for an exercise it does not know."""
        slug = SLUGS.get(self.exercise, self.exercise)
        return exercises.CODES.get(slug, exercises.UNKNOWN)


def read_sets(folder: Path) -> list[RecordedSet]:
    """All sets of a folder in the order of its index."""
    recount_path = folder / "recount.csv"
    recounts = {}
    if recount_path.exists():
        recounts = {row["set_id"]: row for row in read_table(recount_path, ("set_id", "count", "confidence"))}
    sets = []
    for row in read_table(folder / "index.csv", INDEX):
        recount = recounts.get(row["set_id"])
        sets.append(
            RecordedSet(
                set_id=row["set_id"],
                source=row["source"],
                participant=row["participant"],
                exercise=row["exercise"],
                equipment=row["equipment"],
                sensor_site=row["sensor_site"],
                quality=row["quality"],
                label_reps=int(row["expected_reps"]),
                recount_reps=int(recount["count"]) if recount else None,
                recount_confidence=recount["confidence"] if recount else "",
                path=folder / "sets" / f"{row['set_id']}.csv",
            )
        )
    return sets


def read_samples(recorded: RecordedSet) -> npt.NDArray[np.int32]:
    """The set as the firmware gets it: (samples, 7) integers t_ms, ax, ay, az in mg, gx, gy, gz in 0.1 deg/s.

    One row per acceleration sample; the angular rate is the latest one, 0 where there is no gyroscope.
    """
    held = [0] * len(AXES)
    samples = []
    for row in read_table(recorded.path, ("t_ms", "ax")):
        for i, (name, units) in enumerate(AXES):
            if row.get(name):
                held[i] = round(float(row[name]) * units)
        if row["ax"]:
            samples.append([int(float(row["t_ms"])), *held])
    return np.array(samples, dtype=np.int32).reshape(-1, 1 + len(AXES))


def read_labelled_rep(recorded: RecordedSet) -> npt.NDArray[np.int32]:
    """The source's own repetition number of every sample (applift), or an empty array."""
    rows = [row for row in read_table(recorded.path, ("t_ms", "ax")) if row["ax"]]
    if not rows or "rep" not in rows[0]:
        return np.empty(0, dtype=np.int32)
    return np.array([int(float(row["rep"])) for row in rows], dtype=np.int32)
