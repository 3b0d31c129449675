"""The MAX30102 driver against the register-level model, under MicroPython."""

from __future__ import annotations

import pytest

from .conftest import Bench, settings_of, still, wave

POLL = """
    from device.drivers.board import Board
    optical = Board(settings).optical
    optical.start()
    def burst(ms):
        time.sleep_ms(ms)
        rows = []
        for i in range(optical.poll()):
            optical.load(i)
            rows.append((optical.t_ms, optical.ir, optical.red))
        return rows
"""
SKIN = [220.0, 180.0]  # nA per mA of LED current
COUNT_NA = 4096 / 2**18


def test_counts(bench: Bench) -> None:
    rows = bench(POLL + "    say(burst(200))", signals=[still("ppg", 2, SKIN)]).results[0]
    assert len(rows) == pytest.approx(20, abs=1)
    for _, ir, red in rows:
        assert ir == pytest.approx(220 * 7 / COUNT_NA, abs=1)
        assert red == pytest.approx(180 * 7 / COUNT_NA, abs=1)


def test_saturates(bench: Bench) -> None:
    _, ir, red = bench(POLL + "    say(burst(100)[-1])", signals=[still("ppg", 2, [9000, -5])]).results[0]
    assert (ir, red) == (2**18 - 1, 0)


def test_led_current_scales_the_light_and_sleep_ends_it(bench: Bench) -> None:
    board = settings_of("xiao_esp32s3_band")
    board["optical"]["led_ma_x10"] = 35
    script = (
        POLL
        + """
    say(burst(100)[-1][1])
    optical.sleep()
    time.sleep_ms(500)
    say(optical.poll())
"""
    )
    half, asleep = bench(script, board, signals=[still("ppg", 5, SKIN)]).results
    assert half == pytest.approx(220 * 3.4 / COUNT_NA, rel=0.001)
    assert asleep == 0


def test_watch_mode_sees_skin_with_little_light(bench: Bench) -> None:
    script = (
        POLL
        + """
    optical.watch()
    rows = burst(1000)
    say([len(rows), rows[-1]])
"""
    )
    n, (_, ir, red) = bench(script, signals=[still("ppg", 5, SKIN)]).results[0]
    assert n == 12
    assert red == 0
    assert ir == pytest.approx(220 * 1.4 / COUNT_NA, rel=0.001)


@pytest.mark.parametrize("ppm", [-30_000, 0, 30_000])
def test_rate_and_times(bench: Bench, ppm: int) -> None:
    """Infrared grows by 10 nA/mA a second, so a value tells its instant (0.22 ms a count)."""
    script = (
        POLL
        + """
    worst = last = 0
    for k in range(100):
        for row in burst(100 + 41 * k % 150):
            if last and not 5 <= time.ticks_diff(row[0], last) <= 15: say(["step", row[0], last])
            last = row[0]
            if k > 40: worst = max(worst, abs((row[1] * 4096 / 262144 / 7 - 100) * 100 - row[0]))
    say([worst, optical.clock.rate_mhz, optical.overflows])
"""
    )
    signal = {"stream": "ppg", "t_ms": [0, 30_000], "rows": [100, 100, 400, 100]}
    outcome = bench(script, options={"ppm": ppm}, signals=[signal])
    assert len(outcome.results) == 1, outcome.results[:5]
    worst, rate, overflows = outcome.results[0]
    assert worst <= 11
    assert rate == pytest.approx(100_000 * (1 + ppm / 1e6), rel=0.005)
    assert overflows == 0


@pytest.mark.parametrize(("pause_ms", "lost"), [(315, 0), (480, 15), (5000, 31)])
def test_overflow_is_noticed(bench: Bench, pause_ms: int, lost: int) -> None:
    """A full FIFO keeps the oldest 32 samples and counts up to 31 that came later."""
    script = (
        POLL
        + f"""
    burst(100)
    rows = burst({pause_ms})
    say([len(rows), rows[0][0], optical.overflows, optical.lost])
    rows = burst(100)
    say([len(rows), rows[-1][0] - time.ticks_ms()])
"""
    )
    signal = {"stream": "ppg", "t_ms": [0, 30_000], "rows": [100, 100, 400, 100]}
    (n, first_ms, overflows, counted), (after, age_ms) = bench(script, signals=[signal]).results
    assert n == (31 if lost == 0 else 32)
    assert first_ms in range(100, 115)
    assert overflows == (lost > 0)
    assert counted == pytest.approx(lost, abs=1)
    assert after == pytest.approx(10, abs=1)
    assert -13 <= age_ms <= 0


def test_full_is_not_taken_for_empty(bench: Bench) -> None:
    """32 samples make both pointers equal.

    Whether a burst finds 31, 32 or lost ones: every sample is accounted for.
    """
    script = (
        POLL
        + """
    sizes = set()
    total = len(burst(100))
    start = time.ticks_ms()
    for k in range(60):
        n = len(burst(310 + k % 20))
        sizes.add(n)
        total += n
    say([time.ticks_ms(), total, optical.lost, list(sizes)])
"""
    )
    elapsed_ms, total, lost, sizes = bench(script, signals=[still("ppg", 60, SKIN)]).results[0]
    assert {31, 32} <= set(sizes) <= {30, 31, 32}
    assert total + lost == pytest.approx(elapsed_ms / 10, abs=2)


def test_pulse_survives_the_way(bench: Bench) -> None:
    import numpy as np

    def pulse(t: np.ndarray) -> np.ndarray:
        return 220 + 2 * np.sin(2 * np.pi * 1.2 * t)

    script = (
        POLL
        + """
    for k in range(40):
        for row in burst(200): say(row)
"""
    )
    rows = np.array(bench(script, signals=[wave("ppg", 10, [pulse, lambda t: 180 + 0 * t])]).results)
    assert np.ptp(rows[:, 1]) == pytest.approx(4 * 7 / COUNT_NA, rel=0.02)
    spectrum = np.abs(np.fft.rfft(rows[:, 1] - rows[:, 1].mean()))
    assert spectrum.argmax() / (len(rows) * 0.01) == pytest.approx(1.2, abs=0.13)


def test_no_allocation_per_sample(bench: Bench) -> None:
    script = (
        POLL
        + """
    import gc
    def use():
        time.sleep_ms(200)
        before = gc.mem_alloc()
        n = optical.poll()
        for i in range(n):
            optical.load(i)
        return n, gc.mem_alloc() - before
    use(); use()
    say([use() for _ in range(20)])
"""
    )
    (uses,) = bench(script, signals=[still("ppg", 30, SKIN)]).results
    for n, allocated in uses:
        assert n >= 18
        assert allocated <= 64


def test_wrong_part(bench: Bench) -> None:
    script = """
    from device.drivers.board import Board
    say([str(e) for e in Board(settings).faults])
"""
    (faults,) = bench(script, options={"sensors": {"optical": {"part": 0x11}}}).results
    assert faults == ["max30102: part id 0x11 where 0x15 belongs; name the part in the board file"]


def test_impossible_rates_are_refused(bench: Bench) -> None:
    script = """
    from machine import I2C
    from device.drivers.max30102 import MAX30102
    from device.drivers.errors import BadSetting
    try:
        MAX30102(I2C(0), rate_hz=100, average=8)
    except BadSetting as error:
        say(str(error))
"""
    assert bench(script).results == ["max30102: rate_hz 100 x average 8 is not 50, 100, 200 or 400"]
