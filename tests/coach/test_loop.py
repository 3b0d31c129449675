"""The coach's rows and people in the loop: an amber morning, who decided, what is explained and replayed."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from coach.test_desk import Gym, two_lifts
from ingest import made

from repbeat.coach import acts, course, desk, health, programmes, recovery, shelf
from repbeat.coach.explain import explain, explained
from repbeat.coach.planner import plan_session
from repbeat.coach.programme_command import begin, programme
from repbeat.coach.programmes import ProgrammeError
from repbeat.coach.safety import Clearance, Health, Sign, screen
from repbeat.coach.session_rules import Kind
from repbeat.coach.situation import Bounds
from repbeat.derive.hrv import Morning
from repbeat.derive.readiness import CheckIn, Signal, State
from repbeat.ingest.rederive import rederive
from repbeat.store import Database, NotFound, athletes, devices, plans
from repbeat_protocol import records


@pytest.fixture
def gym(either: Database) -> Gym:
    return Gym(either)


def nights(gym: Gym, *, poor: bool) -> None:
    """A calm quarter of nights that ends today; a poor one slept little, its week's HRV is low."""
    today = desk.day_of(gym.now_ms, 0)
    for ago in range(75, -1, -1):
        even = 1 if ago % 2 else -1
        low = poor and ago < 7
        morning = Morning(
            today - timedelta(days=ago),
            "band",
            40.0 if low else 50.0 + 3 * even,
            55.0 + even,
            300.0 if poor and ago == 0 else 450.0 + 10 * even,
        )
        recovery.add_morning(gym.db, gym.athlete, morning)


def trained(gym: Gym) -> None:
    desk.set_plan(gym.db, gym.athlete, two_lifts(), gym.now_ms)
    gym.apply(1)
    gym.train(1, (0, made.SQUAT, 60_000, [12, 12, 12]), (1, 5, 40_000, [12, 12, 12]))


def test_an_amber_morning_is_proposed_explained_approved_and_undone_afterwards(gym: Gym) -> None:
    trained(gym)
    nights(gym, poor=True)
    filed = desk.propose_next(gym.db, gym.athlete, gym.now_ms)
    assert filed.proposal.kind is Kind.REDUCED
    assert [(item.sets, item.load_g) for item in filed.plan.wire().items] == [(2, 60_000), (2, 40_000)]
    assert filed.plan.status == plans.PROPOSED
    kept = shelf.of_revision(gym.db, gym.athlete, filed.plan.revision)
    told = explained(gym.db, kept)
    assert told["replayed"]
    assert told["readiness"]["state"] == "amber"
    assert {one["signal"] for one in told["readiness"]["inputs"] if one["bad"]} == {"hrv", "sleep"}
    assert "sleep" in told["changes"][0]["why"]
    acts.approve(gym.db, kept.proposal_id, "coach", gym.now_ms, "rest well")
    assert plans.get(gym.db, gym.athlete, filed.plan.revision).status == plans.PENDING
    assert [(act.actor, act.act) for act in shelf.acts(gym.db, kept)] == [("coach", "approve")]
    gym.apply(filed.plan.revision)
    # Two weeks later all is calm: the full plan is back, with the rise that was earned before.
    gym.now_ms += 14 * 86_400_000
    nights(gym, poor=False)
    again = desk.propose_next(gym.db, gym.athlete, gym.now_ms)
    assert [(item.sets, item.load_g) for item in again.plan.wire().items] == [(3, 62_500), (3, 41_000)]
    rules = {change.rule for change in plans.changes(gym.db, gym.athlete, again.plan.revision)}
    assert rules == {"double_progression", "restore"}


