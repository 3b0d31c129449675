"""How the repetitions were: velocity loss, form, doubtful movements, and the first set that calibrates."""

from firmware.session_world import World, plan

from device.signal import form
from repbeat_protocol import records
from repbeat_protocol.plan import CALIBRATE, WARM_UP, Item


def check_velocity_loss_cues_once_and_names_the_reason():
    world = World(plan(Item(1, 1, 6, 20, velocity_loss_percent=20)))
    world.press()
    for velocity in (700, 720, 660, 600):
        world.reps(1, velocity)
    assert "set_done" not in world.cues()
    world.reps(1, 570)  # SCIENCE section 6: 20.8 % after repetition 5
    assert world.cues().count("set_done") == 1
    world.live(9)
    done = world.recorder.sets()[0]
    assert done["reason"] == records.END_VELOCITY
    assert done["loss"] == 208, done["loss"]


def check_a_warm_up_is_not_stopped_for_its_velocity():
    world = World(plan(Item(1, 1, 6, 20, velocity_loss_percent=20, flags=WARM_UP)))
    world.press()
    world.reps(1, 700)
    world.reps(1, 300)
    assert "set_done" not in world.cues()


def check_a_doubtful_velocity_stops_nothing():
    world = World(plan(Item(1, 1, 6, 20, velocity_loss_percent=20)))
    world.press()
    world.reps(2, 700)
    world.reps(1, 300, confidence=20)
    assert "set_done" not in world.cues()


def check_a_form_fault_cues_within_a_second_and_is_counted():
    world = World(plan(Item(1, 1, 6, 20)))
    world.press()
    world.reps(4)
    world.reps(1, bits=form.PARTIAL)
    assert world.now - world.cued_at("form")[0] <= 1000
    world.reps(1, bits=form.FAST | form.UNEVEN)
    world.reps(1, bits=form.UNEVEN)
    assert world.cues().count("form") == 2, "uneven tempo is counted, not cued"
    world.live(9)
    assert world.recorder.sets()[0]["forms"] == [1, 1, 0, 2, 0, 0]


def check_rejected_movements_are_recorded_but_bounded():
    world = World(plan(Item(1, 1, 6, 20)))
    world.press()
    world.reps(4)
    for _ in range(30):
        world.counter.rejected += 1
        world.counter.last_reject = 3
        world.live(0.2)
    world.live(9)
    told = world.recorder.named("rejected")
    assert 0 < len(told) <= 8
    assert told[0][1] == 3
    assert world.recorder.sets()[0]["rejected"] == 30


def check_the_first_good_set_calibrates_and_is_kept():
    world = World(plan(Item(1, 3, 6, 8, rest_s=0)))
    world.press()
    assert world.counter.calibration is None
    world.reps(6)
    world.live(9)
    assert world.counter.calibration == (0, 400), "the next set is measured by it"
    world.reps(6, range_mg=300)
    world.live(9)
    assert world.settings["range1"] == 800
    world.begin()
    world.press()
    assert world.counter.calibration == (0, 400), "after a restart too"


def check_a_doubtful_set_calibrates_nothing_and_a_calibration_set_does_anew():
    world = World(plan(Item(1, 2, 3, 8, rest_s=0), Item(1, 1, 3, 3, flags=CALIBRATE)), {"range5": 77})
    world.press()
    world.reps(6, confidence=30)
    world.live(9)
    assert "range1" not in world.settings
    world.reps(6)
    world.live(9)
    world.reps(3, range_mg=250)
    world.live(9)
    assert world.settings == {"range1": 500, "range5": 77}
