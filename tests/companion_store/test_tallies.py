"""Tallies: equal to what sessions and sets say, however those came, moved or went; on both engines."""

import io
import json
import random
import zipfile
from collections import defaultdict

import pytest
from ingest import made

from repbeat import store
from repbeat.community import badges, history
from repbeat.ingest import days, ingest, rederive
from repbeat.people import archive
from repbeat.store import Database, devices, tallies
from repbeat_tools.sample import NOW_MS, session_log

DAY_MS = 86_400_000
TABLES = ("day_tallies", "period_tallies", "first_sets")


@pytest.fixture
def ann(either: Database) -> str:
    athlete_id = store.athletes.add(either, "Ann", NOW_MS).athlete_id
    devices.begin_log(either, made.DEVICE, made.LOG, NOW_MS)
    devices.assign(either, made.DEVICE, made.LOG, athlete_id)
    return athlete_id


def kept(db: Database) -> dict[str, list]:
    return {
        table: sorted(tuple(row.values()) for row in db.rows(f"SELECT * FROM {table}"))  # noqa: S608
        for table in TABLES
    }


def looked_up(db: Database) -> dict[str, list]:
    """The same from each set of each session."""
    by_day: dict[tuple, list] = defaultdict(list)
    first: dict[tuple, tuple] = {}
    for one in db.rows("SELECT * FROM sessions WHERE end_seq IS NOT NULL AND start_ms IS NOT NULL"):
        day = days.to_epoch(days.day_of(one["start_ms"], one["utc_offset_min"]))
        done = db.rows(
            "SELECT exercise, load_g, reps FROM sets WHERE log_id = :log AND session_seq = :seq",
            log=one["log_id"],
            seq=one["session_seq"],
        )
        reps, moved_g = sum(t["reps"] for t in done), sum(t["reps"] * t["load_g"] for t in done)
        by_day[one["athlete_id"], day].append((one["start_ms"], reps, moved_g))
        for kind in {(one["athlete_id"], *t.values()) for t in done}:
            first[kind] = min(first.get(kind, (1 << 60, 0)), (one["start_ms"], day))
    of_days = {key: (min(at for at, *_ in of), len(of), *_sums(of)) for key, of in by_day.items()}
    periods: dict[tuple, list] = defaultdict(list)
    for (who, day), of in sorted(of_days.items()):
        periods[who, day // tallies.DAYS].append((day, *of))
    return {
        "day_tallies": sorted((*key, *of) for key, of in of_days.items()),
        "period_tallies": sorted(
            (*key, of[0][0], min(one[1] for one in of), *(sum(one[n] for one in of) for n in (2, 3, 4)))
            for key, of in periods.items()
        ),
        "first_sets": sorted((*kind, *at) for kind, at in first.items()),
    }


def _sums(of: list[tuple]) -> tuple[int, int]:
    return sum(reps for _, reps, _ in of), sum(moved_g for *_, moved_g in of)


def logs(rng: random.Random) -> list:
    """Sessions of a month and a half, several on some days, their repetitions drawn."""
    out, seq = [], 0
    for boot in range(1, 13):
        at_ms = NOW_MS - rng.randint(0, 45) * DAY_MS - rng.randint(0, DAY_MS)
        log = session_log(first_seq=seq, boot=boot, unix_ms=at_ms, reps=rng.randint(3, 6), sets=2)
        out.append(log.records)
        seq = log.next_seq
    return out


@pytest.mark.parametrize("seed", range(3))
def test_in_any_order_they_are_what_the_sets_say(either: Database, ann: str, seed: int) -> None:
    rng = random.Random(seed)
    parts = [part for log in logs(rng) for part in (log[: len(log) // 2], log[len(log) // 2 :])]
    rng.shuffle(parts)
    for part in parts:
        ingest(either, made.DEVICE, made.LOG, part, NOW_MS)
        assert kept(either) == looked_up(either)
    assert all(kept(either).values())
    before = kept(either)
    rederive(either, NOW_MS)
    assert kept(either) == before


def test_what_is_taken_away_or_moved_takes_its_firsts_along(either: Database, ann: str) -> None:
    for log in logs(random.Random(7)):
        ingest(either, made.DEVICE, made.LOG, log, NOW_MS)
    for row in either.rows("SELECT session_seq, start_ms, utc_offset_min FROM sessions ORDER BY start_ms"):
        on = [days.day_of(row["start_ms"], row["utc_offset_min"])]
        if row["session_seq"] % 2:
            either.run("DELETE FROM sessions WHERE session_seq = :seq", seq=row["session_seq"])
        else:
            later_ms = row["start_ms"] + 40 * DAY_MS
            either.run(
                "UPDATE sessions SET start_ms = :at WHERE session_seq = :seq",
                at=later_ms,
                seq=row["session_seq"],
            )
            on.append(days.day_of(later_ms, row["utc_offset_min"]))
        days.refresh(either, ann, on)
        assert kept(either) == looked_up(either)


def test_breaths_are_no_repetitions(either: Database, ann: str) -> None:
    ingest(either, made.DEVICE, made.LOG, session_log(reps=5, sets=2).records, NOW_MS)
    either.run("UPDATE sets SET exercise = 30 WHERE set_index = 0")
    days.refresh(either, ann)
    (day,) = tallies.days(either, ann)
    assert day.repetitions == 5


def test_another_athletes_are_left_alone(either: Database, ann: str) -> None:
    ingest(either, made.DEVICE, made.LOG, session_log().records, NOW_MS)
    before = kept(either)
    ben = store.athletes.add(either, "Ben", NOW_MS).athlete_id
    days.refresh(either, ben)
    assert kept(either) == before
    devices.assign(either, made.DEVICE, made.LOG, ben, first_seq=0)
    for who in (ann, ben):
        days.refresh(either, who)
    assert kept(either) == looked_up(either)
    assert not tallies.days(either, ann)


def test_an_export_from_before_there_were_tallies_gets_them(either: Database, ann: str, tmp_path) -> None:
    ingest(either, made.DEVICE, made.LOG, session_log().records, NOW_MS)
    now, before = io.BytesIO(), io.BytesIO()
    archive.export(either, ann, now, NOW_MS)
    with zipfile.ZipFile(now) as whole, zipfile.ZipFile(before, "w") as older:
        for name in whole.namelist():
            content = whole.read(name)
            if name == archive.SCHEMA:
                schema = json.loads(content)
                schema["tables"] = {key: of for key, of in schema["tables"].items() if key not in TABLES}
                content = json.dumps(schema).encode()
            if not any(table in name for table in TABLES):
                older.writestr(name, content)
    with Database(tmp_path / "empty.sqlite3") as new:
        archive.restore(new, before)
        assert kept(new) == kept(either)


def test_badges_of_years_are_those_of_each_day(either: Database, ann: str) -> None:
    """Weeks between two steps stand as one: the days on which a step is reached must not move."""
    rng = random.Random(1)
    first = days.to_epoch(days.day_of(NOW_MS, 0)) - 900
    rows = [
        (day, rng.randint(1, 3), rng.randint(20, 90), rng.randint(500_000, 4_000_000))
        for day in range(first, first + 900)
        if rng.random() < 0.5
    ]
    either.insert(
        "day_tallies",
        [
            {
                "athlete_id": ann,
                "day": day,
                "first_ms": day * DAY_MS + 1,
                "sessions": sessions,
                "repetitions": reps,
                "moved_g": moved_g,
            }
            for day, sessions, reps, moved_g in rows
        ],
    )
    either.run(
        """INSERT INTO period_tallies
             (athlete_id, period, first_day, first_ms, sessions, repetitions, moved_g)
           SELECT athlete_id, day / 28, MIN(day), MIN(first_ms), SUM(sessions), SUM(repetitions), SUM(moved_g)
           FROM day_tallies GROUP BY athlete_id, day / 28"""
    )
    past = history.of_athlete(either, ann, NOW_MS)
    each_day = [
        badges.Done(
            at_ms=day * DAY_MS + 1,
            day=days.from_epoch(day),
            sessions=sessions,
            repetitions=reps,
            moved_g=moved_g,
        )
        for day, sessions, reps, moved_g in rows
    ]
    held = badges.badges(badges.History(sessions=tuple(each_day), today=past.today))
    assert badges.badges(past) == held
    assert {badge.id for badge in held} >= {"sessions", "tonnes", "repetitions"}
    assert len(past.sessions) < len(rows) / 5
