"""Sets: how they begin, what cues come in them, how they and the session end."""

from firmware.session_world import REP_MS, Rep, World, plan

from repbeat_protocol import live, records
from repbeat_protocol.plan import Item


def check_a_planned_session_runs_to_its_end():
    world = World(
        plan(
            Item(1, 2, 6, 8, load_g=60000, rest_s=60),
            Item(5, 1, 10, 12, rest_s=90),
            resting_bpm=60,
            max_bpm=190,
        )
    )
    session = world.session
    assert session.phase == live.IDLE
    world.press()
    assert session.phase == live.READY
    assert world.counter.exercises == [1], "the counter is told the planned exercise"
    world.live(5)
    world.reps(8)
    assert session.phase == live.IN_SET
    assert session.work.reps == 8
    world.live(8)
    assert session.phase == live.REST
    world.live(60)
    assert session.phase == live.READY
    world.reps(8)
    world.live(8)
    world.live(60)
    assert world.counter.exercises[-1] == 5, "the next item of the plan"
    world.reps(11)
    world.live(9)
    assert session.phase == live.DONE
    sets = world.recorder.sets()
    assert [s["reps"] for s in sets] == [8, 8, 11]
    assert [s["item"] for s in sets] == [0, 0, 1]
    assert [s["reason"] for s in sets] == [records.END_TARGET, records.END_TARGET, records.END_STILL]
    assert sets[0]["rest_before_s"] == 0
    assert 67 <= sets[1]["rest_before_s"] <= 69, "eight seconds of stillness and sixty of rest"
    assert len(world.recorder.named("rep")) == 27
    assert world.recorder.named("end")[0][4:6] == (3, 27)
    assert [entry[0] for entry in world.recorder.told[-2:]] == ["strain", "end"]
    expected = [
        "ready",
        "set_done",
        "countdown",
        "rest_over",
        "set_done",
        "countdown",
        "rest_over",
        "session_done",
    ]
    assert world.cues() == expected, world.cues()


def check_the_target_cue_comes_with_the_repetition():
    world = World(plan(Item(1, 1, 6, 8)))
    world.press()
    world.reps(7)
    assert "set_done" not in world.cues()
    world.reps(1)
    assert world.now - world.cued_at("set_done")[0] <= 1000
    world.reps(2)
    world.live(9)
    assert world.recorder.sets()[0]["reps"] == 10, "repetitions after the cue are counted"
    assert world.cues().count("set_done") == 1


def check_the_target_cue_comes_once_its_last_repetition_is_likely():
    world = World(plan(Item(1, 1, 6, 8)))
    world.press()
    world.reps(7)
    world.live(2)
    assert world.session.reps == 7
    world.counter.likely = True
    world.live(0.1)
    assert world.session.reps == 8
    assert world.cued_at("set_done") == [world.now]
    world.counter.likely = False
    world.reps(1)
    assert world.session.reps == 8
    assert world.cues().count("set_done") == 1


def check_a_likely_repetition_that_was_none_leaves_nothing_but_its_cue():
    world = World(plan(Item(1, 1, 6, 8)))
    world.press()
    world.reps(7)
    world.counter.likely = True
    world.live(0.5)
    world.counter.likely = False
    world.live(0.1)
    assert world.session.reps == 7
    world.live(9)
    done = world.recorder.sets()[0]
    assert (done["reps"], done["reason"]) == (7, records.END_STILL)
    assert len(world.recorder.named("rep")) == 7


def check_nothing_is_likely_outside_a_set():
    world = World(plan(Item(1, 1, 6, 8)))
    world.press()
    world.counter.likely = True
    world.live(1)
    assert world.session.reps == 0
    assert "set_done" not in world.cues()


def check_stillness_waits_for_slow_repetitions():
    world = World(plan(Item(1, 2, 6, 8, rest_s=60)))
    world.press()
    for _ in range(4):
        start = world.now - world.session._origin
        world.live(5)
        world.counter.coming = [Rep(start, world.now - world.session._origin, 0, 0, 90)]
        world.live(0.1)
    world.live(14)
    assert world.session.phase == live.IN_SET, "three repetitions of five seconds have not passed"
    world.live(1.2)
    assert world.session.phase == live.REST


