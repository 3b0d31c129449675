"""Day values: equal to what the raw rows give, whatever the order of arrival."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from ingest import made

from repbeat import store
from repbeat.derive import load
from repbeat.ingest import days, ingest, rederive
from repbeat.store import Database, devices, values

DAY_MS = 86_400_000


@pytest.fixture
def db(tmp_path: Path):
    with Database(tmp_path / "repbeat.sqlite3") as database:
        yield database


def ann(db: Database) -> str:
    athlete = store.athletes.add(db, "Ann", made.NOW_MS).athlete_id
    devices.begin_log(db, made.DEVICE, made.LOG, made.NOW_MS)
    devices.assign(db, made.DEVICE, made.LOG, athlete)
    return athlete


def two_sessions() -> list:
    """Sessions of 12.34 TRIMP each, three days apart; the clock is told last."""
    log = []
    for start_seq, uptime_ms in ((0, 1000), (3, 1000 + 3 * DAY_MS)):
        log.append(made.start(start_seq, start_seq, uptime_ms=uptime_ms))
        log.append(made.strain(start_seq + 1, start_seq, uptime_ms=uptime_ms + 59_000))
        log.append(
            made.end(start_seq + 2, start_seq, uptime_ms=uptime_ms + 60_000, sets=1, reps=1, duration_s=600)
        )
    log.append(made.time(6, made.NOW_MS, uptime_ms=3 * DAY_MS + 200_000))
    return log


def test_day_values_are_what_the_rows_give(db: Database) -> None:
    # Row 24.
    athlete = ann(db)
    ingest(db, made.DEVICE, made.LOG, two_sessions(), made.NOW_MS)
    loads = values.of_days(db, athlete, days.LOAD, "2026-01-01", "2027-01-01")
    assert list(loads) == ["2026-11-15", "2026-11-18"]
    assert loads["2026-11-18"].value == {"sessions": 1, "trimp": 12.34, "srpe": 70.0}
    assert loads["2026-11-18"].version == load.TRIMP_VERSION
    wanted = load.load_trend({date(2026, 11, 15): 12.34, date(2026, 11, 18): 12.34}, date(2026, 11, 18))
    assert days.trend(db, athlete, date(2026, 11, 18)) == wanted


def test_the_order_of_arrival_leaves_no_trace(db: Database) -> None:
    athlete = ann(db)
    for entry in reversed(two_sessions()):
        ingest(db, made.DEVICE, made.LOG, [entry], made.NOW_MS)
    before = db.rows("SELECT * FROM day_values ORDER BY day, formula")
    assert len(before) == 2
    rederive(db, made.NOW_MS)
    assert db.rows("SELECT * FROM day_values ORDER BY day, formula") == before
    db.run("DELETE FROM sessions WHERE session_seq = 3")
    days.refresh(db, athlete)
    assert list(values.of_days(db, athlete, days.LOAD, "2026-01-01", "2027-01-01")) == ["2026-11-15"]


def test_a_day_is_the_athletes_own(db: Database) -> None:
    """23:30 UTC is already the next day an hour further east (the TIME record carries +60 min)."""
    athlete = ann(db)
    late_ms = made.NOW_MS - made.NOW_MS % DAY_MS - 30 * 60_000
    log = [made.start(0, 0, uptime_ms=1000), made.strain(1, 0, uptime_ms=2000)]
    ingest(db, made.DEVICE, made.LOG, [*log, made.time(2, late_ms, uptime_ms=1000)], made.NOW_MS)
    (day,) = values.of_days(db, athlete, days.LOAD, "2026-01-01", "2027-01-01")
    assert day == "2026-11-18"


def test_a_nine_hour_flight_loses_and_doubles_no_day(db: Database) -> None:
    """18:00 local on five days running; between the second and the third the clock goes back nine hours."""
    athlete = ann(db)
    first_day = date(2026, 11, 10)
    log = []
    for number in range(5):
        offset_min = 60 if number < 2 else -480
        day = first_day + timedelta(days=number)
        evening = datetime(day.year, day.month, day.day, 18, tzinfo=UTC) - timedelta(minutes=offset_min)
        start_ms = round(evening.timestamp() * 1000)
        uptime_ms = start_ms - round(datetime(2026, 11, 9, tzinfo=UTC).timestamp() * 1000)
        seq = 4 * number
        log.append(made.time(seq, start_ms, uptime_ms=uptime_ms, offset_min=offset_min))
        log.append(made.start(seq + 1, seq + 1, uptime_ms=uptime_ms))
        log.append(made.strain(seq + 2, seq + 1, uptime_ms=uptime_ms + 59_000))
        log.append(made.end(seq + 3, seq + 1, uptime_ms=uptime_ms + 60_000, sets=1, reps=1, duration_s=600))
    ingest(db, made.DEVICE, made.LOG, log, made.NOW_MS)
    loads = values.of_days(db, athlete, days.LOAD, "2026-01-01", "2027-01-01")
    assert list(loads) == [(first_day + timedelta(days=n)).isoformat() for n in range(5)]
    assert {one.value["sessions"] for one in loads.values()} == {1}
    trend = days.trend(db, athlete, first_day + timedelta(days=4))
    assert [one.day for one in trend] == [first_day + timedelta(days=n) for n in range(5)]
