"""A session in a world of its own: clock, counter, plans and recorder are moved by a scenario.

Its text and that of the scenarios beside it (session_*_check.py) run on CPython and MicroPython.
"""

from device.session import cues
from device.session.breathing import Breathing
from device.session.calibration import Calibrations
from device.session.day_strain import DayStrain
from device.session.load import Load
from device.session.memory import Memory
from device.session.session import Session
from repbeat_protocol import heart, raw_window, records
from repbeat_protocol.plan import Plan

REP_MS = 2500
NAMES = {cues.PATTERNS[name]: name for name in cues.PATTERNS}


class Rep:
    def __init__(self, start_ms, end_ms, velocity, bits, confidence, range_mg=400):
        self.start_ms = start_ms
        self.turn_ms = (start_ms + end_ms) // 2
        self.end_ms = end_ms
        self.concentric_ms = self.turn_ms - start_ms
        self.eccentric_ms = end_ms - self.turn_ms
        self.pause_ms = 0
        self.range_mg = range_mg
        self.range_permille = 0
        self.mean_velocity_mm_s = velocity
        self.peak_velocity_mm_s = velocity * 2
        self.form_bits = bits
        self.confidence = confidence


class Counter:
    """Says what the scenario has put into `coming`: repetitions to confirm with the next sample."""

    def __init__(self):
        self.exercises = []
        self.calibration = None
        self.lowering_ms = 0
        self.coming = []
        self.pending = []
        self.likely = False
        self.begin(0)
        self.exercises.clear()

    def begin(self, t_ms, exercise=0, lowering_ms=0, least_reps=0):
        self.least_reps = least_reps
        self.exercises.append(exercise)
        self.lowering_ms = lowering_ms
        self.reps = []
        self.pending = []
        self.rejected = 0
        self.last_reject = 0

    @property
    def count(self):
        return len(self.reps)

    def rep(self, i):
        return self.reps[i]

    def push(self, t_ms, ax, ay, az, gx, gy, gz):
        new = len(self.coming)
        self.reps.extend(self.coming)
        self.coming = []
        return new

    def calibrate(self):
        return (0, self.reps[1].range_mg)

    def finish(self, t_ms):
        new = len(self.pending)
        self.reps.extend(self.pending)
        self.pending = []
        return new


class Plans:
    def __init__(self, plan=None):
        self.plan = plan
        self.waiting = None

    @property
    def due(self):
        return self.waiting is not None

    def in_force(self):
        return self.plan

    def switch(self):
        self.plan, self.waiting = self.waiting, None
        return True


class Recorder:
    """Keeps what it is told, as (name, fields)."""

    def __init__(self):
        self.told = []

    def session_start(self, revision, resting, top):
        self.told.append(("start", revision, resting, top))

    def session_end(self, revision, resting, top, sets, reps, duration_s):
        self.told.append(("end", revision, resting, top, sets, reps, duration_s))

    def rep(self, rep, exercise, set_index, rep_index, end_ago_ms):
        self.told.append(("rep", exercise, set_index, rep_index, end_ago_ms))
        return len(self.told)

    def raw_window(self, payload):
        raw_window.read(bytes(payload))  # raises unless it is whole; more in test_raw_window.py

    def angles(self, item, found, set_index):
        counts = found.below, found.within, found.above, found.unsure
        self.told.append(("angles", item.exercise, set_index, counts, found.most))

    def rejected(self, reason, exercise, set_index, rep_index):
        self.told.append(("rejected", reason, exercise, set_index, rep_index))

    def set_done(
        self,
        execution,
        work,
        counts,
        set_index,
        rejected,
        end_ago_ms,
        rest_before_s,
        rest,
        looks,
        sure,
        reason,
    ):
        fields = {
            "exercise": execution.item.exercise,
            "item": execution.item_index,
            "counts": counts,
            "rest": (rest.planned_s, rest.why),
            "recognised": (looks, sure),
            "index": set_index,
            "reps": work.reps,
            "rejected": rejected,
            "end_ago_ms": end_ago_ms,
            "rest_before_s": rest_before_s,
            "reason": reason,
            "loss": work.velocity_loss.permille,
            "forms": list(work.form_counts),
            "duration_ms": work.end_ms - work.start_ms,
        }
        self.told.append(("set", fields))

    session_seq = 70

    def strain(self, zones, muscular_x10, curve):
        self.told.append(("strain", [zones.zone_s(i) for i in range(6)], muscular_x10, curve, zones.limits))

    def recovery(self, set_index, start_ago_s, drop_bpm):
        self.told.append(("recovery", set_index, start_ago_s, drop_bpm))

    def check_in(self, answers, unwell):
        self.told.append(("check_in", answers, unwell))

    def effort(self, rpe):
        self.told.append(("effort", rpe))

    def named(self, name):
        return [entry for entry in self.told if entry[0] == name]

    def sets(self):
        return [entry[1] for entry in self.named("set")]


