"""From sessions in the store to the next plan: filed, explained, and the same when asked again."""

import json
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner
from ingest import made

from repbeat import store
from repbeat.coach import desk, plan_file, situation
from repbeat.coach.command import plan as plan_command
from repbeat.ingest import ingest, rederive
from repbeat.store import Database, devices, plans
from repbeat_protocol import plan as wire
from repbeat_protocol import records

DAY_MS = 86_400_000
ROW = 5


class Gym:
    """One athlete with a band whose log grows session by session, a day apart."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.now_ms = made.NOW_MS
        self.seq = 0
        self.athlete = store.athletes.add(
            db, "Ann", self.now_ms, tag=7, resting_bpm=55, max_bpm=185
        ).athlete_id
        devices.begin_log(db, made.DEVICE, made.LOG, self.now_ms)
        devices.assign(db, made.DEVICE, made.LOG, self.athlete)

    def add(self, entry: tuple) -> None:
        ingest(self.db, made.DEVICE, made.LOG, [entry], self.now_ms)
        self.seq += 1

    def apply(self, revision: int) -> None:
        content = plans.get(self.db, self.athlete, revision).content
        digest = int.from_bytes(digest8(content), "little")
        values = (revision, 0, records.APPLIED, 0, digest)
        self.add(made.record(self.seq, records.PLAN_APPLIED, values, uptime_ms=self.uptime_ms()))

    def uptime_ms(self) -> int:
        return 1_000_000 + self.now_ms - made.NOW_MS + self.seq

    def train(self, revision: int, *exercises: tuple, end_reason: int | None = None) -> None:
        """A session a day later; each exercise is (item, code, load_g, [reps])."""
        self.now_ms += DAY_MS
        session = self.seq
        self.add(made.time(self.seq, self.now_ms, uptime_ms=self.uptime_ms()))
        session = self.seq
        self.add(made.start(self.seq, session, uptime_ms=self.uptime_ms(), plan=revision))
        for item, code, load_g, reps in exercises:
            for index, count in enumerate(reps):
                self.add(
                    made.set_(
                        self.seq,
                        session,
                        uptime_ms=self.uptime_ms(),
                        set_index=index,
                        reps=count,
                        load_g=load_g,
                        plan=revision,
                        item=item,
                        exercise=code,
                        low=8,
                        high=12,
                    )
                )
        self.add(
            made.end(self.seq, session, uptime_ms=self.uptime_ms(), sets=len(exercises), reps=9, duration_s=9)
        )


def digest8(content: bytes) -> bytes:
    return sha256(content).digest()[:8]


@pytest.fixture
def gym(tmp_path: Path):
    with Database(tmp_path / "repbeat.sqlite3") as db:
        yield Gym(db)


def two_lifts() -> wire.Plan:
    return wire.Plan(1, [wire.Item(made.SQUAT, 3, 8, 12, 60_000), wire.Item(ROW, 3, 8, 12, 40_000)], "Both")


def test_before_a_plan_is_in_force_there_is_nothing_to_follow(gym: Gym) -> None:
    assert desk.propose_next(gym.db, gym.athlete, gym.now_ms).why_not == "no plan is in force on a device yet"
    desk.set_plan(gym.db, gym.athlete, two_lifts(), gym.now_ms)
    assert desk.propose_next(gym.db, gym.athlete, gym.now_ms).plan is None
    gym.apply(1)
    filed = desk.propose_next(gym.db, gym.athlete, gym.now_ms)
    assert (filed.plan, filed.why_not) == (None, "no finished session with this plan is here yet")


def test_one_lift_rises_the_other_stays_and_each_says_why(gym: Gym) -> None:
    desk.set_plan(gym.db, gym.athlete, two_lifts(), gym.now_ms)
    gym.apply(1)
    gym.train(1, (0, made.SQUAT, 60_000, [12, 12, 12]), (1, ROW, 40_000, [12, 12, 11]))
    filed = desk.propose_next(gym.db, gym.athlete, gym.now_ms)
    assert filed.plan.status == plans.PROPOSED
    new = filed.plan.wire()
    assert [item.load_g for item in new.items] == [62_500, 40_000]
    assert (new.revision, new.athlete, new.name, new.max_bpm) == (2, 7, "Both", 185)
    (change,) = plans.changes(gym.db, gym.athlete, 2)
    assert (change.field, change.old, change.new) == ("load_g", 60_000, 62_500)
    assert (change.rule, change.version) == ("double_progression", 2)
    assert change.inputs["reps"] == [12, 12, 12]
    assert [verdict.decision.rule for verdict in filed.proposal.verdicts] == ["double_progression"] * 2
    # Asked again there is no second one; approved it goes out, and the device will take it.
    assert desk.propose_next(gym.db, gym.athlete, gym.now_ms).plan.revision == 2
    assert len(plans.every(gym.db, gym.athlete)) == 2
    assert plans.approve(gym.db, gym.athlete, 2).status == plans.PENDING
    wire.check_step(new, filed.current.wire(), 7)


def test_nothing_at_the_top_changes_nothing(gym: Gym) -> None:
    desk.set_plan(gym.db, gym.athlete, two_lifts(), gym.now_ms)
    gym.apply(1)
    gym.train(1, (0, made.SQUAT, 60_000, [12, 11, 10]), (1, ROW, 40_000, [8, 8, 8]))
    filed = desk.propose_next(gym.db, gym.athlete, gym.now_ms, approved=True)
    assert (filed.plan, filed.why_not) == (None, "nothing changes")
    assert len(plans.every(gym.db, gym.athlete)) == 1


def test_two_failures_count_over_a_revision_that_changed_another_lift(gym: Gym) -> None:
    desk.set_plan(gym.db, gym.athlete, two_lifts(), gym.now_ms)
    gym.apply(1)
    gym.train(1, (0, made.SQUAT, 60_000, [12, 12, 12]), (1, ROW, 40_000, [8, 8, 7]))
    desk.propose_next(gym.db, gym.athlete, gym.now_ms, approved=True)
    gym.apply(2)
    gym.train(2, (0, made.SQUAT, 62_500, [10, 9, 9]), (1, ROW, 40_000, [8, 7, 7]))
    filed = desk.propose_next(gym.db, gym.athlete, gym.now_ms, approved=True)
    assert [item.load_g for item in filed.plan.wire().items] == [62_500, 36_000]
    assert plans.changes(gym.db, gym.athlete, 3)[0].rule == "two_failures"


def test_a_lift_that_was_judged_before_is_not_judged_again(gym: Gym) -> None:
    desk.set_plan(gym.db, gym.athlete, two_lifts(), gym.now_ms)
    gym.apply(1)
    gym.train(1, (0, made.SQUAT, 60_000, [12, 12, 12]), (1, ROW, 40_000, [12, 12, 12]))
    desk.propose_next(gym.db, gym.athlete, gym.now_ms, approved=True)
    gym.apply(2)
    gym.train(2, (0, made.SQUAT, 62_500, [9, 9, 9]))
    assert desk.propose_next(gym.db, gym.athlete, gym.now_ms).why_not == "nothing changes"


def test_a_week_of_perfect_sessions_stays_within_the_cap(gym: Gym) -> None:
    desk.set_plan(gym.db, gym.athlete, two_lifts(), gym.now_ms)
    gym.apply(1)
    loads = []
    for _ in range(30):
        current = plans.latest(gym.db, gym.athlete, plans.APPLIED)
        items = current.wire().items
        loads.append([item.load_g for item in items])
        gym.train(
            current.revision,
            *((number, item.exercise, item.load_g, [12, 12, 12]) for number, item in enumerate(items)),
        )
        filed = desk.propose_next(gym.db, gym.athlete, gym.now_ms, approved=True)
        if filed.plan is not None:
            gym.apply(filed.plan.revision)
    for day in range(len(loads) - 7):
        assert loads[day + 7][0] <= loads[day][0] * 1.10
        assert loads[day + 7][1] <= loads[day][1] * 1.05
    assert loads[-1][0] > 70_000
    assert loads[-1][1] > 43_000


def test_a_plan_of_another_content_under_the_same_revision_is_not_taken_for_ours(gym: Gym) -> None:
    desk.set_plan(gym.db, gym.athlete, two_lifts(), gym.now_ms)
    values = (1, 0, records.APPLIED, 0, 12345)
    gym.add(made.record(gym.seq, records.PLAN_APPLIED, values, uptime_ms=gym.uptime_ms()))
    assert plans.get(gym.db, gym.athlete, 1).status == plans.PENDING


def test_a_revision_lies_above_what_the_athletes_own_devices_have(gym: Gym) -> None:
    def meet(device_id: str, revision: int) -> None:
        devices.seen(
            gym.db,
            device_id,
            name="band",
            address="A",
            log_id=made.LOG,
            head_seq=0,
            boot=1,
            plan_revision=revision,
            firmware="",
            now_ms=gym.now_ms,
        )

    meet(made.DEVICE, 41)
    meet("0000000000000bad", 0xFFFFFFFE)  # nobody's: it has no say
    assert desk.set_plan(gym.db, gym.athlete, two_lifts(), gym.now_ms).revision == 42
    meet(made.DEVICE, 0xFFFFFFFF)
    assert desk.set_plan(gym.db, gym.athlete, two_lifts(), gym.now_ms).revision == 43


def test_history_derived_anew_keeps_plans_and_their_state(gym: Gym) -> None:
    desk.set_plan(gym.db, gym.athlete, two_lifts(), gym.now_ms)
    gym.apply(1)
    before = plans.every(gym.db, gym.athlete)
    rederive(gym.db, gym.now_ms)
    assert plans.every(gym.db, gym.athlete) == before


def test_a_set_that_ended_unwell_locks_rises(gym: Gym) -> None:
    desk.set_plan(gym.db, gym.athlete, two_lifts(), gym.now_ms)
    gym.apply(1)
    gym.train(1, (0, made.SQUAT, 60_000, [12, 12, 12]))
    gym.db.run("UPDATE sets SET end_reason = :unwell WHERE set_index = 2", unwell=records.END_UNWELL)
    filed = desk.propose_next(gym.db, gym.athlete, gym.now_ms)
    assert filed.plan is None
    assert filed.proposal.verdicts[0].decision.rule == "red_flag"


def run(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(plan_command, [str(word) for word in words])
    return done.exit_code, done.stdout if done.exit_code == 0 else done.stderr


def test_the_commands_from_file_to_push(tmp_path: Path) -> None:
    file, database = tmp_path / "plan.json", tmp_path / "repbeat.sqlite3"
    file.write_text(
        '{"name": "Legs", "items": [{"exercise": "squat", "sets": 3, "reps": [8, 12], "load_kg": 60, '
        '"tempo_s": [2, 0, 0], "velocity_loss_percent": 20}]}'
    )
    options = ("--json", "--database", database)
    code, text = run("set", file, "--athlete", "Ann", *options)
    assert (code, json.loads(text)["status"]) == (0, "pending")
    with Database(database) as db:
        gym = Gym.__new__(Gym)
        gym.db, gym.now_ms, gym.seq = db, made.NOW_MS, 0
        gym.athlete = store.athletes.named(db, "Ann").athlete_id
        devices.begin_log(db, made.DEVICE, made.LOG, gym.now_ms)
        devices.assign(db, made.DEVICE, made.LOG, gym.athlete)
        gym.apply(1)
        gym.train(1, (0, made.SQUAT, 60_000, [12, 12, 12]))
    code, text = run("propose", "Ann", *options)
    proposed = json.loads(text)
    assert (proposed["old_revision"], proposed["plan"]["revision"], proposed["plan"]["status"]) == (
        1,
        2,
        "proposed",
    )
    assert proposed["plan"]["changes"][0]["new"] == 62_500
    code, text = run("push", "Ann", *options)
    assert json.loads(text)["status"] == "pending"
    code, text = run("show", "Ann", *options)
    assert [kept["revision"] for kept in json.loads(text)["athletes"][0]["plans"]] == [2, 1]
    code, text = run("show", "Nobody", "--database", database)
    assert (code, "there are: Ann" in text) == (1, True)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "truncated"),
        ("[1]", "Expected `object`"),
        ('{"items": [], "extra": 1}', "unknown field"),
        ('{"items": []}', "items is 0"),
        ('{"items": [{"exercise": "squat", "sets": 99, "reps": [1, 2]}]}', "sets is 99, allowed is 1 to 20"),
        ('{"items": [{"exercise": "squat", "sets": 3, "reps": [9, 2]}]}', "reps_low 9 is above reps_high 2"),
        ('{"items": [{"exercise": "sqat", "sets": 3, "reps": [1, 2]}]}', "no exercise is named 'sqat'"),
        ('{"items": [{"exercise": "squat", "sets": 3, "reps": [1, 2], "load_kg": 501}]}', "load_kg"),
        (
            '{"items": [{"exercise": "heel_slide", "sets": 3, "reps": [8, 10], "angle_deg": [90, 30]}]}',
            "item 1: angle_high 30 is not 10 degrees above angle_low 90",
        ),
        (
            '{"items": [{"exercise": "heel_slide", "sets": 3, "reps": [8, 10], "angle_deg": [0, 200]}]}',
            "items[0].angle_deg",
        ),
    ],
)
def test_a_wrong_file_says_where(tmp_path: Path, text: str, cause: str) -> None:
    file = tmp_path / "plan.json"
    file.write_text(text)
    code, error = run("set", file, "--athlete", "Ann", "--database", tmp_path / "a.sqlite3")
    assert code == 1
    assert cause in error


def test_a_plan_file_and_its_display_agree(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    shown = plan_file.shown(two_lifts())
    file.write_text(json.dumps(shown))
    assert plan_file.shown(plan_file.read(file)[0]) == shown


def test_an_angle_range_stays_through_file_planner_and_wire(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(
        '{"items": [{"exercise": "knee_flexion", "sets": 3, "reps": [8, 10], "angle_deg": [30, 90]}]}'
    )
    plan, _rpe = plan_file.read(file)
    back = wire.decode(wire.encode(plan))
    assert plan_file.shown(back)["items"][0]["angle_deg"] == [30, 90]
    planned = situation.line_of(back.items[0]).item()
    assert (planned.angle_low, planned.angle_high) == (30, 90)
