"""Mornings ask the planner: what waits gives way to what is known now, and a red flag takes rises back."""

import time
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from coach.test_desk import DAY_MS, Gym, two_lifts
from coach.test_loop import nights, trained
from hub.collecting import planned, run_until
from hub.fake_band import FakeBand
from ingest import made

from repbeat.coach import acts, desk, health, recovery, shelf
from repbeat.coach.arrivals import Arrivals
from repbeat.coach.command import plan as plan_command
from repbeat.coach.programme_command import begin
from repbeat.coach.safety import Health
from repbeat.coach.session_rules import Kind
from repbeat.coach.withdraw import rises
from repbeat.derive.hrv import Morning
from repbeat.derive.readiness import CheckIn
from repbeat.hub import Hub
from repbeat.store import Database, plans
from repbeat_protocol import plan as wire
from repbeat_protocol import records


@pytest.fixture
def gym(either: Database) -> Gym:
    found = Gym(either)
    trained(found)
    return found


def unwell(gym: Gym) -> None:
    today = desk.day_of(gym.now_ms, 0)
    recovery.check_in(gym.db, gym.athlete, CheckIn(today, 3, 3, 3, 3, 3, unwell=True), gym.now_ms)


def status(gym: Gym, revision: int) -> str:
    return plans.get(gym.db, gym.athlete, revision).status


def proposal_of(gym: Gym, revision: int) -> str:
    return shelf.of_revision(gym.db, gym.athlete, revision).proposal_id


def test_a_waiting_rise_gives_way_to_an_amber_morning(gym: Gym) -> None:
    rise = desk.propose_next(gym.db, gym.athlete, gym.now_ms).plan
    gym.now_ms += DAY_MS
    nights(gym, poor=True)
    filed = desk.propose_next(gym.db, gym.athlete, gym.now_ms)
    assert filed.proposal.kind is Kind.REDUCED
    assert status(gym, rise.revision) == plans.SUPERSEDED
    assert "changed since" in plans.get(gym.db, gym.athlete, rise.revision).reason
    assert [item.load_g for item in filed.plan.wire().items] == [60_000, 40_000]
    with pytest.raises(acts.ActError, match="superseded"):
        acts.approve(gym.db, proposal_of(gym, rise.revision), "coach", gym.now_ms)


def test_an_unanswered_lighter_proposal_ends_with_its_day(gym: Gym) -> None:
    nights(gym, poor=True)
    lighter = desk.propose_next(gym.db, gym.athlete, gym.now_ms).plan
    assert desk.propose_next(gym.db, gym.athlete, gym.now_ms).plan.revision == lighter.revision
    gym.now_ms += 14 * DAY_MS
    nights(gym, poor=False)
    again = desk.propose_next(gym.db, gym.athlete, gym.now_ms)
    assert status(gym, lighter.revision) == plans.SUPERSEDED
    assert [item.load_g for item in again.plan.wire().items] == [62_500, 41_000]


def test_an_unanswered_rise_is_asked_anew_after_its_last_day(gym: Gym) -> None:
    rise = desk.propose_next(gym.db, gym.athlete, gym.now_ms).plan
    gym.now_ms += 3 * DAY_MS
    assert desk.propose_next(gym.db, gym.athlete, gym.now_ms).plan.revision == rise.revision
    gym.now_ms += 5 * DAY_MS
    anew = desk.propose_next(gym.db, gym.athlete, gym.now_ms).plan
    assert anew.revision > rise.revision
    acts.approve(gym.db, proposal_of(gym, anew.revision), "coach", gym.now_ms)
    assert status(gym, anew.revision) == plans.PENDING


def test_an_approved_lighter_plan_that_no_device_took_ends_with_its_day(gym: Gym) -> None:
    nights(gym, poor=True)
    lighter = desk.propose_next(gym.db, gym.athlete, gym.now_ms, approved=True).plan
    assert desk.propose_next(gym.db, gym.athlete, gym.now_ms).plan.revision == lighter.revision
    gym.now_ms += 14 * DAY_MS
    nights(gym, poor=False)
    assert desk.propose_next(gym.db, gym.athlete, gym.now_ms).plan.revision > lighter.revision
    assert status(gym, lighter.revision) == plans.SUPERSEDED