def test_any_past_day_decided_again_gives_the_same_proposal_whatever_came_since(gym: Gym) -> None:
    trained(gym)
    nights(gym, poor=True)
    filed, days = [], 0
    for poor in (False, True, False):
        kept = desk.propose_next(gym.db, gym.athlete, gym.now_ms).plan
        filed.append(shelf.of_revision(gym.db, gym.athlete, kept.revision))
        plans.approve(gym.db, gym.athlete, kept.revision)
        gym.apply(kept.revision)
        gym.train(kept.revision, (0, made.SQUAT, 60_000, [12, 12, 12]), (1, 5, 40_000, [12, 12, 12]))
        gym.now_ms += 14 * 86_400_000
        days += 14
        nights(gym, poor=poor)
    shelf.report_flag(gym.db, gym.athlete, "late", Sign.CHEST.value, gym.now_ms)
    shelf.set_coaching(gym.db, gym.athlete, Bounds(coach_required=True), Health(beta_blocker=True))
    rederive(gym.db, gym.now_ms)
    assert len({kept.day for kept in filed}) == 3
    for kept in filed:
        assert shelf.proposal(gym.db, kept.proposal_id) == kept
        assert explained(gym.db, kept)["replayed"]
        assert plan_session(kept.known()).proposal_id == kept.proposal_id


def test_a_required_coach_is_never_passed_by(gym: Gym) -> None:
    trained(gym)
    shelf.set_coaching(gym.db, gym.athlete, Bounds(coach_required=True, free_percent=1), Health())
    filed = desk.propose_next(gym.db, gym.athlete, gym.now_ms, approved=True)
    assert filed.proposal.needs_approval
    assert filed.plan.status == plans.PROPOSED


def test_edit_reject_comment_and_lighter_keep_who_and_why(gym: Gym) -> None:
    trained(gym)
    filed = desk.propose_next(gym.db, gym.athlete, gym.now_ms)
    kept = shelf.of_revision(gym.db, gym.athlete, filed.plan.revision)
    acts.comment(gym.db, kept.proposal_id, "coach", gym.now_ms, "well done")
    edited = acts.edit(gym.db, kept.proposal_id, "coach", gym.now_ms + 1, kept.known().base, "not yet")
    assert json.loads(edited.old)[0]["load_g"] == 62_500
    assert json.loads(edited.new)[0]["load_g"] == 60_000
    newest = plans.latest(gym.db, gym.athlete)
    assert (newest.status, newest.origin) == (plans.PENDING, plans.PERSON)
    with pytest.raises(acts.ActError, match="superseded"):
        acts.reject(gym.db, kept.proposal_id, "coach", gym.now_ms, "too late")
    assert [act.act for act in shelf.acts(gym.db, kept)] == ["comment", "edit"]


def test_the_athlete_may_always_choose_lighter(gym: Gym) -> None:
    trained(gym)
    shelf.set_coaching(gym.db, gym.athlete, Bounds(coach_required=True), Health())
    filed = desk.propose_next(gym.db, gym.athlete, gym.now_ms)
    kept = shelf.of_revision(gym.db, gym.athlete, filed.plan.revision)
    acts.lighter(gym.db, kept.proposal_id, "athlete", gym.now_ms, "tired")
    newest = plans.latest(gym.db, gym.athlete)
    assert newest.status == plans.PENDING
    assert [item.sets for item in newest.wire().items] == [2, 2]


def test_a_rejected_proposal_leaves_the_plan_in_force(gym: Gym) -> None:
    trained(gym)
    filed = desk.propose_next(gym.db, gym.athlete, gym.now_ms)
    kept = shelf.of_revision(gym.db, gym.athlete, filed.plan.revision)
    acts.reject(gym.db, kept.proposal_id, "coach", gym.now_ms, "not this week")
    assert plans.latest(gym.db, gym.athlete, plans.PENDING, plans.PUSHED) is None
    assert "not this week" in plans.get(gym.db, gym.athlete, filed.plan.revision).reason


