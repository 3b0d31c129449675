"""The same misfortunes of a sensor for every motion algorithm: nothing is invented, little is lost."""

from collections.abc import Callable

import pytest
from replay.lifts import Lift, Sample, count, curl, later, still, walk

from device.signal import reject
from device.signal.reps import RepCounter
from device.signal.rest import RestFinder
from device.signal.steps import StepCounter

Harm = Callable[[list[Sample]], list[Sample]]
HOUR_MS = 3600_000


def steps_of(rows: list[Sample]) -> int:
    counter = StepCounter()
    for t_ms, x, y, z, *_ in rows:
        counter.push(t_ms, x, y, z)
    return counter.steps


def gap(rows: list[Sample]) -> list[Sample]:
    """A second without a sample in the middle."""
    middle = rows[len(rows) // 2][0]
    return [row for row in rows if not middle <= row[0] < middle + 1000]


def upside_down(rows: list[Sample]) -> list[Sample]:
    return [(t, -x, y, -z, -u, v, -w) for t, x, y, z, u, v, w in rows]


def knocked(rows: list[Sample], mg: tuple[int, int, int]) -> list[Sample]:
    """Five knocks of two samples to the end of the scale, at no rhythm."""
    ends = {len(rows) * part // 100 + i for part in (17, 31, 52, 60, 79) for i in (0, 1)}
    return [(row[0], *mg, *[20000] * 3) if i in ends else row for i, row in enumerate(rows)]  # type: ignore[misc]


def saturated(rows: list[Sample]) -> list[Sample]:
    return knocked(rows, (16000, 16000, 16000))


def saturated_at_4_g(rows: list[Sample]) -> list[Sample]:
    return knocked(rows, (-4000, 0, 0))


def clipped(rows: list[Sample]) -> list[Sample]:
    """A sensor that ends at 1.15 g."""
    return [(t, *[max(-1150, min(1150, v)) for v in (x, y, z)], *spin) for t, x, y, z, *spin in rows]  # type: ignore[misc]


def doubled(rows: list[Sample]) -> list[Sample]:
    """Every sample read twice."""
    return [row for row in rows for _ in (0, 1)]


def stuck(rows: list[Sample]) -> list[Sample]:
    """Half a second of one value in the middle."""
    at = len(rows) // 2
    t_ms, held = rows[at][0], rows[at][1:]
    return [(row[0], *held) if t_ms <= row[0] < t_ms + 500 else row for row in rows]


def every_third(rows: list[Sample]) -> list[Sample]:
    """A third of the rate that was asked for."""
    return rows[::3]


HARMS = [gap, upside_down, saturated, saturated_at_4_g, clipped, doubled, stuck, every_third]


@pytest.mark.parametrize("harm", HARMS)
def test_repetitions_are_counted_and_judged(harm: Harm) -> None:
    for rows in (Lift(10).samples(), curl(10)):
        counter = count(harm(rows))
        assert abs(counter.count - 10) <= 1
        flagged = sum(counter.rep(i).form_bits != 0 for i in range(counter.count))
        assert flagged <= (6 if harm in (saturated, saturated_at_4_g, clipped) else 4)


@pytest.mark.parametrize("harm", HARMS)
def test_steps_are_counted(harm: Harm) -> None:
    rows = walk(40.0, step_hz=1.8)
    assert abs(steps_of(harm(rows)) - steps_of(rows)) <= 8
    assert steps_of(rows) > 60


@pytest.mark.parametrize("harm", HARMS)
def test_stillness_counts_nothing(harm: Harm) -> None:
    rows = still(60)
    assert steps_of(harm(rows)) == 0
    assert count(harm(rows)).count == 0


@pytest.mark.parametrize("value", [0, 1000, 32767, -32768])
def test_a_stuck_sensor_is_no_sleep_off_the_wrist_and_no_movement(value: int) -> None:
    finder = RestFinder()
    found = 0
    for t_ms in range(0, 3 * HOUR_MS, 5000):
        found += bool(finder.push(t_ms, value, value, value, False))
    assert not found
    assert not finder.finish(3 * HOUR_MS)
    assert steps_of([(20 * i, *[value] * 6) for i in range(3000)]) == 0  # type: ignore[misc]


def test_two_of_a_kind_are_no_run() -> None:
    counter = RepCounter()
    counter.begin(0)
    for row in Lift(2, lead_s=3, tail_s=6).samples():
        counter.push(*row)
    assert counter.finish(14000) == 0
    assert counter.last_reject == reject.NO_RUN


def test_a_lift_cut_off_at_both_ends_of_the_set_is_too_small() -> None:
    counter = count([row for row in Lift(8).samples() if 2400 <= row[0] < 22000])
    assert counter.count == 6
    assert counter.last_reject == reject.TOO_SMALL


def test_a_load_put_down_long_after_the_last_lift_is_too_slow() -> None:
    rows = Lift(8, tail_s=0).samples()
    rows += later(still(6.0), rows[-1][0] + 20)
    rows += later(Lift(1, range_mm=250, lead_s=0).samples(), rows[-1][0] + 20)
    counter = count(rows)
    assert counter.count == 8
    assert counter.last_reject == reject.TOO_SLOW
