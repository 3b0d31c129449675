"""Motion-sensor drivers against register-level models of the chips, under MicroPython."""

from __future__ import annotations

import pytest

from .conftest import Bench, ramp, settings_of, still, wave

POLL = """
    from device.drivers.board import Board
    imu = Board(settings).imu
    imu.start()
    def burst(ms):
        time.sleep_ms(ms)
        rows = []
        while True:
            n = imu.poll()
            for i in range(n):
                imu.load(i)
                rows.append((imu.t_ms, imu.ax, imu.ay, imu.az, imu.gx, imu.gy, imu.gz))
            if n < 32:
                return rows
"""
BOARDS = ["xiao_esp32s3_band", "m5stickc_plus2"]


@pytest.mark.parametrize("board", BOARDS)
def test_units(bench: Bench, board: str) -> None:
    signals = [still("imu", 2, [0.5, -1.25, 1.0, 100.0, -250.5, 1.0])]
    rows = bench(POLL + "    say(burst(200))", board, signals=signals).results[0]
    assert len(rows) in range(18, 23)
    for row in rows:
        assert row[1:] == pytest.approx([500, -1250, 1000, 1000, -2505, 10], abs=2)


@pytest.mark.parametrize("board", BOARDS)
def test_saturates_at_its_range(bench: Bench, board: str) -> None:
    row = bench(
        POLL + "    say(burst(100)[-1])", board, signals=[still("imu", 2, [30, -30, 0, 9000, -9000, 0])]
    ).results[0]
    assert row[1:3] == pytest.approx([8000, -8000], abs=5)
    # ST's step of 70 mdps makes +-2000 deg/s reach +-2294
    assert row[4:6] == pytest.approx([20000, -20000], abs=2950)


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("ppm", [-30_000, 0, 30_000])
def test_rate_is_measured(bench: Bench, board: str, ppm: int) -> None:
    script = (
        POLL
        + """
    total = 0
    for k in range(150):
        total += len(burst(180 + 37 * k % 50))
    say([imu.clock.rate_mhz, total, imu.overflows, imu.clock.measured])
"""
    )
    nominal = settings_of(board)["imu"]["rate_hz"] * 1000
    rate, _total, overflows, measured = bench(
        script, board, options={"ppm": ppm}, signals=[still("imu", 40, [0, 0, 1, 0, 0, 0])]
    ).results[0]
    assert measured
    assert overflows == 0
    assert rate == pytest.approx(nominal * (1 + ppm / 1e6), rel=0.005)


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("ppm", [-30_000, 0, 30_000])
def test_times_tell_when_samples_were_taken(bench: Bench, board: str, ppm: int) -> None:
    """x grows by 100 mg a second: value and time must agree within a sample, whatever the oscillator does."""
    script = (
        POLL
        + """
    worst = 0
    last = None
    for k in range(100):
        for row in burst(150 + 53 * k % 90):
            if last is not None and not 5 <= time.ticks_diff(row[0], last) <= 15: say(["step", row[0], last])
            last = row[0]
            if k > 40: worst = max(worst, abs(row[1] * 10 - row[0]))
    say(worst)
"""
    )
    outcome = bench(script, board, options={"ppm": ppm}, signals=[ramp(30, 0.1)])
    assert len(outcome.results) == 1, outcome.results[:5]
    assert outcome.results[0] <= 14  # one sample of 10 ms, and 4 ms of quantisation


@pytest.mark.parametrize("board", BOARDS)
def test_overflow_is_noticed(bench: Bench, board: str) -> None:
    script = (
        POLL
        + """
    burst(100)
    time.sleep_ms(5000)
    rows = burst(0) + burst(100)
    say([imu.overflows, imu.lost, len(rows), rows[-1][0] - time.ticks_ms(), imu.ax * 10 - rows[-1][0]])
"""
    )
    overflows, lost, read, age_ms, off_ms = bench(script, board, signals=[ramp(30, 0.1)]).results[0]
    assert overflows == 1
    rate = settings_of(board)["imu"]["rate_hz"]
    assert lost + read == pytest.approx(5.1 * rate, abs=5)
    assert lost > 200
    assert -25 <= age_ms <= 0
    assert abs(off_ms) <= 14


def test_half_a_sample_is_completed(bench: Bench) -> None:
    """The oldest word of an overrun FIFO may be an accelerometer's whose partner is gone."""
    script = (
        POLL
        + """
    burst(100)
    imu._registers.read_into(0x78, bytearray(7))
    time.sleep_ms(6000)
    imu._registers.read_into(0x78, bytearray(7))
    rows = burst(0)
    say([imu.unpaired, len(rows)])
    say(len(burst(100)))
    say(imu.unpaired)
"""
    )
    first, second, unpaired = bench(script, signals=[ramp(30, 0.1)]).results
    assert first == [1, 255]
    assert second in range(9, 12)
    assert unpaired == 1