def test_feeling_unwell_locks_rises_until_somebody_clears_it(gym: Gym) -> None:
    trained(gym)
    today = desk.day_of(gym.now_ms, 0)
    recovery.check_in(gym.db, gym.athlete, CheckIn(today, 3, 3, 3, 3, 3, unwell=True), gym.now_ms)
    locked = desk.propose_next(gym.db, gym.athlete, gym.now_ms)
    assert locked.plan is None
    assert {verdict.decision.rule for verdict in locked.proposal.verdicts} == {"red_flag"}
    (flag,) = shelf.flags(gym.db, gym.athlete)
    shelf.clear_flag(gym.db, gym.athlete, flag.flag_id, "coach", "seen by a physician", gym.now_ms)
    assert desk.propose_next(gym.db, gym.athlete, gym.now_ms).plan is not None
    with pytest.raises(NotFound):
        shelf.clear_flag(gym.db, gym.athlete, flag.flag_id, "coach", "again", gym.now_ms)


def test_nights_and_answers_come_from_the_devices_records_once(gym: Gym) -> None:
    devices.seen(
        gym.db,
        made.DEVICE,
        name="band",
        address="A",
        log_id=made.LOG,
        head_seq=0,
        boot=1,
        plan_revision=0,
        firmware="",
        now_ms=gym.now_ms,
    )
    night = (8 * 3600, 27_000, records.REST_KIND_SLEEP, 52, 415, 140, 950)
    gym.add(made.record(gym.seq, records.REST, night, uptime_ms=gym.uptime_ms()))
    recovery.catch_up(gym.db, made.DEVICE)
    today = desk.day_of(gym.now_ms, 0)
    assert recovery.mornings(gym.db, gym.athlete, today) == []  # no clock has dated it yet
    gym.add(made.time(gym.seq, gym.now_ms, uptime_ms=gym.uptime_ms()))
    gym.add(made.record(gym.seq, records.CHECKIN, (4, 3, 255, 4, 5, 0), uptime_ms=gym.uptime_ms()))
    for _ in range(2):
        recovery.catch_up(gym.db, made.DEVICE)
    (morning,) = recovery.mornings(gym.db, gym.athlete, today)
    assert (morning.rmssd_ms, morning.resting_bpm, morning.asleep_min) == (41.5, 52.0, 450.0)
    assert morning.source == made.DEVICE
    (answers,) = recovery.check_ins(gym.db, gym.athlete, today)
    assert answers.answers == (4, 3, 4, 5)
    assert recovery.readiness_on(gym.db, gym.athlete, today).state is State.UNKNOWN
    assert Signal.WELLNESS in recovery.readiness_on(gym.db, gym.athlete, today).known


def test_a_programme_goes_on_to_its_next_day_and_keeps_each_lifts_load(gym: Gym) -> None:
    health.answer(gym.db, gym.athlete, Health(active=True, born_year=1990), gym.now_ms)
    begin(gym.db, gym.athlete, "five-by-five", {"squat": 60_000}, gym.now_ms)
    gym.apply(1)
    first = plans.get(gym.db, gym.athlete, 1).wire()
    assert first.name == "Squat and press"
    codes = [(item.exercise, item.load_g, item.sets, item.reps_high) for item in first.items]

    def train(revision: int) -> None:
        done = plans.get(gym.db, gym.athlete, revision).wire().items
        lifted = [
            (number, one.exercise, one.load_g, [one.reps_high] * one.sets) for number, one in enumerate(done)
        ]
        gym.train(revision, *lifted)

    names = []
    for revision in (1, 2, 3):
        train(revision)
        filed = desk.propose_next(gym.db, gym.athlete, gym.now_ms, approved=True)
        names.append(filed.plan.wire().name)
        gym.apply(filed.plan.revision)
    assert names == ["Pull and press", "Squat and press", "Squat and press"]
    squat = plans.get(gym.db, gym.athlete, 3).wire().items[1]
    assert (squat.exercise, squat.load_g) == (codes[1][0], 62_500)


