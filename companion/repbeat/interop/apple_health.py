"""Apple Health's export, read as a stream: workouts with their heart rate, and the daily figures of a night.

Format: export.xml inside export.zip: <Record type= sourceName= startDate= endDate= value=> and <Workout …>.
Dates are local with their offset ("2026-11-25 07:12:00 +0100"). Nothing read here enters the band's own HRV
baseline: each day's row keeps its source (Apple writes SDNN, not RMSSD).
"""

from __future__ import annotations

import zipfile
import zlib
from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import Element

import msgspec

from repbeat.interop.activity import Activity, HeartSample, in_order
from repbeat.interop.errors import DamagedFile, NothingInside, TooLarge
from repbeat.interop.xml_stream import elements

SOURCE = "apple_health"
INSIDE = "export.xml"
MAX_BYTES = 16 << 30  # ten years of a watch are some 2-4 GB of XML
MAX_RATIO = 400  # XML of one kind shrinks 20-60 times; a bomb thousands
HEART_RATE = "HKQuantityTypeIdentifierHeartRate"
RESTING = "HKQuantityTypeIdentifierRestingHeartRate"
SDNN = "HKQuantityTypeIdentifierHeartRateVariabilitySDNN"
SLEEP = "HKCategoryTypeIdentifierSleepAnalysis"
ASLEEP = "HKCategoryValueSleepAnalysisAsleep"
KEPT_SAMPLES = 2_000_000  # heart rates held until the workouts, which come last, are known


class DayValue(msgspec.Struct, frozen=True):
    """One figure of one local day: `kind` is resting_bpm, sdnn_ms or asleep_s."""

    day: str
    kind: str
    source: str
    value: float


class Health(msgspec.Struct, frozen=True):
    """What an export holds for us."""

    activities: list[Activity]
    days: list[DayValue]
    left_out: int


def looks_like_export(path: Path) -> bool:
    """A ZIP with export.xml in it, or that file itself."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return any(Path(name).name == INSIDE for name in archive.namelist())
    with path.open("rb") as file:
        return b"HealthData" in file.read(65536)


def read(path: Path) -> Health:
    """Everything we keep of an export. DamagedFile, NothingInside, TooLarge."""
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            return _read(file)
    try:
        with zipfile.ZipFile(path) as archive:
            entry = next((info for info in archive.infolist() if Path(info.filename).name == INSIDE), None)
            if entry is None:
                raise NothingInside(f"no {INSIDE} in the archive: export again from the Health app")
            if entry.file_size > MAX_BYTES or entry.file_size > MAX_RATIO * max(1, entry.compress_size):
                raise TooLarge("it unpacks to far more than a health export ever is: it is not opened")
            with archive.open(entry) as file:
                return _read(file)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise DamagedFile("the archive is damaged: export again from the Health app") from error


def _read(file: IO[bytes]) -> Health:
    heart: list[tuple[int, int]] = []
    days: dict[tuple[str, str, str], list[float]] = {}
    workouts: list[tuple[str, int, int]] = []
    left_out = 0
    for name, element in elements(file, "Record", "Workout"):
        try:
            if name == "Workout":
                workouts.append((_sport(element), _ms(element, "startDate"), _ms(element, "endDate")))
                continue
            kind = element.get("type")
            if kind == HEART_RATE and len(heart) < KEPT_SAMPLES:
                heart.append((_ms(element, "startDate"), round(float(element.get("value", "nan")))))
            else:
                for key, value in _day_values(element, kind):
                    days.setdefault(key, []).append(value)
        except (ValueError, OverflowError):
            left_out += 1
    if not heart and not days and not workouts:
        raise NothingInside("it holds no heart rate, night or workout")
    heart.sort()
    return Health(
        [_activity(one, heart) for one in sorted(workouts, key=lambda w: w[1])], _folded(days), left_out
    )


def _sport(element: Element) -> str:
    return element.get("workoutActivityType", "").removeprefix("HKWorkoutActivityType").lower() or "unknown"


def _moment(element: Element, name: str) -> datetime:
    return datetime.strptime(element.get(name, ""), "%Y-%m-%d %H:%M:%S %z")


def _ms(element: Element, name: str) -> int:
    return round(_moment(element, name).timestamp() * 1000)


def _day_values(element: Element, kind: str | None) -> Iterator[tuple[tuple[str, str, str], float]]:
    source = element.get("sourceName", "")
    if kind in (RESTING, SDNN):
        day = _moment(element, "startDate").date().isoformat()
        yield (day, "resting_bpm" if kind == RESTING else "sdnn_ms", source), float(element.get("value", ""))
    elif kind == SLEEP and element.get("value", "").startswith(ASLEEP):
        end = _moment(element, "endDate")  # a night belongs to the day one wakes on
        yield (
            (end.date().isoformat(), "asleep_s", source),
            (end - _moment(element, "startDate")).total_seconds(),
        )


def _folded(days: dict[tuple[str, str, str], list[float]]) -> list[DayValue]:
    """One value a day, kind and source: sleep adds up, the others are averaged."""
    return [
        DayValue(day, kind, source, sum(found) if kind == "asleep_s" else sum(found) / len(found))
        for (day, kind, source), found in sorted(days.items())
    ]


def _activity(workout: tuple[str, int, int], heart: list[tuple[int, int]]) -> Activity:
    sport, start_ms, end_ms = workout
    first, last = bisect_left(heart, (start_ms, 0)), bisect_left(heart, (end_ms + 1, 0))
    return Activity(
        source=SOURCE,
        sport=sport,
        start_ms=start_ms,
        end_ms=end_ms,
        heart=in_order(HeartSample(at_ms, bpm) for at_ms, bpm in heart[first:last]),
        rr_ms=[],
        sets=[],
    )
