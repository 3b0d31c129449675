"""Steps of walks with known steps, at any rate and orientation; none from lifting, resting or noise."""

from math import cos, pi, sin

from device.signal.steps import StepCounter


class Noise:
    """The same numbers on both interpreters: uniform in [-1, 1)."""

    def __init__(self, seed=1):
        self._state = seed

    def next(self):
        self._state = (self._state * 75 + 74) % 65537
        return self._state / 32768.5 - 1


def walk(rate_hz, cadence, steps, impact_mg=250, swing_mg=150, wobble=0.0, turn=0.0):
    """[(t_ms, ax, ay, az)]: 2 s standing, `steps` steps every second one weaker."""
    noise = Noise(9)
    out = []
    phase = 0.0
    interval_s = 60 / cadence
    for i in range(int((steps * 60 / cadence + 6) * rate_hz)):
        t_s = i / rate_hz
        x, y = 1000.0, 0.0
        if t_s > 2 and phase < steps:
            before = phase
            phase += 1 / (rate_hz * interval_s)
            if int(phase) != int(before):
                interval_s = 60 / cadence * (1 + wobble * noise.next())
            x += impact_mg * (cos(2 * pi * phase) + 0.35 * cos(4 * pi * phase + 0.7))
            y += swing_mg * cos(pi * phase + 0.4)
        x += 20 * noise.next()
        y += 20 * noise.next()
        out.append(
            (
                int(1000 * t_s),
                int(x * cos(turn) - y * sin(turn)),
                int(x * sin(turn) + y * cos(turn)),
                int(20 * noise.next()),
            )
        )
    return out


def count(samples):
    counter = StepCounter()
    confirmed = 0
    cadence = cv = 0
    for t_ms, ax, ay, az in samples:
        new = counter.push(t_ms, ax, ay, az)
        confirmed += new
        if new:
            cadence, cv = counter.cadence_x10(), counter.cv_permille()
    assert confirmed == counter.steps
    return counter.steps, cadence, cv


def test_walks_and_runs_within_ten_percent() -> None:
    for rate_hz in (20, 26, 50, 100):
        for cadence, impact_mg in ((70, 120), (110, 250), (170, 700)):
            steps, found, _ = count(walk(rate_hz, cadence, 60, impact_mg))
            assert abs(steps - 60) <= 6, (rate_hz, cadence, steps)
            assert abs(found - 10 * cadence) <= 15, (rate_hz, cadence, found)


def test_the_mounting_does_not_matter() -> None:
    for turn in (0.0, pi / 2, pi, 4.0):
        assert abs(count(walk(50, 110, 60, turn=turn))[0] - 60) <= 3


def test_cadence_variation() -> None:
    # Uniform in +-w has a standard deviation of w / sqrt(3).
    for wobble, expected in ((0.0, 0), (0.05, 29), (0.12, 69)):
        cv = count(walk(50, 110, 60, wobble=wobble))[2]
        assert abs(cv - expected) <= 12, (wobble, cv)


def test_a_run_of_steps_counts_from_its_first() -> None:
    assert count(walk(50, 110, 6))[0] == 0
    assert abs(count(walk(50, 110, 20))[0] - 20) <= 1


def test_repetitions_are_no_steps() -> None:
    samples = []
    for i in range(50 * 60):
        phase = 2 * pi * i / 50 / 2.5  # ten slow repetitions with a jolt at each end
        jolt = 400 if i % 125 < 4 else 0
        samples.append((20 * i, 1000 + int(300 * sin(phase)) + jolt, int(100 * cos(phase)), 0))
    assert count(samples)[0] == 0


def bumps(times_ms, end_ms):
    """50 samples a second of a hand that moves up and down around each time."""
    out = []
    for t_ms in range(0, end_ms, 20):
        near = [abs(t_ms - at) for at in times_ms if abs(t_ms - at) < 60]
        out.append((t_ms, 1000 + (500 if near else 0), 0, 0))
    return out


def test_uneven_bumps_are_no_walk() -> None:
    times_ms = [1000 + 1200 * i + (350 if i % 2 else 0) for i in range(40)]  # 1550 and 850 ms apart
    assert count(bumps(times_ms, 50000))[0] == 0
    times_ms = []
    for i in range(40):
        times_ms += [1000 + 1100 * i, 1330 + 1100 * i]  # 330 and 770 ms apart
    assert count(bumps(times_ms, 46000))[0] == 0


def test_shaking_is_no_walk() -> None:
    assert count(bumps(range(1000, 30000, 160), 31000))[0] == 0


def test_standing_noise_and_a_stuck_sensor_are_no_steps() -> None:
    noise = Noise(4)
    still = [(20 * i, 1000 + int(30 * noise.next()), int(30 * noise.next()), 0) for i in range(6000)]
    assert count(still)[0] == 0
    assert count([(20 * i, 16000, 16000, 16000) for i in range(3000)])[0] == 0
    assert count([(20 * i, 0, 0, 0) for i in range(3000)])[0] == 0


def test_a_gap_ends_the_walk_and_makes_no_step() -> None:
    samples = [s for s in walk(50, 110, 60) if not 15000 < s[0] < 20000]
    steps = count(samples)[0]
    assert 40 <= steps <= 52  # nine were in the gap


def test_cadence_is_zero_when_not_walking() -> None:
    counter = StepCounter()
    for t_ms, ax, ay, az in walk(50, 110, 30):
        counter.push(t_ms, ax, ay, az)
    assert counter.steps >= 29
    end = 60000
    for i in range(200):
        counter.push(end + 20 * i, 1000, 0, 0)
    assert counter.cadence_x10() == counter.cv_permille() == 0