def check_repetitions_credited_late_begin_the_set_at_their_own_time():
    world = World(plan(Item(1, 1, 6, 8)))
    world.press()
    world.live(3)
    world.reps(4, late=3)
    assert world.session.phase == live.IN_SET
    told = world.recorder.named("rep")
    assert [entry[3] for entry in told] == [0, 1, 2, 3]
    assert told[0][4] > told[3][4] > 0, "each with its own end"
    world.live(9)
    assert world.recorder.sets()[0]["duration_ms"] == 4 * REP_MS


def check_the_button_ends_a_set_and_starts_the_next_early():
    world = World(plan(Item(1, 2, 6, 8, rest_s=120)))
    world.press()
    world.reps(5)
    world.press()
    assert world.session.phase == live.REST
    assert world.recorder.sets()[0]["reason"] == records.END_BUTTON
    world.live(20)
    assert world.session.rest_left_s(world.now) in (99, 100, 101)
    world.press()
    assert world.session.phase == live.IN_SET
    world.reps(8)
    world.live(9)
    assert world.session.phase == live.DONE
    assert 19 <= world.recorder.sets()[1]["rest_before_s"] <= 21
    assert "rest_over" not in world.cues()


def check_a_short_run_of_movements_does_not_swallow_the_set():
    world = World(plan(Item(1, 2, 8, 10, rest_s=60)))
    world.press()
    world.reps(10)
    world.live(55)
    world.reps(4, range_mg=150)
    world.live(9)
    world.reps(10)
    world.live(9)
    counts = [(s["reps"], s["counts"]) for s in world.recorder.sets()]
    assert counts == [(10, True), (4, False), (10, True)], counts
    assert world.session.phase == live.DONE, "two sets of the plan are done"


def check_fewer_than_half_by_the_button_is_a_set():
    world = World(plan(Item(1, 2, 8, 10, rest_s=60)))
    world.press()
    world.reps(3)
    world.press()
    assert world.recorder.sets()[0]["counts"]


def check_a_pending_repetition_is_settled_at_the_end():
    world = World(plan(Item(1, 1, 6, 8)))
    world.press()
    world.reps(5)
    now = world.now - world.session._origin
    world.counter.pending = [Rep(now - REP_MS, now, 0, 0, 60)]
    world.live(9)
    assert world.recorder.sets()[0]["reps"] == 6
    assert len(world.recorder.named("rep")) == 6


def check_without_a_plan_the_session_is_free():
    world = World()
    world.press()
    assert world.counter.exercises == [0]
    for n in (5, 9):
        world.reps(n)
        world.live(9)
        assert world.session.phase == live.READY, "no rest is prescribed"
    world.session.long_press(world.now)
    assert world.session.phase == live.DONE
    assert [s["reps"] for s in world.recorder.sets()] == [5, 9]
    assert [s["item"] for s in world.recorder.sets()] == [255, 255]
    assert world.cues() == ["ready", "session_done"]
    assert not world.recorder.named("strain"), "no resting and maximum heart rate, so no zones"


def check_a_long_press_ends_set_and_session():
    world = World(plan(Item(1, 3, 6, 8, rest_s=60)))
    world.press()
    world.reps(4)
    world.session.long_press(world.now)
    assert world.session.phase == live.DONE
    assert world.recorder.sets()[0]["reps"] == 4
    assert len(world.recorder.named("end")) == 1
    world.press()
    assert world.session.phase == live.READY, "a short press begins another"


def check_a_forgotten_session_ends_by_itself():
    world = World(plan(Item(1, 3, 6, 8, rest_s=60)))
    world.press()
    world.reps(8)
    world.live(1210)
    assert world.session.phase == live.DONE


def check_a_set_begun_by_mistake_is_none():
    world = World(plan(Item(1, 1, 6, 8)))
    world.press()
    world.press()
    assert world.session.phase == live.IN_SET
    world.live(125)
    assert world.session.phase == live.READY
    assert not world.recorder.sets()


def check_unwell_ends_the_set_for_that_reason():
    world = World(plan(Item(1, 3, 6, 8, rest_s=60)))
    world.press()
    world.reps(8)
    world.session.unwell(world.now)
    assert world.session.phase == live.DONE
    assert world.recorder.sets()[0]["reason"] == records.END_UNWELL


def check_the_exercise_that_was_seen_stands_beside_the_planned_one():
    world = World(plan(Item(1, 1, 6, 8)))
    world.recogniser.seen = (5, 96)
    world.press()
    world.reps(8)
    world.live(9)
    done = world.recorder.sets()[0]
    assert (done["exercise"], done["recognised"]) == (1, (5, 96))
