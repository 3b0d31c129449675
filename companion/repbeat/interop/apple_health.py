"""Apple Health's export, read as a stream: workouts with their heart rate, and the daily figures of a night.

Format: export.xml inside export.zip: <Record type= sourceName= startDate= endDate= value=> and <Workout …>.
Dates are local with their offset ("2026-11-25 07:12:00 +0100"). Nothing read here enters the band's own HRV
baseline: each day's row keeps its source (Apple writes SDNN, not RMSSD).
"""

from __future__ import annotations

import io
import zipfile
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from heapq import merge
from itertools import pairwise
from pathlib import Path
from typing import IO, overload
from xml.etree.ElementTree import Element

import msgspec

from repbeat.interop.activity import BPM_RANGE, Activity, HeartSample, in_order
from repbeat.interop.errors import DamagedFile, NothingInside, TooLarge
from repbeat.interop.xml_stream import Readable, elements

SOURCE = "apple_health"
INSIDE = "export.xml"
MAX_BYTES = 16 << 30  # ten years of a watch are some 2-4 GB of XML
MAX_RATIO = 400  # XML of one kind shrinks 20-60 times; a bomb thousands
HEART_RATE = "HKQuantityTypeIdentifierHeartRate"
RESTING = "HKQuantityTypeIdentifierRestingHeartRate"
SDNN = "HKQuantityTypeIdentifierHeartRateVariabilitySDNN"
SLEEP = "HKCategoryTypeIdentifierSleepAnalysis"
ASLEEP = "HKCategoryValueSleepAnalysisAsleep"
# Heart rates are held until the workouts, which come last, are known: 8 bytes each. Ten years of a watch are
# some 3 million; what is beyond is counted as left out.
KEPT_SAMPLES = 10_000_000
_BPM_BITS = 9
_RUN = 1 << 16  # sorted at a time: a list of numbers takes five times the array's room


Seen = Callable[[int, int], None]
"""Told how many bytes of how many are read."""


class DayValue(msgspec.Struct, frozen=True):
    """One figure of one local day: `kind` is resting_bpm, sdnn_ms or asleep_s."""

    day: str
    kind: str
    source: str
    value: float


class Health(msgspec.Struct, frozen=True):
    """What an export holds for us."""

    activities: Sequence[Activity]
    days: list[DayValue]
    left_out: int


class Workouts(Sequence[Activity]):
    """In order of time, each built when it is asked for: years of seconds as objects fill the memory."""

    def __init__(self, spans: list[tuple[str, int, int]], heart: array[int]) -> None:
        """`heart`: unix ms and bpm in one number, ascending."""
        self._spans = sorted(spans, key=lambda span: span[1])
        self._heart = heart

    def __len__(self) -> int:
        return len(self._spans)

    @overload
    def __getitem__(self, at: int) -> Activity: ...
    @overload
    def __getitem__(self, at: slice) -> list[Activity]: ...
    def __getitem__(self, at: int | slice) -> Activity | list[Activity]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        sport, start_ms, end_ms = self._spans[at]
        first = bisect_left(self._heart, start_ms << _BPM_BITS)
        last = bisect_left(self._heart, (end_ms + 1) << _BPM_BITS)
        samples = (divmod(packed, 1 << _BPM_BITS) for packed in self._heart[first:last])
        return Activity(
            source=SOURCE,
            sport=sport,
            start_ms=start_ms,
            end_ms=end_ms,
            heart=in_order(HeartSample(at_ms, bpm) for at_ms, bpm in samples),
            rr_ms=[],
            sets=[],
        )


def looks_like_export(file: IO[bytes]) -> bool:
    """A ZIP with export.xml in it, or that file itself."""
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            return any(Path(name).name == INSIDE for name in archive.namelist())
    file.seek(0)
    return b"HealthData" in file.read(65536)


def read(file: IO[bytes], seen: Seen = lambda done, total: None) -> Health:
    """Everything we keep of an export; `seen` hears how far it is. DamagedFile, NothingInside, TooLarge."""
    if not zipfile.is_zipfile(file):
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        return _read(_Watched(file, size, seen))
    try:
        with zipfile.ZipFile(file) as archive:
            entry = next((info for info in archive.infolist() if Path(info.filename).name == INSIDE), None)
            if entry is None:
                raise NothingInside(f"no {INSIDE} in the archive: export again from the Health app")
            if entry.file_size > MAX_BYTES or entry.file_size > MAX_RATIO * max(1, entry.compress_size):
                raise TooLarge("it unpacks to far more than a health export ever is: it is not opened")
            with archive.open(entry) as content:
                return _read(_Watched(content, entry.file_size, seen))
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise DamagedFile("the archive is damaged: export again from the Health app") from error


class _Watched:
    """A file that says how much of it was read."""

    def __init__(self, file: IO[bytes], total: int, seen: Seen) -> None:
        self._file, self._total, self._seen = file, total, seen
        self._done = 0

    def read(self, size: int = -1) -> bytes:
        content = self._file.read(size)
        self._done += len(content)
        self._seen(self._done, self._total)
        return content


def _read(file: Readable) -> Health:
    heart = array("q")
    days: dict[tuple[str, str, str], list[float]] = {}
    workouts: list[tuple[str, int, int]] = []
    left_out = 0
    for name, element in elements(file, "Record", "Workout"):
        try:
            if name == "Workout":
                workouts.append((_sport(element), _ms(element, "startDate"), _ms(element, "endDate")))
                continue
            kind = element.get("type")
            if kind == HEART_RATE:
                bpm = round(float(element.get("value", "nan")))
                if bpm not in BPM_RANGE or len(heart) == KEPT_SAMPLES:
                    left_out += 1
                else:
                    heart.append(_ms(element, "startDate") << _BPM_BITS | bpm)
            else:
                for key, value in _day_values(element, kind):
                    days.setdefault(key, []).append(value)
        except (ValueError, OverflowError):
            left_out += 1
    if not heart and not days and not workouts:
        raise NothingInside("it holds no heart rate, night or workout")
    return Health(Workouts(workouts, _ascending(heart)), _folded(days), left_out)


def _ascending(heart: array[int]) -> array[int]:
    """As it is where it is in order; the export sorts by device, and then it is not."""
    if all(before <= after for before, after in pairwise(heart)):
        return heart
    runs = [heart[at : at + _RUN] for at in range(0, len(heart), _RUN)]
    return array("q", merge(*(array("q", sorted(run)) for run in runs)))


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