def test_a_programme_that_needs_clearance_waits_for_it(gym: Gym) -> None:
    with pytest.raises(ProgrammeError, match="year of birth"):
        begin(gym.db, gym.athlete, "postnatal", {}, gym.now_ms)
    with pytest.raises(ProgrammeError, match="clearance"):
        begin(gym.db, gym.athlete, "postnatal", {}, gym.now_ms, age_years=31)
    assert begin(gym.db, gym.athlete, "postnatal", {}, gym.now_ms, cleared=True) == 1
    with pytest.raises(ProgrammeError, match="ages 12 to 17"):
        begin(gym.db, gym.athlete, "youth", {}, gym.now_ms)


def test_flags_switch_heart_rate_limits_off(gym: Gym) -> None:
    plan = two_lifts()
    plan.strain_cap_x10, plan.items[0].rest_until_bpm = 140, 110
    desk.set_plan(gym.db, gym.athlete, plan, gym.now_ms)
    gym.apply(1)
    gym.train(1, (0, made.SQUAT, 60_000, [12, 12, 12]), (1, 5, 40_000, [9, 9, 9]))
    shelf.set_coaching(gym.db, gym.athlete, Bounds(), Health(beta_blocker=True))
    new = desk.propose_next(gym.db, gym.athlete, gym.now_ms).plan.wire()
    assert (new.strain_cap_x10, new.items[0].rest_until_bpm) == (0, 0)


@pytest.mark.parametrize("flag", ["beta_blocker", "pacemaker", "pregnant"])
def test_a_flag_takes_heart_rate_limits_out_of_the_plan_at_once(gym: Gym, flag: str) -> None:
    # Row 77: and a physician or midwife has a say first.
    plan = two_lifts()
    plan.strain_cap_x10, plan.items[0].rest_until_bpm = 140, 110
    desk.set_plan(gym.db, gym.athlete, plan, gym.now_ms)
    gym.apply(1)
    clearance, _ = health.answer(gym.db, gym.athlete, Health(active=True, **{flag: True}), gym.now_ms)
    assert clearance is Clearance.NEEDED
    newest = plans.latest(gym.db, gym.athlete)
    assert (newest.status, course.heart_limits(newest.wire())) == (plans.PENDING, (0, 0, 0))
    before = newest.revision
    health.answer(gym.db, gym.athlete, Health(active=True, cleared=True, **{flag: True}), gym.now_ms)
    assert plans.latest(gym.db, gym.athlete).revision == before


def test_questions_come_before_what_is_meant_to_feel_hard(gym: Gym) -> None:
    # Row 62.
    def start(slug: str) -> None:
        begin(gym.db, gym.athlete, slug, {}, gym.now_ms, age_years=36)

    start("mobility")
    with pytest.raises(ProgrammeError, match="questions before training"):
        start("strength-peaking")
    health.answer(gym.db, gym.athlete, Health(born_year=1990), gym.now_ms)
    with pytest.raises(ProgrammeError, match="moderate effort"):
        start("strength-peaking")
    health.answer(gym.db, gym.athlete, Health(born_year=1990, active=True), gym.now_ms)
    start("strength-peaking")
    health.answer(gym.db, gym.athlete, Health(born_year=1990, active=True, signs=(Sign.CHEST,)), gym.now_ms)
    with pytest.raises(ProgrammeError, match="physician"):
        start("mobility")
    assert [flag.kind for flag in shelf.flags(gym.db, gym.athlete)] == ["chest_discomfort"]


def test_screening_follows_activity_disease_signs_and_intensity() -> None:
    assert screen(Health(active=True), vigorous=True)[0] is Clearance.CLEAR
    assert screen(Health(), vigorous=True)[0] is Clearance.MODERATE
    assert screen(Health(known_disease=True), vigorous=False)[0] is Clearance.NEEDED
    assert screen(Health(active=True, known_disease=True), vigorous=True)[0] is Clearance.NEEDED
    assert screen(Health(known_disease=True, cleared=True), vigorous=True)[0] is Clearance.CLEAR
    chest = Health(active=True, signs=(Sign.CHEST,), cleared=True)
    assert screen(chest, vigorous=False)[0] is Clearance.NEEDED