def test_a_persons_plan_gives_way_to_nothing(gym: Gym) -> None:
    theirs = desk.set_plan(gym.db, gym.athlete, two_lifts(), gym.now_ms)
    nights(gym, poor=True)
    assert desk.propose_next(gym.db, gym.athlete, gym.now_ms).plan.revision == theirs.revision
    assert status(gym, theirs.revision) == plans.PENDING


def test_what_was_rejected_is_not_asked_again_the_same_day(gym: Gym) -> None:
    rise = desk.propose_next(gym.db, gym.athlete, gym.now_ms).plan
    acts.reject(gym.db, proposal_of(gym, rise.revision), "coach", gym.now_ms, "not this week")
    again = desk.propose_next(gym.db, gym.athlete, gym.now_ms)
    assert (again.plan, "refused today" in again.why_not) == (None, True)
    gym.now_ms += DAY_MS
    assert desk.propose_next(gym.db, gym.athlete, gym.now_ms).plan is not None


@pytest.mark.parametrize("approved", [False, True])
def test_a_red_flag_withdraws_a_rise_and_refuses_to_approve_it(gym: Gym, approved: bool) -> None:
    rise = desk.propose_next(gym.db, gym.athlete, gym.now_ms, approved=approved).plan
    unwell(gym)
    if not approved:
        with pytest.raises(acts.ActError, match="red flag"):
            acts.approve(gym.db, proposal_of(gym, rise.revision), "coach", gym.now_ms)
        base = shelf.of_revision(gym.db, gym.athlete, rise.revision).known().base
        higher = tuple(msgspec.structs.replace(line, sets=line.sets + 1) for line in base)
        with pytest.raises(acts.ActError, match="red flag"):
            acts.edit(gym.db, proposal_of(gym, rise.revision), "coach", gym.now_ms, higher, "more")
    assert desk.propose_next(gym.db, gym.athlete, gym.now_ms, approved=True).plan is None
    assert status(gym, rise.revision) == plans.SUPERSEDED
    assert "unwell" in plans.get(gym.db, gym.athlete, rise.revision).reason
    more = two_lifts()
    more.items[0].load_g = 62_000
    with pytest.raises(wire.PlanLocked):
        desk.set_plan(gym.db, gym.athlete, more, gym.now_ms)
    # Cleared, the same rise is proposed again and can be approved: the sessions before have earned it.
    (flag,) = shelf.flags(gym.db, gym.athlete)
    shelf.clear_flag(gym.db, gym.athlete, flag.flag_id, "coach", "seen by a physician", gym.now_ms)
    again = desk.propose_next(gym.db, gym.athlete, gym.now_ms).plan
    acts.approve(gym.db, proposal_of(gym, again.revision), "coach", gym.now_ms)
    assert status(gym, again.revision) == plans.PENDING


def test_a_rise_that_a_device_holds_is_recalled(gym: Gym) -> None:
    rise = desk.propose_next(gym.db, gym.athlete, gym.now_ms, approved=True).plan
    plans.mark_pushed(gym.db, gym.athlete, rise.revision)
    unwell(gym)
    for _ in range(2):
        desk.propose_next(gym.db, gym.athlete, gym.now_ms)
    newest = plans.every(gym.db, gym.athlete)[0]
    assert (newest.revision, newest.status) == (rise.revision + 1, plans.PENDING)
    assert [item.load_g for item in newest.wire().items] == [60_000, 40_000]
    assert status(gym, rise.revision) == plans.SUPERSEDED
    told = plans.changes(gym.db, gym.athlete, newest.revision)
    assert {(change.rule, change.old, change.new) for change in told} == {
        ("red_flag", 62_500, 60_000),
        ("red_flag", 41_000, 40_000),
    }
    # The device may have applied the rise meanwhile, or not: the plan before fits both, lock or no lock.
    for before in (rise.wire(), plans.get(gym.db, gym.athlete, 1).wire()):
        wire.check_step(newest.wire(), before, 7, locked=1)


def test_under_a_red_flag_a_lighter_session_is_still_proposed(gym: Gym) -> None:
    nights(gym, poor=True)
    unwell(gym)
    filed = desk.propose_next(gym.db, gym.athlete, gym.now_ms)
    acts.approve(gym.db, proposal_of(gym, filed.plan.revision), "coach", gym.now_ms)
    gym.apply(filed.plan.revision)
    gym.now_ms += 14 * DAY_MS
    nights(gym, poor=False)
    # Back to the full sets would be a rise: it waits for the flag.
    again = desk.propose_next(gym.db, gym.athlete, gym.now_ms)
    assert (again.plan, "red flag" in again.why_not) == (None, True)


