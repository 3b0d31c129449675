"""Scenarios of what the wearer does with the button, feels and sees; for CPython and MicroPython."""

from device.session import cues
from device.session.activity import Activity
from device.session.cueing import Cueing
from device.session.dialog import Dialog
from device.session.gestures import Gestures
from device.session.local_time import LocalTime
from device.session.memory import Memory
from device.store.flash import StoreError
from repbeat_protocol import live, records

NONE = records.UNKNOWN_U8


class Recorder:
    def __init__(self):
        self.told = []

    def effort(self, rpe):
        self.told.append(("effort", rpe))

    def check_in(self, answers, unwell):
        self.told.append(("check_in", answers, unwell))


class Session:
    """Active between a press and a long one; one set each."""

    def __init__(self):
        self.active = False
        self.set_index = 0
        self.presses = 0
        self.was_unwell = False

    @property
    def phase(self):
        return live.READY if self.active else live.IDLE

    def press(self, ticks):
        self.presses += 1
        self.active = True

    def long_press(self, ticks):
        self.active = False
        self.set_index = 1

    def unwell(self, ticks):
        self.was_unwell = True
        self.long_press(ticks)

    def tick(self, ticks):
        pass


class Breathing:
    active = False

    def begin(self):
        self.active = True

    def stop(self):
        self.active = False

    def tick(self):
        pass


class Settings:
    def __init__(self, **values):
        self.values = values
        self.full = False

    def get(self, name, default=None):
        return self.values.get(name, default)

    def set(self, name, value):
        if self.full:
            raise StoreError("no room")
        if value is None:
            self.values.pop(name, None)
        else:
            self.values[name] = value