def test_the_commands(tmp_path: Path) -> None:
    where = ("--database", str(tmp_path / "repbeat.sqlite3"))
    with Database(where[1]) as db:
        gym = Gym(db)
        trained(gym)
        filed = desk.propose_next(db, gym.athlete, gym.now_ms)
        kept = shelf.of_revision(db, gym.athlete, filed.plan.revision)

    def run(command: object, *words: str) -> str:
        done = CliRunner().invoke(command, [*words, *where], catch_exceptions=False)
        assert done.exit_code == 0, done.stderr
        return done.stdout

    told = json.loads(run(explain, kept.proposal_id, "--json"))
    assert told == json.loads(run(explain, "Ann/2", "--json"))
    assert told["replayed"]
    assert "rises by the smallest plate" in run(explain, kept.proposal_id)
    assert len(json.loads(run(programme, "list", "--json"))["programmes"]) == len(programmes.library())
    file = tmp_path / "mine.json"
    run(programme, "export", "mobility", str(file))
    mine = json.loads(file.read_text())
    mine["slug"] = "mine"
    file.write_text(json.dumps(mine))
    assert json.loads(run(programme, "import", str(file), "--json"))["imported"] == "mine"
    assert json.loads(run(programme, "show", "mine", "--json"))["slug"] == "mine"
    begun = ("start", "Ann", "beginner-full-body", "--load", "squat=40", "--age", "35")
    started = run(programme, *begun, "--json")
    assert json.loads(started)["revision"] == 3
    run(health.health, "Ann", "--resting", "52", "--max", "186")
    run(health.health, "Ann", "--sign", "palpitations")
    stated = json.loads(run(health.health, "Ann", "--max", "188", "--json"))
    assert stated["clearance"] == "clearance"
    with Database(where[1]) as db:
        newest = plans.latest(db, gym.athlete)
        assert (newest.revision, newest.wire().resting_bpm, newest.wire().max_bpm) == (4, 52, 186)
        assert (athletes.get(db, gym.athlete).resting_bpm, athletes.get(db, gym.athlete).max_bpm) == (52, 188)
        assert shelf.coaching(db, gym.athlete)[1].signs == (Sign.PALPITATIONS,), "not asked, not answered"
    run(health.health, "Ann", "--no-sign")
    with Database(where[1]) as db:
        assert shelf.coaching(db, gym.athlete)[1].signs == ()
    half = CliRunner().invoke(health.health, ["Ann", "--max", "110", *where])
    assert half.exit_code == 2
    refused = CliRunner().invoke(programme, ["start", "Ann", "nothing", *where])
    assert refused.exit_code == 1
    assert "there are:" in refused.stderr
    assert programmes.library()["mobility"].slug == "mobility"


def test_a_proposal_past_its_day_is_approved_no_more(gym: Gym) -> None:
    trained(gym)
    shelf.set_coaching(gym.db, gym.athlete, Bounds(coach_required=True), Health())
    filed = desk.propose_next(gym.db, gym.athlete, gym.now_ms)
    kept = shelf.of_revision(gym.db, gym.athlete, filed.plan.revision)
    later_ms = gym.now_ms + 60 * 86_400_000
    with pytest.raises(acts.ActError, match="held until"):
        acts.approve(gym.db, kept.proposal_id, "coach", later_ms)
    with pytest.raises(acts.ActError, match="held until"):
        acts.edit(gym.db, kept.proposal_id, "coach", later_ms, kept.known().base, "as before")
    assert plans.get(gym.db, gym.athlete, filed.plan.revision).status == plans.PROPOSED


def test_a_smaller_plate_changes_the_step_and_no_other_bound(gym: Gym) -> None:
    trained(gym)
    shelf.set_coaching(gym.db, gym.athlete, Bounds(coach_required=True, free_percent=1), Health())
    filed = desk.propose_next(gym.db, gym.athlete, gym.now_ms, approved=True, smallest_plate_g=500)
    assert [item.load_g for item in filed.plan.wire().items] == [60_500, 40_500]
    assert filed.plan.status == plans.PROPOSED