def test_a_rise_is_more_load_more_repetitions_or_more_sets() -> None:
    def changed(**fields: int) -> wire.Plan:
        plan = two_lifts()
        for name, value in fields.items():
            setattr(plan.items[1], name, value)
        return plan

    assert not rises(changed(), two_lifts())
    assert rises(changed(load_g=40_010), two_lifts())
    assert rises(changed(reps_high=13), two_lifts())
    assert rises(changed(sets=4), two_lifts())
    assert not rises(changed(sets=2, load_g=39_000), two_lifts())
    assert not rises(changed(exercise=99, load_g=90_000), two_lifts())


def test_a_deload_that_nobody_let_through_puts_none_off(gym: Gym) -> None:
    health.answer(gym.db, gym.athlete, Health(active=True, born_year=1990), gym.now_ms)
    begin(gym.db, gym.athlete, "five-by-five", {"squat": 60_000}, gym.now_ms)
    gym.apply(2)
    gym.now_ms += 6 * 7 * DAY_MS
    for _ in range(3):
        filed = desk.propose_next(gym.db, gym.athlete, gym.now_ms)
        assert filed.plan.wire().items[0].flags & wire.LIGHT
        kept = shelf.of_revision(gym.db, gym.athlete, filed.plan.revision)
        assert kept.decided().kind is Kind.DELOAD
        acts.reject(gym.db, kept.proposal_id, "coach", gym.now_ms, "next week")
        gym.now_ms += DAY_MS


def test_push_on_the_command_line_leaves_an_approval_row(tmp_path: Path) -> None:
    where = tmp_path / "repbeat.sqlite3"
    with Database(where) as db:
        gym = Gym(db)
        trained(gym)
        gym.now_ms = time.time_ns() // 1_000_000
        rise = desk.propose_next(db, gym.athlete, gym.now_ms).plan
        done = CliRunner().invoke(plan_command, ["push", "Ann", "--database", str(where)])
        assert done.exit_code == 0, done.stderr
        kept = shelf.of_revision(db, gym.athlete, rise.revision)
        assert [(act.act, act.actor) for act in shelf.acts(db, kept)] == [("approve", "command line")]
        assert plans.get(db, gym.athlete, rise.revision).status == plans.PENDING


def test_a_night_that_comes_in_over_the_link_asks_for_todays_plan(tmp_path: Path) -> None:
    """HRV has been low for a week and the last night was short: the records of that night say so."""
    band = FakeBand("A1", 0xB1, [])
    began: list[Arrivals] = []
    with Database(tmp_path / "repbeat.sqlite3") as db:
        athlete_id = planned(db, band, 5)
        source = "00000000000000b1"
        today = desk.day_of(made.NOW_MS, 0)
        for ago in range(75, 0, -1):
            rmssd = 38.0 if ago < 7 else 50.0 + (3 if ago % 2 else -3)
            night = Morning(
                today - timedelta(days=ago), source, rmssd, 55.0, 450.0 + (10 if ago % 2 else -10)
            )
            recovery.add_morning(db, athlete_id, night)

        def done(hub: Hub) -> bool:
            if not began:
                began.append(Arrivals(db, hub.bus, lambda: made.NOW_MS))
            newest = plans.every(db, athlete_id)[0]
            if newest.status == plans.APPLIED and band.next_seq < 4:
                moment = (made.NOW_MS, 20, 0, 1)
                band.append(records.TIME, records.pack(records.TIME, 1, moment))
                night = (18_000, 18_000, records.REST_KIND_SLEEP, 55, 380, 140, 950)
                band.append(records.REST, records.pack(records.REST, 1, night))
            return newest.status == plans.PROPOSED

        run_until(db, done, band)
        began[0].close()
        kept = shelf.of_revision(db, athlete_id, plans.every(db, athlete_id)[0].revision)
        assert kept.decided().kind is Kind.REDUCED
        assert {signal.value for signal in kept.known().readiness.bad} == {"hrv", "sleep"}
