"""Rehabilitation with an angle range: cues while the limb moves, counts with each set, the firmware too."""

from pathlib import Path

import numpy as np
from firmware.flash_file import prepare
from firmware.session_world import World, plan
from firmware.test_day import live, of_kind
from firmware.test_form_cue import live as lived
from firmware.test_wearer_day import felt
from replay.lifts import Sample, bend

from device.signal.reps import RepCounter
from repbeat_protocol import exercises, records
from repbeat_protocol import plan as plan_format
from repbeat_protocol.plan import Item, Plan
from repbeat_tools.simulator import Device

KNEE = exercises.code("knee_flexion")
DEGREES = [60, 60, 60, 60, 105, 60, 20, 60]
REP_S = 2 * (2.5 + 1.0)


def knee(**more: int) -> Item:
    return Item(KNEE, 1, 8, 8, rest_s=30, angle_low=30, angle_high=90, **more)


def trained(item: Item, rows: list[Sample]) -> World:
    world = World(plan(item))
    world.counter = RepCounter()
    world.begin()
    world.press()
    lived(world, rows)
    world.live(15)
    return world


def test_counts_and_cues_of_a_set_that_nobody_begins_by_hand() -> None:
    world = trained(knee(), bend(DEGREES))
    (angles,) = world.recorder.named("angles")
    _name, exercise, set_index, (below, within, above, unsure), most = angles
    assert (exercise, set_index) == (KNEE, 0)
    assert (below, within, above) == (1, 6, 1)
    assert unsure == 0
    assert 102 <= most <= 108
    names = world.cues()
    assert (names.count("too_far"), names.count("not_far")) == (1, 1)
    assert names[:2] == ["ready", "set_start"], "it is felt when the start position is known"
    (beyond,) = world.cued_at("too_far")
    begun = 1_000_000 + 4000 + 4 * REP_S * 1000
    assert begun + 1200 <= beyond <= begun + 3500, "on the way there, not after the repetition"


def test_a_set_without_a_range_has_no_angles() -> None:
    world = trained(Item(KNEE, 1, 8, 8, rest_s=30), bend([60] * 8, move_s=1.5, hold_s=0.5))
    assert world.recorder.sets()
    assert world.recorder.named("angles") == []
    assert {"too_far", "not_far"}.isdisjoint(world.cues())


def test_repetitions_too_fast_for_gravity_are_unsure_and_nothing_is_guessed() -> None:
    world = trained(knee(), bend([80] * 10, move_s=0.9, hold_s=0.1, lever_m=0.4))
    ((_name, _exercise, _index, counts, most),) = world.recorder.named("angles")
    assert (counts[:3], most) == ((0, 0, 0), 0)
    assert counts[3] == world.recorder.sets()[0]["reps"] >= 5


def test_the_whole_firmware_measures_known_angles(tmp_path: Path) -> None:
    rows = np.array(bend(DEGREES, rate_hz=100, lead_s=6.0, tail_s=30.0), dtype=float)
    prepare(tmp_path, plan=plan_format.encode(Plan(3, [knee()], resting_bpm=60, max_bpm=190)))

    async def scenario(band: Device) -> None:
        await band.advance(2)
        begun = band.now_ms + 1000
        grid = np.arange(0, rows[-1, 0], 10.0)
        motion = np.stack([np.interp(grid, rows[:, 0], rows[:, i]) for i in range(1, 7)], axis=1)
        motion /= np.array([1000, 1000, 1000, 10, 10, 10])
        band.feed("imu", begun + grid, motion.astype(np.float32))
        band.send({"type": "button", "t_ms": band.now_ms + 50, "down": True})
        band.send({"type": "button", "t_ms": band.now_ms + 200, "down": False})
        await band.advance(grid[-1] / 1000)
        assert "too_far" in felt(band)
        assert "not_far" in felt(band)

    log = live(tmp_path, scenario)
    (set_,) = of_kind(log, records.SET)
    (angles,) = of_kind(log, records.ANGLE)
    found = angles.fields
    assert found["session_seq"] == set_.fields["session_seq"]
    assert (found["exercise"], found["angle_low"], found["angle_high"]) == (KNEE, 30, 90)
    assert (found["below"], found["within"], found["above"]) == (1, 6, 1), found
    assert abs(found["reached_mean"] - np.mean(DEGREES)) <= 3
    assert abs(found["reached_most"] - 105) <= 3
    assert abs(set_.fields["reps"] - 8) <= 1
