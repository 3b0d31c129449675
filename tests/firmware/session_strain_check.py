"""Zones and strain: whose limits count, the cap of a session and of a day."""

from firmware.session_world import World, plan

from repbeat_protocol import heart, records
from repbeat_protocol.plan import Item


def check_seconds_in_zone_are_exact_and_leave_out_poor_values():
    world = World(plan(Item(1, 1, 6, 8)), {"resting_bpm": 60, "max_bpm": 190})
    world.press()
    world.bpm, world.state = 130, heart.GOOD  # 53.8 % of reserve: zone 1
    world.live(30)
    world.bpm, world.state = 180, heart.POOR
    world.live(20)
    world.bpm, world.state = 170, heart.FAIR  # 84.6 %: zone 4
    world.live(10)
    world.session.long_press(world.now)
    assert world.recorder.named("strain")[0][1] == [0, 30, 0, 0, 10, 0]
    assert world.recorder.named("start")[0] == ("start", 7, 60, 190)


def check_the_plan_latches_heart_rates_above_the_settings():
    world = World(plan(Item(1, 1, 6, 8), resting_bpm=50, max_bpm=180), {"resting_bpm": 60, "max_bpm": 190})
    world.press()
    world.settings["max_bpm"] = 200
    world.session.long_press(world.now)
    assert world.recorder.named("start")[0][2:] == (50, 180)
    assert world.recorder.named("end")[0][2:4] == (50, 180)


def check_the_strain_cap_cues_once():
    # Row 32: nobody is connected.
    world = World(plan(Item(1, 1, 6, 8), resting_bpm=60, max_bpm=190, strain_cap_x10=20))
    world.press()
    world.bpm, world.state = 185, heart.GOOD
    world.live(600)
    assert world.cues().count("strain_cap") == 1


def check_leaving_the_chosen_zones_cues_once_until_they_are_reached_again():
    # Row 37: zone exit. Of 60-190 bpm zone 1 begins at 125, zone 2 at 138, zone 3 at 151, zone 4 at 164.
    world = World(None, {"resting_bpm": 60, "max_bpm": 190, "zone_low": 2, "zone_high": 3})
    world.press()
    world.bpm, world.state = 100, heart.GOOD
    world.live(60)
    assert "zone_exit" not in world.cues(), "they have not been reached yet"
    world.bpm = 145
    world.live(30)
    world.bpm = 175
    world.live(9)
    assert "zone_exit" not in world.cues(), "not at once"
    world.state = heart.POOR
    world.live(20)
    assert "zone_exit" not in world.cues(), "a doubtful value says nothing"
    world.state = heart.GOOD
    world.live(60)
    assert world.cues().count("zone_exit") == 1
    world.bpm = 145
    world.live(10)
    world.bpm = 110
    world.live(12)
    assert world.cues().count("zone_exit") == 2
    world = World(None, {"resting_bpm": 60, "max_bpm": 190})
    world.press()
    for bpm in (145, 180, 100):
        world.bpm, world.state = bpm, heart.GOOD
        world.live(30)
    assert "zone_exit" not in world.cues(), "no zones were chosen"


def check_the_days_cap_counts_every_session_and_cues_once_a_day():
    world = World(plan(Item(1, 1, 6, 8), resting_bpm=60, max_bpm=190, strain_cap_x10=90))
    world.bpm, world.state = 160, heart.GOOD
    cued = []
    for day in (20000, 20001):
        world.local.today = day
        for _ in range(3):
            world.press()
            world.live(1100)
            world.session.long_press(world.now)
            cued.append(world.cues().count("strain_cap"))
            world.begin()  # the device starts anew in between: the day goes on
    assert cued == [0, 1, 1, 1, 2, 2], cued


def check_zone_limits_and_curve_come_from_the_settings_and_are_latched():
    values = {"resting_bpm": 60, "max_bpm": 190, "threshold_bpm": 170, "curve": records.CURVE_WOMEN}
    world = World(None, values)
    world.press()
    world.bpm, world.state = 150, heart.GOOD  # 88 % of the threshold: zone 2; of the reserve it is 69 %
    world.settings["threshold_bpm"] = 120
    world.settings["curve"] = records.CURVE_MEN
    world.live(60)
    world.session.long_press(world.now)
    (told,) = world.recorder.named("strain")
    assert told[1] == [0, 0, 60, 0, 0, 0]
    assert told[3] == records.CURVE_WOMEN
    assert told[4] == (128, 145, 153, 162, 170)
