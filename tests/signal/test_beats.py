"""Beats of synthetic pulses and ECGs with known times, and signals in which no interval may be trusted."""

from math import exp, pi, sin

from device.signal.beats import ECG, GOOD_QUALITY, OPTICAL, BeatDetector, RateRefused
from device.signal.hrv import figures, measure
from device.signal.rr import RrSeries


class Noise:
    """The same numbers on both interpreters: uniform in [-1, 1)."""

    def __init__(self, seed=1):
        self._state = seed

    def next(self):
        self._state = (self._state * 75 + 74) % 65537
        return self._state / 32768.5 - 1


def beat_times(n, rr_ms=800, swing_ms=40, spread_ms=15):
    """Times in ms with respiration in them."""
    noise = Noise(7)
    times = [700.0]
    for _ in range(n - 1):
        times.append(times[-1] + rr_ms + swing_ms * sin(2 * pi * times[-1] / 4000) + spread_ms * noise.next())
    return times


def bump(t_ms, at_ms, width_ms):
    x = (t_ms - at_ms) / width_ms
    return exp(-x * x) if -4 < x < 4 else 0.0


def pulse(since_ms):
    """A pulse wave with its dicrotic wave."""
    return bump(since_ms, 150, 70) + 0.4 * bump(since_ms, 400, 110)


def ecg(since_ms):
    """P, Q, R, S and a tall T wave."""
    return (
        0.12 * bump(since_ms, 80, 25)
        - 0.15 * bump(since_ms, 180, 9)
        + bump(since_ms, 200, 11)
        - 0.25 * bump(since_ms, 222, 10)
        + 0.4 * bump(since_ms, 450, 50)
    )


def signal(shape, times, rate_hz, height, noise_height=0.0, wander=0.0):
    """[(t_ms, value)] of the shape at each time, on a wandering base line, in whole counts."""
    noise = Noise(3)
    out = []
    first = 0
    for i in range(int((times[-1] + 1500) * rate_hz / 1000)):
        t_ms = i * 1000 / rate_hz
        while first < len(times) - 1 and times[first] < t_ms - 1000:
            first += 1
        value = wander * sin(2 * pi * t_ms / 5000) + noise_height * noise.next()
        for k in range(first, min(first + 6, len(times))):
            if times[k] > t_ms + 100:
                break
            value += height * shape(t_ms - times[k])
        out.append((int(t_ms + 0.5), 100000 + int(value)))
    return out


def run(samples, rate_hz, kind=OPTICAL):
    """[(beat_ms, rr_ms, quality)]."""
    detector = BeatDetector(rate_hz, kind)
    found = []
    for t_ms, value in samples:
        if detector.push(t_ms, value):
            found.append((detector.beat_ms, detector.rr_ms, detector.quality))
    return found


def series(found):
    out = RrSeries(max(2, len(found)))
    for _, rr_ms, quality in found:
        if rr_ms:
            out.push(rr_ms, quality < GOOD_QUALITY)
        else:
            out.gap()
    return out


def steps(values):
    return [values[i + 1] - values[i] for i in range(len(values) - 1)]


def rmssd(intervals):
    return (sum([step * step for step in steps(intervals)]) / (len(intervals) - 1)) ** 0.5


def furthest(values, expected):
    """Largest difference between the two, which both end at the same beat."""
    shift = len(expected) - len(values)
    return max([abs(values[i] - expected[i + shift]) for i in range(len(values))])


def compare(found, times, most_off_ms):
    """Every beat after the learning time is found once, and intervals are right to `most_off_ms`."""
    intervals = [rr_ms for _, rr_ms, _ in found if rr_ms]
    assert len([1 for time in times if time > 3000]) <= len(found) <= len(times)
    assert len(intervals) == len(found) - 1
    expected = steps(times)[-len(intervals) :]
    assert furthest(intervals, expected) <= most_off_ms, furthest(intervals, expected)
    assert abs(rmssd(intervals) - rmssd(expected)) < 0.05 * rmssd(expected) + 0.5


def test_optical_pulse_at_every_rate_and_both_ways_up() -> None:
    times = beat_times(40)
    for rate_hz, height in ((50, -900), (64, 900), (100, -900), (200, -900), (250, 900)):
        found = run(signal(pulse, times, rate_hz, height, 5, 1000), rate_hz)
        compare(found, times, 5)
        assert min([quality for _, _, quality in found[3:]]) >= GOOD_QUALITY


def test_ecg_at_every_rate_and_with_swapped_electrodes() -> None:
    times = beat_times(40)
    for rate_hz, height in ((100, 9000), (125, -9000), (250, 9000)):
        found = run(signal(ecg, times, rate_hz, height, 100, 4000), rate_hz, ECG)
        compare(found, times, 3)


