"""What is learned of an athlete: from the stored days, once each, the same however it came in."""

import json
import math
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from coach.test_desk import DAY_MS, Gym, two_lifts
from ingest import made

from repbeat.coach import desk, memory, outlook, planned, recovery, shelf
from repbeat.coach.learn.person import Lifted, Person
from repbeat.derive.hrv import Morning
from repbeat.store import Database, plans, vault
from repbeat_protocol import exercises

HOW_HARD = 8.0


@pytest.fixture
def gym(either: Database) -> Gym:
    return Gym(either)


def weeks(gym: Gym, count: int, *, first: int = 0) -> None:
    """Nights every day and a session every other: the squat has rather more left than the row."""
    if not first:
        desk.set_plan(gym.db, gym.athlete, two_lifts(), gym.now_ms, rpe=HOW_HARD)
        gym.apply(1)
    for number in range(first, first + count * 7):
        even = 1 if number % 2 else -1
        today = desk.day_of(gym.now_ms, 0) + timedelta(days=1)
        night = Morning(today, made.DEVICE, 50.0 + 3 * even, 55.0 + even, 450.0 + 10 * even)
        recovery.add_morning(gym.db, gym.athlete, night)
        if even > 0:
            gym.train(1, (0, made.SQUAT, 60_000, [12, 12, 12]), (1, 5, 40_000, [9, 8, 8]))
        else:
            gym.now_ms += DAY_MS


def refreshed(gym: Gym) -> memory.Learned:
    return memory.refresh(gym.db, gym.athlete, desk.day_of(gym.now_ms, 0), gym.now_ms)


def test_days_are_taken_in_once_and_the_same_whether_one_by_one_or_all_at_once(
    gym: Gym, tmp_path: Path
) -> None:
    weeks(gym, 2)
    first = refreshed(gym)
    assert refreshed(gym) == first
    weeks(gym, 2, first=14)
    step_by_step = refreshed(gym)
    assert step_by_step.through_day > first.through_day
    gym.db.run("DELETE FROM learned")
    at_once = refreshed(gym)
    assert at_once == step_by_step
    person = at_once.person(desk.day_of(gym.now_ms, 0))
    nights = person.nights[made.DEVICE]
    assert math.exp(nights.ln_rmssd.usual.value) == pytest.approx(50, abs=1)
    assert nights.resting_bpm.usual.low < 55 < nights.resting_bpm.usual.high
    assert set(person.lifts) == {made.SQUAT, 5}
    assert msgspec.json.decode(at_once.inputs)["mornings"] == 27


def test_what_comes_late_is_learned_in_its_place(gym: Gym) -> None:
    weeks(gym, 2)
    before = refreshed(gym)
    late = desk.day_of(gym.now_ms, 0) - timedelta(days=5)
    recovery.add_morning(gym.db, gym.athlete, Morning(late, "ring", 80.0, 49.0, 400.0))
    after = refreshed(gym)
    assert after.inputs != before.inputs
    person = after.person(late)
    # Another device's nights are another baseline.
    assert person.nights["ring"].resting_bpm.usual.seen == 1
    assert person.nights[made.DEVICE] == before.person(late).nights[made.DEVICE]


def test_nothing_recorded_is_nothing_learned(gym: Gym) -> None:
    assert refreshed(gym) is None
    assert outlook.look(gym.db, gym.athlete, desk.day_of(gym.now_ms, 0))["learned"] is None


def test_a_proposal_keeps_the_chance_and_says_how_little_it_rests_on(gym: Gym) -> None:
    weeks(gym, 1)
    filed = desk.propose_next(gym.db, gym.athlete, gym.now_ms)
    kept = shelf.of_revision(gym.db, gym.athlete, filed.plan.revision)
    chance = kept.known().chances[0]
    assert (chance.sure, 0 < chance.sessions <= 4) == (False, True)
    decided = filed.proposal.verdicts[0].decision
    assert decided.inputs["chance_sessions"] == chance.sessions
    assert decided.rule == "double_progression"


def test_a_sure_and_dim_forecast_has_a_rise_wait_and_an_unsure_one_has_no_say(gym: Gym) -> None:
    weeks(gym, 4)
    learned = refreshed(gym)
    person = msgspec.json.decode(learned.state, type=Person)
    assert person.lifts[made.SQUAT].response.sure
    # Felt as the hardest, twelve repetitions leave nothing for a higher load at the plan's own effort.
    for _ in range(20):
        person.lifted(made.SQUAT, Lifted(ln_max=math.log(62)))
    state = msgspec.json.encode(person).decode()
    row = msgspec.structs.asdict(msgspec.structs.replace(learned, state=state))
    gym.db.upsert("learned", ("athlete_id",), [vault.sealed_row(gym.db, "learned", row)])
    day = desk.day_of(gym.now_ms, 0)
    gym.db.run("DELETE FROM sessions WHERE start_ms < :ms", ms=gym.now_ms - DAY_MS)
    judged = desk.judge(gym.db, gym.athlete, gym.now_ms)
    assert judged.situation.day == day
    assert judged.proposal.verdicts[0].decision.rule == "forecast"


def test_a_plans_own_effort_is_what_a_session_is_held_against(gym: Gym) -> None:
    desk.set_plan(gym.db, gym.athlete, two_lifts(), gym.now_ms, rpe=5.0)
    gym.apply(1)
    gym.train(1, (0, made.SQUAT, 60_000, [12, 12, 12]))
    (effort,) = recovery.efforts(gym.db, gym.athlete)
    assert (effort.rpe, effort.planned_rpe) == (7.0, 5.0)
    # What follows from it means the same; a plan that says nothing holds no session against anything.
    filed = desk.propose_next(gym.db, gym.athlete, gym.now_ms, approved=True)
    assert planned.rpe(gym.db, gym.athlete, filed.plan.revision) == 5.0
    desk.set_plan(gym.db, gym.athlete, two_lifts(), gym.now_ms)
    newest = plans.latest(gym.db, gym.athlete).revision
    assert planned.rpe(gym.db, gym.athlete, newest) is None


def test_the_command_shows_estimates_forecasts_and_their_calibration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = tmp_path / "repbeat.sqlite3"
    with Database(where) as db:
        gym = Gym(db)
        weeks(gym, 6)
    monkeypatch.setattr(outlook, "_now_ms", lambda: gym.now_ms)
    done = CliRunner().invoke(
        outlook.learned, ["Ann", "--json", "--database", str(where)], catch_exceptions=False
    )
    shown = json.loads(done.stdout)
    names = {(row["of"], row["name"]) for row in shown["estimates"]}
    assert {("heart", "recovery_bpm"), ("squat", "response"), (made.DEVICE, "ln_rmssd")} <= names
    assert all(row["low"] < row["value"] < row["high"] for row in shown["estimates"])
    assert shown["calibration"]["load"]["forecasts"] > 20
    assert 0 <= shown["tomorrow"]["low_readiness"] <= 1
    assert {row["exercise"] for row in shown["loads"]} == {"squat", exercises.slug(5)}
    plain = CliRunner().invoke(outlook.learned, ["Ann", "--database", str(where)], catch_exceptions=False)
    assert "the population's" in plain.stdout