class World:
    def __init__(self, **settings):
        self.now = 5000
        self.cued = []
        self.failures = []
        self.claims = self.resets = 0
        self.idle = True
        self.settings = Settings(**settings)
        self.recorder = Recorder()
        self.session = Session()
        self.breathing = Breathing()
        self.dialog = Dialog(self.recorder, self.cued.append, self.diff)
        memory = Memory(self.settings, self.failures.append)
        self.activity = Activity(
            self.session, self.dialog, self.breathing, None, self.recorder, self.cued.append, memory
        )
        self.gestures = Gestures(self, self.activity, self.claim, self.reset, self.diff)

    def diff(self, a, b):
        return a - b

    def claim(self):
        self.claims += 1

    def reset(self):
        self.resets += 1

    def live(self, ms):
        for _ in range(ms // 100):
            self.now += 100
            self.gestures.tick(self.now)
            self.activity.tick(self.now)

    def presses(self, n):
        for _ in range(n):
            self.live(200)
            self.gestures.short(self.now)

    def hold(self, ms):
        """Held for so long; LONG comes at 0.8 s, HELD at 8 s, as the driver gives them."""
        self.idle = False
        self.live(800)
        self.gestures.long(self.now)
        self.live(min(ms, 8000) - 800)
        if ms >= 8000:
            self.gestures.held()
        self.idle = True
        self.live(100)

    def trained(self):
        """A session with a set in it has just ended."""
        self.presses(1)
        self.live(1000)
        self.hold(1000)


def check_one_press_begins_two_check_in_three_breathe():
    world = World()
    world.presses(1)
    assert not world.session.active, "there may be more"
    world.live(600)
    assert world.session.active
    world = World()
    world.presses(2)
    world.live(600)
    assert world.activity.phase == live.QUESTION
    world = World()
    world.presses(3)
    world.live(600)
    assert world.activity.phase == live.BREATHING
    world.presses(1)
    assert not world.breathing.active


def check_in_a_session_a_press_waits_for_nothing():
    world = World()
    world.presses(1)
    world.live(600)
    world.gestures.short(world.now)
    assert world.session.presses == 2


def check_the_effort_is_asked_and_answered_by_presses():
    # Row 42.
    for n, wanted in ((7, 7), (10, 10), (12, 10)):
        world = World()
        world.trained()
        assert cues.QUESTION in world.cued
        world.presses(n)
        assert world.activity.dialog.presses == wanted
        world.live(2600)
        assert world.recorder.told == [("effort", wanted)], world.recorder.told
        assert world.cued[-1] == cues.ANSWERED
        assert not world.activity.engaged


def check_a_long_press_answers_zero():
    world = World()
    world.trained()
    world.hold(1000)
    assert world.recorder.told == [("effort", 0)]


def check_an_effort_that_is_not_answered_stays_open():
    # Row 42.
    world = World()
    world.trained()
    world.live(61000)
    assert world.recorder.told == []
    world.presses(1)
    world.live(600)
    assert world.session.active, "the button has its usual meaning again"


def check_a_session_without_a_set_is_not_asked_about():
    world = World()
    world.session.active = True
    world.live(200)
    world.session.active = False
    world.live(200)
    assert not world.activity.engaged


def check_a_check_in_takes_less_than_twenty_seconds():
    # Row 41.
    world = World()
    world.presses(2)
    world.live(600)
    begun = world.now
    for n in (3, 5, 1, 5, 5):
        world.presses(n)
        world.live(1500)
    assert world.recorder.told == [("check_in", (3, 5, 1, 5, 5), False)], world.recorder.told
    assert world.now - begun < 20000, world.now - begun


def check_items_left_out_are_unknown_and_silence_is_no_record():
    world = World()
    world.presses(2)
    world.live(600)
    world.presses(4)
    world.live(1500)
    world.hold(1000)
    world.live(13000)
    assert world.recorder.told == [("check_in", (4, NONE, NONE, NONE, NONE), False)], world.recorder.told
    world = World()
    world.presses(2)
    world.live(30000)
    assert world.recorder.told == []


def check_unwell_stops_records_locks_and_says_to_seek_help():
    # Row 62.
    world = World()
    world.presses(1)
    world.live(1000)
    world.hold(3500)
    assert world.session.was_unwell
    assert not world.activity.engaged, "nobody is asked how hard it was"
    assert world.recorder.told == [("check_in", (NONE,) * 5, True)]
    assert world.settings.values["unwell"] == 1
    assert world.cued[-1] == cues.HELP


def check_unwell_is_heard_while_a_question_is_open():
    world = World()
    world.trained()
    world.hold(3500)
    assert world.recorder.told == [("check_in", (NONE,) * 5, True)]


def check_whoever_holds_on_in_need_loses_nothing():
    world = World()
    world.presses(1)
    world.live(1000)
    world.hold(9000)
    assert world.session.was_unwell
    assert world.resets == 0
    world.hold(9000)
    assert world.resets == 1, "outside a session eight seconds are a factory reset"
    assert world.claims == 1


def check_only_a_whole_check_in_frees_the_lock():
    world = World(unwell=1)
    world.presses(2)
    world.live(600)
    world.presses(3)
    world.live(30000)
    assert world.settings.values["unwell"] == 1
    world.presses(2)
    world.live(600)
    for _ in range(5):
        world.presses(3)
        world.live(1500)
    assert "unwell" not in world.settings.values


def check_a_flash_that_refuses_stops_no_training():
    world = World()
    world.settings.full = True
    world.presses(1)
    world.live(1000)
    world.hold(3500)
    assert len(world.failures) == 1
    assert world.cued[-1] == cues.HELP


# Cues


class Part:
    def __init__(self):
        self.played = []

    def play(self, pattern):
        self.played.append(pattern)


def cueing(quiet=False, **settings):
    haptic, led = Part(), Part()
    return Cueing(haptic, led, Settings(**settings), lambda: quiet).play, haptic.played, led.played


def check_every_cue_has_two_channels():
    play, felt, seen = cueing()
    for pattern in cues.PATTERNS.values():
        play(pattern)
    assert felt == seen == list(cues.PATTERNS.values())


def check_no_two_cues_are_the_same_word():
    words = [tuple([ms > 150 for ms in pattern if ms != cues.GAP_MS]) for pattern in cues.PATTERNS.values()]
    assert len(set(words)) == len(words)


def check_cues_can_be_chosen_and_switched_off():
    play, felt, seen = cueing(cue_form="200 50 200", cue_set_start="off", cue_ready="9 9", cue_countdown="x")
    for pattern in (cues.FORM, cues.SET_START, cues.READY, cues.COUNTDOWN):
        play(pattern)
    assert felt == [(200, 50, 200), cues.READY, cues.COUNTDOWN], "what cannot be felt is not played"
    assert len(seen) == 4
    play, felt, seen = cueing(haptic=0)
    play(cues.SET_DONE)
    assert (felt, seen) == ([], [cues.SET_DONE])
    play, felt, seen = cueing(light=0)
    play(cues.SET_DONE)
    assert (felt, seen) == ([cues.SET_DONE], [])


def check_quiet_hours_let_no_cue_through_but_the_answer_to_a_call_for_help():
    # Row 57.
    play, felt, seen = cueing(quiet=True)
    for pattern in cues.PATTERNS.values():
        play(pattern)
    assert felt == seen == [cues.HELP]


class Clock:
    def __init__(self, unix_s):
        self.seconds = unix_s

    def unix_s(self):
        return self.seconds


def check_quiet_hours_are_local_and_pass_midnight():
    midnight_s = 1795651200  # 2026-11-26 00:00 UTC
    settings = Settings(quiet_from_min=22 * 60, quiet_until_min=7 * 60, utc_offset_min=-300)

    def quiet(utc_h):
        return LocalTime(Clock(midnight_s + utc_h * 3600), settings).quiet()

    assert [quiet(h) for h in (2, 3, 11, 12, 20, 27)] == [False, True, True, False, False, True]
    assert not LocalTime(Clock(0), settings).quiet(), "nobody knows the time"
    settings.values["quiet_until_min"] = 22 * 60
    assert not quiet(5)
    assert LocalTime(Clock(midnight_s + 3600), settings).day() == midnight_s // 86400 - 1, "yesterday, there"


def checks():
    """Every scenario of this module by name."""
    return {name: value for name, value in globals().items() if name.startswith("check_")}