class Settings:
    """Settings as the store keeps them, in a dict."""

    def __init__(self, values):
        self.values = values

    def get(self, name, default=None):
        return self.values.get(name, default)

    def set(self, name, value):
        if value is None:
            self.values.pop(name, None)
        else:
            self.values[name] = value


class Local:
    def __init__(self):
        self.today = 0

    def day(self):
        return self.today


class Recogniser:
    """Says what the scenario has put into `seen`."""

    seen = (0, 0)

    def recognise(self, counter):
        return self.seen


class World:
    """A session at ticks 1,000,000, so that nothing rests on a start at zero."""

    def __init__(self, plan=None, settings=None):
        self.now = 1000000
        self.counter = Counter()
        self.plans = Plans(plan)
        self.recorder = Recorder()
        self.cued = []
        self.bpm = 0
        self.state = heart.NO_CONTACT
        self.settings = settings or {}
        self.local = Local()
        self.recogniser = Recogniser()
        self.journal = []
        self.rr_1024 = []
        self.begin()

    def begin(self):
        """The device starts, with the settings that are kept."""
        settings = Settings(self.settings)
        memory = Memory(settings, self.failed)
        self.breathing = Breathing(self, self, self.cue, settings)
        self.session = Session(
            self.counter,
            self.plans,
            self.recorder,
            self.cue,
            Load(settings, DayStrain(memory, self.local)),
            Calibrations(memory),
            self.recogniser,
            self.breathing,
            lambda a, b: a - b,
        )

    def failed(self, error):
        raise error

    def uptime_ms(self):
        return self.now

    def append(self, kind, version, payload, uptime_ms):
        self.journal.append((kind, records.unpack(kind, version, payload)))

    def cue(self, pattern):
        self.cued.append((NAMES[pattern], self.now))

    def cues(self):
        return [name for name, _ in self.cued]

    def cued_at(self, name):
        return [at for cued, at in self.cued if cued == name]

    def press(self):
        self.session.press(self.now)

    def live(self, seconds):
        """Time passes: ten ticks a second, a heart rate each second."""
        for i in range(int(seconds * 10)):
            self.now += 100
            if i % 10 == 9:
                self.session.heart(self.bpm, self.state)
                self.breathing.second(self.rr_1024, False)
            self.session.motion(self.now, 0, 0, 1000, 0, 0, 0)
            self.breathing.tick()
            self.session.tick(self.now)

    def reps(self, n, velocity=0, bits=0, confidence=90, late=0, range_mg=400):
        """`n` repetitions, each told `late` repetitions after it ended (all of the rest with the last)."""
        held = []
        for i in range(n):
            start = self.now - self.session._origin
            self.live(REP_MS / 1000)
            held.append(Rep(start, self.now - self.session._origin, velocity, bits, confidence, range_mg))
            if len(held) > late or i == n - 1:
                self.counter.coming = held
                held = []
                self.live(0.1)
                self.counter.coming = []  # of no use to a session that did not listen


def plan(*items, **fields):
    return Plan(7, list(items), **fields)
