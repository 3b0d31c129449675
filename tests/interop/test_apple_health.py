"""Apple Health's export: workouts and nights with their source; bounded memory, bombs and damage."""

from __future__ import annotations

import gc
import tracemalloc
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from repbeat.interop import apple_health, imports, reading
from repbeat.interop.apple_health import DayValue
from repbeat.interop.errors import ImportRefused, TooLarge
from repbeat.store import Database, athletes

HEALTH = """<?xml version="1.0" encoding="UTF-8"?>
<HealthData locale="en">
 <Record type="HKQuantityTypeIdentifierHeartRate" sourceName="Watch" startDate="2026-11-24 18:00:00 +0100"
   endDate="2026-11-24 18:00:00 +0100" value="121"/>
 <Record type="HKQuantityTypeIdentifierHeartRate" sourceName="Watch" startDate="2026-11-24 18:00:05 +0100"
   endDate="2026-11-24 18:00:05 +0100" value="nonsense"/>
 <Record type="HKQuantityTypeIdentifierRestingHeartRate" sourceName="Ring"
   startDate="2026-11-24 00:10:00 +0100" endDate="2026-11-24 23:00:00 +0100" value="54"/>
 <Record type="HKQuantityTypeIdentifierHeartRateVariabilitySDNN" sourceName="Ring"
   startDate="2026-11-24 03:00:00 +0100" endDate="2026-11-24 03:01:00 +0100" value="48"/>
 <Record type="HKQuantityTypeIdentifierHeartRateVariabilitySDNN" sourceName="Ring"
   startDate="2026-11-24 04:00:00 +0100" endDate="2026-11-24 04:01:00 +0100" value="52"/>
 <Record type="HKCategoryTypeIdentifierSleepAnalysis" sourceName="Ring" startDate="2026-11-23 23:00:00 +0100"
   endDate="2026-11-24 06:30:00 +0100" value="HKCategoryValueSleepAnalysisAsleepCore"/>
 <Workout workoutActivityType="HKWorkoutActivityTypeTraditionalStrengthTraining" sourceName="Watch"
   startDate="2026-11-24 17:59:00 +0100" endDate="2026-11-24 18:30:00 +0100"/>
</HealthData>
"""


def zipped(path: Path, content: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("apple_health_export/export.xml", content)
    return path


def test_apple_health_gives_workouts_and_nights_with_their_source(tmp_path: Path) -> None:
    found = reading.read(zipped(tmp_path / "export.zip", HEALTH))
    assert found.kind == apple_health.SOURCE
    assert [len(one.heart) for one in found.activities] == [1]
    assert found.activities[0].sport == "traditionalstrengthtraining"
    assert found.days == [
        DayValue("2026-11-24", "asleep_s", "Ring", 7.5 * 3600),
        DayValue("2026-11-24", "resting_bpm", "Ring", 54.0),
        DayValue("2026-11-24", "sdnn_ms", "Ring", 50.0),
    ]
    with (tmp_path / "export.zip").open("rb") as file:
        assert apple_health.read(file).left_out == 1


HEART = (
    '<Record type="HKQuantityTypeIdentifierHeartRate" sourceName="Watch" unit="count/min" '
    'startDate="{at} +0000" endDate="{at} +0000" value="{bpm}"/>\n'
)
WORKOUT = (
    '<Workout workoutActivityType="HKWorkoutActivityTypeRunning" sourceName="Watch" '
    'startDate="{at} +0000" endDate="{until} +0000"/>\n'
)


def years_of_a_watch(path: Path, hours: int) -> int:
    """Workouts of an hour with a heart rate every 5 s, a day apart; two watches one after the other."""
    begin = datetime(2016, 1, 1, 12, tzinfo=UTC)
    with path.open("w") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n<HealthData locale="en">\n')
        for first in (0, 1):
            for hour in range(first, hours, 2):
                for step in range(720):
                    at = begin + timedelta(days=hour, seconds=5 * step)
                    file.write(HEART.format(at=f"{at:%Y-%m-%d %H:%M:%S}", bpm=90 + step % 80))
        for hour in range(hours):
            at = begin + timedelta(days=hour)
            until = at + timedelta(hours=1)
            file.write(WORKOUT.format(at=f"{at:%Y-%m-%d %H:%M:%S}", until=f"{until:%Y-%m-%d %H:%M:%S}"))
        file.write("</HealthData>\n")
    return path.stat().st_size


def test_apple_health_is_imported_in_bounded_memory(tmp_path: Path) -> None:
    """8 bytes are held of a heart rate whose XML takes 160, and one workout is whole at a time."""
    sizes, peaks = [], []
    for hours in (8, 24):
        path = tmp_path / f"{hours}.xml"
        sizes.append(years_of_a_watch(path, hours))
        with Database(tmp_path / f"{hours}.sqlite3") as db:
            me = athletes.add(db, "Me", 0).athlete_id
            gc.collect()  # what other tests left is not this one's
            tracemalloc.start()
            try:
                found = reading.read(path)
                outcome = imports.keep(db, me, found, 1)
                peaks.append(tracemalloc.get_traced_memory()[1])
            finally:
                tracemalloc.stop()
            assert outcome.sessions_new == hours
            kept = [imports.activity_of(db, row) for row in imports.of_athlete(db, me)]
            assert {len(one.heart) for one in kept} == {720}
            assert kept == list(reversed(found.activities[:]))
    assert peaks[1] - peaks[0] < (sizes[1] - sizes[0]) / 2


def test_a_zip_bomb_is_not_opened(tmp_path: Path) -> None:
    bomb = zipped(tmp_path / "export.zip", "<HealthData>" + " " * 30_000_000 + "</HealthData>")
    assert bomb.stat().st_size < 100_000
    with pytest.raises(TooLarge):
        reading.read(bomb)


def test_a_damaged_archive_says_so(tmp_path: Path) -> None:
    path = zipped(tmp_path / "export.zip", HEALTH)
    content = bytearray(path.read_bytes())
    content[60:90] = bytes(30)
    path.write_bytes(content)
    with pytest.raises(ImportRefused):
        reading.read(path)
