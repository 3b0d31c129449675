"""The heart tracker on synthetic light and motion with known truth. Runs on CPython and on MicroPython."""

from math import pi, sin

from device.signal.heart import CONTACT, CONTACT_UNKNOWN, NO_CONTACT, HeartTracker

SKIN = 120_000


class Chance:
    """A small generator that gives the same numbers on both interpreters."""

    def __init__(self, seed):
        self._state = seed * 7919 + 1

    def uniform(self):
        self._state = (self._state * 1103 + 12345) % 1048573
        return self._state / 1048573

    def normal(self):
        return sum([self.uniform() for _ in range(6)]) * 1.414 - 4.243


def pulse(beats):
    """One beat a unit: a fundamental and its double, as at the wrist."""
    return sin(2 * pi * beats) + 0.4 * sin(4 * pi * beats + 0.7)


def run(seconds, sample, rate_hz=25, contact_counts=50_000, tracker=None, start_ms=0):
    """Feed `sample(t_s)` -> (ppg1, ppg2, ax, ay, az); returns the tracker and (t_ms, bpm, good) per value."""
    tracker = tracker or HeartTracker(contact_counts)
    values = []
    for i in range(int(seconds * rate_hz)):
        t_ms = start_ms + i * 1000 // rate_hz
        row = [int(value) for value in sample(t_ms / 1000)]
        if tracker.push(t_ms, *row):
            values.append((t_ms, tracker.bpm_x10 / 10, tracker.good))
    return tracker, values


def good_share(values):
    return sum([good for _, _, good in values]) / max(1, len(values))


def at_rest(bpm, amplitude=400, seed=1):
    chance = Chance(seed)

    def sample(t_s):
        light = SKIN + amplitude * pulse(t_s * bpm / 60)
        return (light + 40 * chance.normal(), light + 40 * chance.normal(), 0, 0, 1000)

    return sample


def running(bpm_at, steps_per_min, seed=1, leak=1.0):
    """Arm swing at the cadence shakes the light three times as much as the pulse does."""
    chance = Chance(seed)
    beats = [0.0, 0.0]

    def sample(t_s):
        beats[1] += (t_s - beats[0]) * bpm_at(t_s) / 60
        beats[0] = t_s
        phase = 2 * pi * t_s * steps_per_min / 60
        ax = 500 * sin(phase) + 150 * sin(2 * phase + 1)
        ay = 300 * sin(phase + 1.2)
        light = SKIN + 200 * pulse(beats[1]) + leak * (0.9 * ax - 0.6 * ay)
        noise = 60 * chance.normal(), 60 * chance.normal()
        return (light + noise[0], 0.8 * light + noise[1], ax, ay, 1000 + 200 * sin(2 * phase))

    return sample


def test_rest_is_measured_at_any_rate():
    for rate_hz, bpm in ((25, 52), (50, 75), (100, 118), (125, 180)):
        tracker, values = run(60, at_rest(bpm), rate_hz)
        late = [abs(value - bpm) for t_ms, value, _ in values if t_ms > 30_000]
        assert max(late) < 2.5, (rate_hz, bpm, max(late))
        assert tracker.good
        assert tracker.contact == CONTACT


def test_values_come_every_two_seconds_and_the_first_within_eight():
    _, values = run(40, at_rest(70))
    times = [t_ms for t_ms, bpm, _ in values if bpm]
    assert times[0] <= 8000
    assert all(1900 <= times[i] - times[i - 1] <= 2100 for i in range(1, len(times)))


def test_a_pulse_under_a_cadence_of_another_frequency_is_found():
    _, values = run(150, running(lambda t_s: min(140, 80 + 1.0 * max(0, t_s - 20)), 105))
    late = [abs(value - 140) for t_ms, value, _ in values if t_ms > 100_000]
    assert max(late) < 4, late
    rising = [abs(value - (80 + t_ms / 1000 - 24)) for t_ms, value, _ in values if 40_000 < t_ms < 80_000]
    assert sum(rising) / len(rising) < 4, rising


def test_a_pulse_around_the_cadence_itself_is_kept():
    def bpm_at(t_s):
        return 150 + 5 * sin(t_s / 12) - max(0, 60 - t_s)

    _, values = run(120, running(bpm_at, 150, leak=0.2))
    late = [abs(value - bpm_at(t_ms / 1000 - 4)) for t_ms, value, _ in values if t_ms > 80_000]
    assert sum(late) / len(late) < 6, late


def test_a_rate_that_the_window_itself_speaks_against_is_doubted():
    """The same belief, peak and light: what differs is how much lies elsewhere by the latest window."""
    tracker, _ = run(30, running(lambda t_s: 130, 160))
    states, rating = tracker.states, tracker.rating
    states.close = states.anywhere
    alone = rating.rate(tracker.spectrum, states, 100, 60)
    states.close = states.anywhere // 2
    assert rating.rate(tracker.spectrum, states, 100, 60) < alone - 5


def test_without_contact_there_is_no_value():
    _, values = run(60, lambda t_s: (3000 + 500 * pulse(t_s), 3000, 0, 0, 1000))
    assert values == []


def test_losing_contact_ends_the_value_at_once_and_skin_brings_it_back():
    tracker, _ = run(40, at_rest(66))
    assert tracker.good
    _, values = run(5, lambda t_s: (2000, 2000, 0, 0, 1000), tracker=tracker, start_ms=40_000)
    assert values[0][0] < 40_200
    assert (tracker.contact, tracker.bpm_x10, tracker.quality, tracker.good) == (NO_CONTACT, 0, 0, False)
    _, values = run(60, at_rest(66), tracker=tracker, start_ms=45_000)
    assert abs(values[-1][1] - 66) < 1.5
    assert tracker.good


