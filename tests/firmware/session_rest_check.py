"""Rests: what they wait for, what of them is a set after all, recovery, and breathing as an item."""

from firmware.session_world import REP_MS, World, plan

from repbeat_protocol import heart, live, records
from repbeat_protocol.exercises import PACED_BREATHING
from repbeat_protocol.plan import Item


def check_movements_in_a_rest_are_no_set_but_its_last_seconds_are():
    world = World(plan(Item(1, 2, 6, 8, rest_s=120)))
    world.press()
    world.reps(8)
    world.live(30)
    world.reps(6, range_mg=120)
    assert world.session.phase == live.REST, "walking about, fetching water, loading the bar"
    world.live(120 - 30 - 6 * REP_MS / 1000 - 8)
    assert world.session.phase == live.REST
    world.reps(7)
    assert world.session.phase == live.IN_SET, "whoever begins in the last ten seconds is counted"
    world.live(9)
    assert [s["reps"] for s in world.recorder.sets()] == [8, 7]


def check_whoever_begins_early_is_counted_too():
    world = World(plan(Item(1, 3, 6, 8, rest_s=120)))
    world.press()
    world.reps(8)
    world.live(60)
    world.reps(2, range_mg=100)
    world.reps(3)
    assert world.session.phase == live.REST
    world.reps(1)
    assert world.session.phase == live.IN_SET, "four like those of the last set"
    world.reps(4)
    world.live(9)
    _, second = world.recorder.sets()
    assert second["reps"] == 8, "what was moved before does not belong to it"
    assert second["rest"] == (120, records.REST_EARLY)
    assert second["counts"]


def check_rest_is_stretched_while_the_heart_is_fast():
    # Row 29.
    world = World(plan(Item(1, 2, 6, 8, rest_s=60, rest_until_bpm=110)))
    world.press()
    world.bpm, world.state = 140, heart.GOOD
    world.reps(8)
    ended = world.session.work.end_ms + world.session._origin
    world.live(80)
    assert world.session.phase == live.REST, "140 bpm is not below 110"
    world.bpm = 109
    world.live(2)
    assert world.session.phase == live.READY
    over = world.cued_at("rest_over")[0] - ended
    assert 80000 <= over <= 84000, over
    world.reps(8)
    world.live(9)
    done = world.recorder.sets()[1]
    assert done["rest"] == (60, records.REST_HEART)
    assert 80 <= done["rest_before_s"] <= 84, "the rest as it was, and why it ended"


def check_rest_is_stretched_to_twice_its_length_at_most():
    world = World(plan(Item(1, 2, 6, 8, rest_s=60, rest_until_bpm=110)))
    world.press()
    world.bpm, world.state = 150, heart.GOOD
    world.reps(8)
    ended = world.session.work.end_ms + world.session._origin
    world.live(150)
    over = world.cued_at("rest_over")[0] - ended
    assert 120000 <= over <= 121000, over


def check_a_poor_heart_rate_stretches_no_rest():
    world = World(plan(Item(1, 2, 6, 8, rest_s=60, rest_until_bpm=110)))
    world.press()
    world.bpm, world.state = 150, heart.POOR
    world.reps(8)
    world.live(62)
    assert world.session.phase == live.READY


def check_recovery_is_the_fall_within_a_minute_of_the_last_repetition():
    world = World(plan(Item(1, 2, 6, 8, rest_s=120)))
    world.press()
    world.bpm, world.state = 150, heart.GOOD
    world.reps(8)
    for bpm in range(150, 110, -2):
        world.bpm = bpm
        world.live(3)
    world.live(10)
    (told,) = world.recorder.named("recovery")
    assert told[1] == 0
    assert 35 <= told[3] <= 41, told


def check_a_set_within_the_minute_leaves_no_recovery():
    world = World(plan(Item(1, 2, 6, 8, rest_s=30)))
    world.press()
    world.bpm, world.state = 150, heart.GOOD
    world.reps(8)
    world.live(31)
    world.bpm = 120
    world.reps(8)
    assert not world.recorder.named("recovery")


def check_recovery_goes_on_after_the_session():
    world = World(plan(Item(1, 1, 6, 8)))
    world.press()
    world.bpm, world.state = 150, heart.GOOD
    world.reps(8)
    world.live(9)
    assert world.session.phase == live.DONE
    world.bpm = 115
    world.live(60)
    assert world.recorder.named("recovery")[0][3] == 35


def check_breathing_is_an_item_of_the_plan():
    breathing = Item(PACED_BREATHING, 1, 6, 6, rest_s=0, concentric_ds=40, eccentric_ds=60)
    world = World(plan(Item(1, 1, 6, 8, rest_s=30), breathing, Item(5, 1, 6, 8)))
    world.press()
    world.reps(8)
    world.live(32)
    assert world.session.phase == live.BREATHING
    world.rr_1024 = [1000]
    world.live(61)
    world.live(60)
    assert world.session.phase == live.BREATHING
    assert world.cues().count("breathe_in") == 6
    assert world.cues().count("breathe_out") == 6
    ins = world.cued_at("breathe_in")
    assert all(9900 <= ins[i + 1] - ins[i] <= 10100 for i in range(5)), ins
    world.live(61)
    assert world.session.phase == live.READY, "on to the next item"
    assert world.counter.exercises[-1] == 5
    (told,) = world.journal
    assert told[0] == records.BREATHING
    assert told[1]["session_seq"] == 70
    assert (told[1]["paced_s"], told[1]["breaths_x10"]) == (60, 60)
    assert told[1]["before_bpm_x10"] == told[1]["after_bpm_x10"] == 614, told


def check_a_press_gives_breathing_up():
    world = World(plan(Item(PACED_BREATHING, 1, 6, 6, rest_s=0), Item(5, 1, 6, 8)))
    world.press()
    world.live(70)
    world.press()
    world.live(0.2)
    assert world.session.phase == live.READY
    assert world.journal[0][1]["paced_s"] == 0
    assert world.journal[0][1]["before_bpm_x10"] == 0, "no interval, no figure"