@pytest.mark.parametrize("board", BOARDS)
def test_wakes_on_motion(bench: Bench, board: str) -> None:
    script = (
        POLL
        + """
    imu.sleep(100)
    time.sleep_ms(1000)
    say(imu.moved())
    time.sleep_ms(2000)
    say([imu.moved(), imu.moved()])
"""
    )
    moving = wave(
        "imu",
        6,
        [
            lambda t: 0.6 * (t > 2) * (t < 2.5) * (t * 8 % 1 > 0.5),
            lambda t: 0 * t,
            lambda t: 1 + 0 * t,
            *[lambda t: 0 * t] * 3,
        ],
    )
    assert bench(script, board, signals=[moving]).results == [False, [True, False]]


def test_motion_raises_the_interrupt_pin(bench: Bench) -> None:
    script = (
        POLL
        + """
    from machine import Pin
    seen = []
    pin = Pin(settings["imu"]["int_pin"], Pin.IN)
    pin.irq(lambda p: seen.append(time.ticks_ms()), Pin.IRQ_RISING)
    imu.sleep(100)
    time.sleep_ms(4000)
    say(seen)
"""
    )
    moving = wave(
        "imu",
        6,
        [
            lambda t: 0.6 * (t > 2) * (t < 2.5) * (t * 8 % 1 > 0.5),
            lambda t: 0 * t,
            lambda t: 1 + 0 * t,
            *[lambda t: 0 * t] * 3,
        ],
    )
    (seen,) = bench(script, signals=[moving]).results
    assert len(seen) == 1
    assert 2000 <= seen[0] <= 2200


@pytest.mark.parametrize("board", BOARDS)
def test_no_allocation_per_sample(bench: Bench, board: str) -> None:
    script = (
        POLL
        + """
    import gc
    sums = [0]
    def use():
        time.sleep_ms(200)
        before = gc.mem_alloc()
        n = imu.poll()
        for i in range(n):
            imu.load(i)
        return n, gc.mem_alloc() - before
    use(); use()
    gc.collect()
    say([use() for _ in range(20)])
"""
    )
    (uses,) = bench(script, board, signals=[still("imu", 30, [7.9, -7.9, 1, 1999, -1999, 3])]).results
    for n, allocated in uses:
        assert n >= 18
        assert allocated <= 64  # one slice of a memoryview a burst, however many samples


@pytest.mark.parametrize(("board", "name"), [("xiao_esp32s3_band", "lsm6dso"), ("m5stickc_plus2", "mpu6886")])
def test_wrong_and_missing_parts_are_named(bench: Bench, board: str, name: str) -> None:
    script = """
    from device.drivers.board import Board
    board = Board(settings)
    say([board.imu is None, board.optical is not None, [[type(e).__name__, str(e)] for e in board.faults]])
"""
    (wrong,) = bench(script, board, options={"sensors": {"imu": {"part": 0x42}}}).results
    assert wrong[:2] == [True, True]
    ((kind, text),) = wrong[2]
    assert kind == "WrongPart"
    assert text.startswith(f"{name}: part id 0x42 where")
    (missing,) = bench(script, board, options={"sensors": {"imu": {"absent": True}}}).results
    ((kind, text),) = missing[2]
    assert kind == "SensorMissing"
    assert "check wiring" in text


def test_only_wired_addresses_answer(bench: Bench) -> None:
    script = """
    from machine import I2C, Pin
    bus = I2C(0, scl=Pin(6), sda=Pin(5))
    say(bus.scan())
    for work in (
        lambda: bus.readfrom(0x68, 1),
        lambda: bus.writeto(0x68, b"a"),
        lambda: bus.readfrom_mem(0x68, 0, 1),
    ):
        try:
            work()
        except OSError as error:
            say(error.errno)
"""
    assert bench(script).results == [[0x57, 0x6A], 19, 19, 19]


def test_bus_faults_have_a_type_and_pass(bench: Bench) -> None:
    script = (
        POLL
        + """
    import _host
    from device.drivers.errors import BusFault
    _host.bench_message('{"type": "i2c_fault", "transactions": 1}')
    try:
        burst(100)
    except BusFault as error:
        say(str(error))
    say(len(burst(100)))
"""
    )
    text, n = bench(script, signals=[still("imu", 30, [0, 0, 1, 0, 0, 0])]).results
    assert text == "lsm6dso: I2C transfer failed (errno 19); start the part again if it goes on"
    assert n in range(19, 23)


def test_unmodelled_register_fails_loudly(bench: Bench) -> None:
    outcome = bench(POLL + "    imu._registers.write(0x72, 1)")
    assert "register 0x72, which is not modelled" in (outcome.error or "")
    assert outcome.events[-1]["type"] == "unmodelled"