def test_a_recording_without_light_level_has_unknown_contact():
    tracker, values = run(30, lambda t_s: (300 * pulse(t_s), 300 * pulse(t_s), 0, 0, 0), contact_counts=0)
    assert tracker.contact == CONTACT_UNKNOWN
    assert abs(values[-1][1] - 60) < 1.5


def test_a_table_a_drawer_and_a_cradle_give_nothing_good():
    chance = Chance(3)
    wander = [0.0]

    def table(t_s):  # a bright reflection, sensor noise
        return (SKIN + 3 * chance.normal(), SKIN + 3 * chance.normal(), 0, 0, 1000)

    def cradle(t_s):  # light that never changes
        return (SKIN, SKIN, 0, 0, 1000)

    def drawer(t_s):  # half open: slow daylight
        wander[0] += 6 * chance.normal()
        return (SKIN + wander[0], SKIN + 0.9 * wander[0] + 2 * chance.normal(), 2 * chance.normal(), 0, 1000)

    for place in (table, cradle, drawer):  # twice: chance decides of a window, many tell
        values = run(240, place)[1] + run(240, place)[1]
        assert values
        assert good_share(values) < 0.05, (place, good_share(values))


def test_noise_and_leaking_motion_give_almost_nothing_good():
    chance = Chance(5)
    slow = [0.0, 0.0]

    def white(t_s):
        return (SKIN + 200 * chance.normal(), SKIN + 200 * chance.normal(), 100 * chance.normal(), 0, 1000)

    def pink(t_s):
        for i in range(2):
            slow[i] = 0.9 * slow[i] + 60 * chance.normal()
        return (SKIN + slow[0] + 60 * chance.normal(), SKIN + slow[1], 0, 100 * chance.normal(), 1000)

    leaking = running(lambda t_s: 0, 96)

    for noise in (white, pink, leaking):
        _, values = run(240, noise)
        assert good_share(values) < 0.06, (noise, good_share(values))


def test_light_that_only_drifts_is_no_slow_heart():
    """1/f^2 noise has most of its power at the lowest rates that are looked for."""
    good, values = 0, 0
    for seed in range(6):
        chance = Chance(seed)
        level = [0.0]

        def sample(t_s, chance=chance, level=level):
            level[0] += 40 * chance.normal() - level[0] / 50
            return (SKIN + level[0], SKIN + level[0], 0, 0, 1000)

        found = run(90, sample)[1]
        good += sum([one[2] for one in found])
        values += len(found)
    assert good <= values // 25


def test_one_dead_or_stuck_channel_leaves_the_other():
    sample = at_rest(72)
    for broken in (0, SKIN, 262_143):
        _, values = run(60, lambda t_s, broken=broken: (sample(t_s)[0], broken, 0, 0, 1000))
        assert abs(values[-1][1] - 72) < 2, broken
        assert values[-1][2], broken


def test_short_gaps_are_bridged_and_a_long_one_starts_anew():
    chance = Chance(9)
    tracker = HeartTracker()
    sample = at_rest(84)
    values = []
    hold_until_ms = 0
    for i in range(90 * 50):
        t_ms = i * 20 + int(6 * chance.uniform())
        if i % 400 == 399:
            hold_until_ms = t_ms + 400
        if t_ms < hold_until_ms:
            continue
        if tracker.push(t_ms, *[int(value) for value in sample(t_ms / 1000)]):
            values.append(tracker.bpm_x10 / 10)
    assert max([abs(value - 84) for value in values[15:]]) < 3
    assert tracker.good
    said = tracker.push(95_000, SKIN, SKIN, 0, 0, 1000) or tracker.push(95_080, SKIN, SKIN, 0, 0, 1000)
    assert said
    assert (tracker.bpm_x10, tracker.good, tracker.contact) == (0, False, CONTACT)
    _, values = run(60, at_rest(84), tracker=tracker, start_ms=95_080)
    assert abs(values[-1][1] - 84) < 1.5


def test_samples_that_do_not_advance_time_change_nothing():
    once, twice = HeartTracker(), HeartTracker()
    sample = at_rest(90)
    for i in range(25 * 29):
        row = [int(value) for value in sample(i / 25)]
        once.push(i * 40, *row)
        twice.push(i * 40, *row)
        twice.push(i * 40, SKIN * 2, 0, 0, 0, 0)
        twice.push(i * 40 - 500, 0, 0, 0, 0, 0)
    assert once.bpm_x10 > 0
    assert (once.bpm_x10, once.quality) == (twice.bpm_x10, twice.quality)


def test_full_scale_and_saturation_are_survived():
    def slam(t_s):
        high = int(t_s * 3) % 2
        return (262_143 * high, 262_143 - 262_143 * high, 16_000 - 32_000 * high, -16_000, 16_000 * high)

    def clipped(t_s):
        return (min(262_143, 262_000 + 400 * pulse(t_s * 1.2)), 262_143, 0, 0, 1000)

    tracker, _ = run(40, slam, contact_counts=0)
    assert 0 <= tracker.quality <= 100
    assert 300 <= tracker.bpm_x10 <= 2200
    _, values = run(60, clipped)
    assert abs(values[-1][1] - 72) < 2
