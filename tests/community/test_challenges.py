"""Challenges as they are kept: by teams, from what bands counted and what files brought."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from web.sample import DEVICE, LOG

from repbeat.community import amounts, badges, challenges, history, motivation, standings
from repbeat.community.boards import CONSISTENCY
from repbeat.community.errors import BadEntry
from repbeat.community.streaks import streak, week_of
from repbeat.ingest.batch import ingest
from repbeat.ingest.days import day_of
from repbeat.interop import alike, imports
from repbeat.interop.activity import Activity, SetDone
from repbeat.interop.reading import Found
from repbeat.people import erase, tenants
from repbeat.store import Database, NotFound, athletes, devices
from repbeat_protocol import exercises
from repbeat_tools.sample import NOW_MS, session_log

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
TODAY = day_of(NOW_MS, 0)
GROUP = (tenants.HOME, "group")
PUSH, CRANK = exercises.code("wheelchair_push"), exercises.code("arm_crank")


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPBEAT_KEY_FILE", str(tmp_path / "key"))


@pytest.fixture
def db(trained: Database) -> Database:
    return trained


@pytest.fixture
def athlete_id(db: Database) -> str:
    return athletes.named(db, "Athlete A").athlete_id


def typed(db: Database, athlete_id: str, at_ms: int, exercise: int = PUSH, reps: int = 200) -> None:
    """A session as a file brings it."""
    done = SetDone(start_ms=at_ms, duration_ms=60_000, exercise=exercise, reps=reps, load_g=0)
    activity = Activity(
        source="csv",
        sport="training",
        start_ms=at_ms,
        end_ms=at_ms + HOUR_MS,
        heart=[],
        rr_ms=[],
        sets=[done],
    )
    imports.keep(db, athlete_id, Found("csv", [activity], []), at_ms)


@pytest.fixture
def trained_by(db: Database) -> Callable[[str, int, int], str]:
    """Makes an athlete with a band of their own that counted three sets of `reps` so many days from now."""

    def make(name: str, reps: int, in_days: int) -> str:
        known = {one.name: one.athlete_id for one in athletes.every(db)}
        owner = known.get(name) or athletes.add(db, name, NOW_MS).athlete_id
        number = len(devices.every(db)) + 50
        device, log_id = f"{number:016x}", number
        devices.seen(
            db, device, name="", address=f"C0:{number}", log_id=log_id, head_seq=1, boot=1, plan_revision=0,
            firmware="", now_ms=NOW_MS,
        )  # fmt: skip
        devices.assign(db, device, log_id, owner)
        log = session_log(unix_ms=NOW_MS + in_days * DAY_MS, reps=reps)
        ingest(db, device, log_id, log.records, NOW_MS + 60 * DAY_MS)
        return owner

    return make


def begin(db: Database, **changes: object) -> challenges.Challenge:
    given = {
        "name": "Winter", "counts": "repetitions", "teams": ["Wheels", "Feet"],
        "first_day": TODAY + timedelta(days=20), "weeks": 2, "typed_counts": False,
    }  # fmt: skip
    return challenges.begin(db, *GROUP, **{**given, **changes})  # type: ignore[arg-type]


def test_what_cannot_be_begun_says_why(db: Database) -> None:
    for changes in (
        {"teams": ["One"]},
        {"teams": ["Same", "Same"]},
        {"teams": [f"T{n}" for n in range(7)]},
        {"counts": "weight"},
        {"weeks": 0},
        {"weeks": 13},
    ):
        with pytest.raises(BadEntry):
            begin(db, **changes)
    assert challenges.of_group(db, *GROUP) == []


def test_teams_stand_by_their_members_usual(db: Database, trained_by: Callable[[str, int, int], str]) -> None:
    """Twice as many repetitions as usual beat the usual, though they are fewer."""
    one = begin(db)
    assert challenges.of_group(db, *GROUP) == [one] == [challenges.get(db, *GROUP, one.challenge_id)]
    for name, team, before, since in (("A", 0, 6, 6), ("B", 0, 6, 6), ("C", 1, 12, 6), ("D", 1, 12, 6)):
        for day in (2, 9, 16):
            trained_by(name, before, day)
        owner = trained_by(name, since, 22)
        trained_by(name, since, 23)
        challenges.join(db, owner, one, team)
    places = challenges.standing(db, one, one.first_day + timedelta(days=6))
    assert [(place.team, place.rank, place.share) for place in places] == [(0, 1, 2.0), (1, 2, 1.0)]
    later = challenges.standing(db, one, one.last_day + timedelta(days=9))
    assert [place.share for place in later] == [1.0, 0.5]  # by the whole two weeks, and no longer


def test_a_late_sync_or_a_removal_is_as_if_computed_afresh(
    db: Database, trained_by: Callable[[str, int, int], str]
) -> None:
    one = begin(db)
    for name in ("A", "B"):
        trained_by(name, 5, 3)
        trained_by(name, 5, 10)
        challenges.join(db, trained_by(name, 5, 21), one, 0)
    day = one.first_day + timedelta(days=6)
    before = challenges.standing(db, one, day)
    trained_by("A", 9, 24)
    assert challenges.standing(db, one, day) != before
    db.run("DELETE FROM sessions WHERE start_ms > :ms", ms=NOW_MS + 23 * DAY_MS)
    assert challenges.standing(db, one, day) == before


def test_changing_the_team_leaving_hiding_and_erasing(
    db: Database, trained_by: Callable[[str, int, int], str]
) -> None:
    one = begin(db)
    own = trained_by("A", 5, 3)
    challenges.join(db, own, one, 0)
    challenges.join(db, own, one, 1)
    assert challenges.team_of(db, own, one) == 1

    def members() -> list[int]:
        return [place.members for place in challenges.standing(db, one, one.first_day)]

    assert members() == [0, 1]
    motivation.choose(db, own, hidden=True, weekdays=[], today=TODAY)
    assert members() == [0, 0]
    motivation.choose(db, own, hidden=False, weekdays=[], today=TODAY)
    challenges.leave(db, own, one)
    assert challenges.team_of(db, own, one) is None
    with pytest.raises(BadEntry):
        challenges.join(db, own, one, 2)
    challenges.join(db, own, one, 0)
    erase.erase(db, own, NOW_MS)
    assert db.value("SELECT COUNT(*) FROM challenge_members") == 0
    challenges.end(db, one)
    with pytest.raises(NotFound):
        challenges.get(db, *GROUP, one.challenge_id)


def test_a_seated_session_from_a_file_counts_where_that_was_agreed(db: Database, athlete_id: str) -> None:
    agreed, strict = begin(db, typed_counts=True), begin(db)
    other = athletes.add(db, "Other", NOW_MS).athlete_id
    for own, exercise in ((athlete_id, PUSH), (other, CRANK)):
        for days in (1, 8, 15, 21):
            typed(db, own, NOW_MS + days * DAY_MS, exercise)
        for one in (agreed, strict):
            challenges.join(db, own, one, 0)
    day = agreed.first_day + timedelta(days=6)
    (place, _), (measured, _) = [challenges.standing(db, one, day) for one in (agreed, strict)]
    assert place.share is not None
    assert place.share > 0.9
    assert place.measured_share == measured.measured_share == 0.0
    assert measured.share == 0.0


def test_a_week_kept_by_a_typed_session_says_so_on_the_board(db: Database, athlete_id: str) -> None:
    """Typed days keep a week; they bring no repetitions, no record, and the board shows them."""
    monday = week_of(TODAY)
    motivation.choose(db, athlete_id, hidden=False, weekdays=[TODAY.weekday()], today=monday)
    standings.opt_in(db, athlete_id, *GROUP, CONSISTENCY, NOW_MS)
    later_ms = NOW_MS + 15 * DAY_MS
    (place,) = standings.board(db, *GROUP, CONSISTENCY, b"secret", later_ms)
    assert (place.value, place.measured_share) == (0.5, 1.0)
    for days in (7, 14):
        typed(db, athlete_id, NOW_MS + days * DAY_MS)
    (place,) = standings.board(db, *GROUP, CONSISTENCY, b"secret", later_ms)
    assert (place.value, place.measured_share) == (1.0, pytest.approx(1 / 3))
    past = history.of_athlete(db, athlete_id, later_ms)
    assert streak(past.schedule, past.trained, past.today).weeks == 3
    assert {badge.id for badge in badges.badges(past)} == {"sessions", "kept_weeks"}
    assert sum(one.sessions for one in past.sessions) == 1


def test_the_same_training_from_band_and_file_counts_once(db: Database, athlete_id: str) -> None:
    (session,) = db.rows(
        "SELECT start_ms FROM sessions WHERE device_id = :d AND log_id = :l", d=DEVICE, l=LOG
    )
    begun = day_of(session["start_ms"], 0)
    at_ms = session["start_ms"]
    done = SetDone(start_ms=at_ms, duration_ms=60_000, exercise=PUSH, reps=9, load_g=0)
    activity = Activity(
        source="csv",
        sport="training",
        start_ms=at_ms,
        end_ms=at_ms + 240_000,
        heart=[],
        rr_ms=[],
        sets=[done],
    )
    outcome = imports.keep(db, athlete_id, Found("csv", [activity], []), NOW_MS)
    assert len(outcome.alike) == 1

    def counted() -> list[bool]:
        found = amounts.between(db, athlete_id, begun - timedelta(days=1), begun + timedelta(days=2))
        return [one.measured for one in found]

    assert counted() == [True]
    (pair,) = outcome.alike
    alike.decide(db, pair, alike.DIFFERENT, NOW_MS)
    assert sorted(counted()) == [False, True]
    with pytest.raises(KeyError, match="sessions"):
        amounts.between(db, athlete_id, date(2026, 1, 1), date(2027, 1, 1))[0].of("weight")
