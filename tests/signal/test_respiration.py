"""Breathing rate from RR intervals of a known rhythm; None wherever there is no clear one."""

from math import pi, sin

from device.signal.respiration import Respiration
from device.signal.rr import RrSeries

STILL_MS = 64000


class Noise:
    """The same numbers on both interpreters: the sum of three uniform ones, SD about 1."""

    def __init__(self, seed=1):
        self._state = seed

    def next(self):
        total = 0.0
        for _ in range(3):
            self._state = (self._state * 75 + 74) % 65537
            total += self._state / 32768.5 - 1
        return total


def series(breaths, depth_ms=40, mean_ms=950, noise_ms=8, n=110, slow_wave_ms=0, seed=1):
    """RR intervals that breathe `breaths` times a minute, with noise and a blood pressure wave at 0.1 Hz."""
    noise = Noise(seed)
    out = RrSeries(n)
    t_ms = 0.0
    for _ in range(n):
        wave = slow_wave_ms * sin(2 * pi * t_ms / 10000)
        rr_ms = mean_ms + depth_ms * sin(2 * pi * breaths * t_ms / 60000) + wave + noise_ms * noise.next()
        t_ms += rr_ms
        out.push(round(rr_ms))
    return out


def test_rates_within_half_a_breath() -> None:
    respiration = Respiration()
    for breaths in (7, 9, 12, 15, 18, 21, 24):
        found = respiration.measure(series(breaths), STILL_MS)
        assert abs(found - 10 * breaths) <= 2, (breaths, found)


def test_deep_paced_breathing_at_six_a_minute() -> None:
    assert abs(Respiration().measure(series(6, depth_ms=100), STILL_MS) - 60) <= 5


def test_the_blood_pressure_wave_is_not_taken_for_breath() -> None:
    assert abs(Respiration().measure(series(15, slow_wave_ms=30), STILL_MS) - 150) <= 5
    assert Respiration().measure(series(0, depth_ms=0, slow_wave_ms=30, noise_ms=12), STILL_MS) is None


def test_no_rhythm_no_rate() -> None:
    respiration = Respiration()
    for seed in range(1, 12):
        assert respiration.measure(series(0, depth_ms=0, noise_ms=15, seed=seed * 37), STILL_MS) is None
    flat = RrSeries(100)
    for _ in range(100):
        flat.push(900)
    assert respiration.measure(flat, STILL_MS) is None


def test_moving_gives_none() -> None:
    assert Respiration().measure(series(15), STILL_MS - 1) is None


def test_too_short_or_broken_gives_none() -> None:
    assert Respiration().measure(series(15, n=60), STILL_MS) is None
    broken = series(15, n=60)
    broken.gap()
    for rr_ms in (950,) * 30:
        broken.push(rr_ms)
    assert Respiration().measure(broken, STILL_MS) is None
    assert Respiration().measure(RrSeries(4), STILL_MS) is None


def test_a_tenth_of_the_intervals_may_be_bridged_and_no_more() -> None:
    source = series(15)
    for every, expected in ((16, True), (6, False)):
        out = RrSeries(source.count)
        for i in range(source.count):
            out.push(source.rr_ms(i), i % every == 0)
        found = Respiration().measure(out, STILL_MS)
        assert (found is not None and abs(found - 150) <= 5) == expected


def test_one_ectopic_beat_is_bridged_and_many_are_refused() -> None:
    source = series(15)
    intervals = [source.rr_ms(i) for i in range(source.count)]
    for pairs, expected in ((1, True), (6, False)):
        changed = list(intervals)
        for k in range(pairs):
            changed[60 + 7 * k : 60 + 7 * k] = [550, 1300]
        out = RrSeries(len(changed))
        for rr_ms in changed:
            out.push(rr_ms)
        found = Respiration().measure(out, STILL_MS)
        assert (found is not None and abs(found - 150) <= 10) == expected