def test_slow_and_fast_hearts() -> None:
    for rr_ms in (1500, 1000, 500, 330):
        times = beat_times(40, rr_ms, rr_ms / 30, 3)
        compare(run(signal(ecg, times, 125, 9000), 125, ECG), times, 3)
        if rr_ms >= 500:  # below, the pulse's own waves run into each other
            compare(run(signal(pulse, times, 100, -900, 3), 100), times, 6)


def test_beat_times_lie_a_constant_delay_behind() -> None:
    times = beat_times(40)
    found = run(signal(ecg, times, 250, 9000), 250, ECG)
    shift = len(times) - len(found)
    lags = [found[i][0] - times[i + shift] for i in range(len(found))]
    assert max(lags) - min(lags) <= 5
    assert abs(lags[0] - 200) < 10  # where the R wave stands in the shape


def test_jittery_timestamps_are_used() -> None:
    noise = Noise(11)
    times = beat_times(40)
    clean = signal(pulse, times, 100, -900)
    slow = [(t_ms * 103 // 100, value) for t_ms, value in clean]  # the sensor runs 3 % slow
    intervals = [rr_ms for _, rr_ms, _ in run(slow, 100) if rr_ms]
    expected = [1.03 * step for step in steps(times)][-len(intervals) :]
    assert furthest(intervals, expected) < 6
    jittered = [(t_ms + int(2 * noise.next()), value) for t_ms, value in clean]
    assert abs(rmssd([rr for _, rr, _ in run(jittered, 100) if rr]) - rmssd(expected) / 1.03) < 2


def test_a_gap_breaks_the_chain_and_makes_no_interval() -> None:
    times = beat_times(40)
    samples = [sample for sample in signal(pulse, times, 100, -900) if not 20000 < sample[0] < 22000]
    found = run(samples, 100)
    assert len([1 for _, rr_ms, _ in found if rr_ms == 0]) == 2
    assert max([rr_ms for _, rr_ms, _ in found]) < 900


def test_time_running_backwards_starts_anew() -> None:
    samples = signal(pulse, beat_times(20), 100, -900)
    found = run(samples + samples, 100)
    assert len([1 for _, rr_ms, _ in found if rr_ms == 0]) == 2
    assert min([rr_ms for _, rr_ms, _ in found]) >= 0


def test_one_bump_does_not_hide_the_beats_after_it() -> None:
    times = beat_times(40)
    samples = [
        (t_ms, value + (15000 if 20000 < t_ms < 20600 else 0))
        for t_ms, value in signal(pulse, times, 100, -900)
    ]
    found = run(samples, 100)
    assert len([1 for beat_ms, _, _ in found if beat_ms > 26000]) >= len([1 for t in times if t > 26500])
    assert abs(figures(series(found)).rmssd_ms / rmssd(steps(times)) - 1) < 0.08


def test_beats_stay_found_when_the_pulse_shrinks_or_one_is_large() -> None:
    times = beat_times(40)
    samples = []
    for t_ms, value in signal(pulse, times, 100, -900):
        if t_ms > 18000:
            value = 100000 + (value - 100000) // 4  # a looser strap
        elif 9800 < t_ms < 10600:
            value = 100000 + 5 * (value - 100000) // 2
        samples.append((t_ms, value))
    found = run(samples, 100)
    for start, end in ((10600, 18000), (22000, times[-1])):
        expected = len([1 for t in times if start + 200 < t < end - 200])
        assert len([1 for beat_ms, _, _ in found if start < beat_ms < end]) >= expected


def test_the_first_interval_of_a_stretch_is_never_called_good_alone() -> None:
    found = run(signal(pulse, beat_times(20), 100, -900), 100)
    assert found[0][1:] == (0, 0)


def test_no_usable_figures_without_a_pulse() -> None:
    noise = Noise(5)
    white = [(i * 10, 100000 + int(400 * noise.next())) for i in range(9000)]
    flat = [(i * 10, 262143) for i in range(9000)]  # saturated
    drawer = [(i * 10, 800 + i // 500) for i in range(9000)]
    level = 0.0
    walk = []
    for i in range(9000):
        level = 0.99 * level + noise.next() * 50
        walk.append((i * 10, 100000 + int(level)))
    for samples in (white, flat, drawer, walk):
        result = measure(series(run(samples, 100)), 90000)
        assert result is None or not result.displayable()


def test_a_clipped_pulse_gives_the_rate_still() -> None:
    times = beat_times(40)
    samples = [(t_ms, max(value, 99600)) for t_ms, value in signal(pulse, times, 100, -900)]
    found = run(samples, 100)
    assert abs(figures(series(found)).mean_bpm - 75) < 2


def test_rates_outside_the_range_are_refused() -> None:
    for rate_hz in (0, 49, 251):
        try:
            BeatDetector(rate_hz)
        except RateRefused:
            continue
        raise AssertionError(rate_hz)
