"""Repetitions on a weight stack, from synthetic distances with known truth, drop-outs and noise."""

from collections.abc import Callable, Iterable

import numpy as np
import pytest
from replay.lifts import Lift

from device.signal.reject import TOO_FAST, TOO_SLOW, TOO_SMALL, UNSEEN
from device.signal.stack import CALIBRATION_REPS, StackCounter
from repbeat_tools.replay.runner import Firmware

RATE_HZ = 40
ABOVE_MM = 700  # from a sensor above the stack to its top plate at rest
Distance = tuple[int, int, bool]


def seen(
    path: Callable[[np.ndarray], np.ndarray],
    duration_s: float,
    *,
    noise_mm: float = 2.0,
    from_above: bool = True,
    lost: float = 0.0,
    rest_mm: int = ABOVE_MM,
    seed: int = 1,
) -> list[Distance]:
    """What the sensor measures of a stack's height; `lost`: share of measurements without a target."""
    rng = np.random.default_rng(seed)
    t_s = np.arange(0, duration_s, 1 / RATE_HZ)
    height = path(t_s)
    mm = (rest_mm - height if from_above else 100 + height) + rng.normal(0, noise_mm, len(t_s))
    valid = rng.random(len(t_s)) >= lost
    times = np.rint(1000 * (t_s + rng.uniform(0, 0.002, len(t_s)))).astype(int) + 1
    return [(int(t), round(d) if ok else 0, bool(ok)) for t, d, ok in zip(times, mm, valid, strict=True)]


def of(lift: Lift, **how: object) -> list[Distance]:
    return seen(lift.path, lift.duration_s, **how)  # type: ignore[arg-type]


def count(rows: Iterable[Distance], counter: StackCounter | None = None) -> StackCounter:
    counter = counter or StackCounter()
    rows = list(rows)
    counter.begin(0)
    told = sum(counter.push(*row) for row in rows)
    assert told + counter.finish(rows[-1][0]) == counter.count
    return counter


@pytest.mark.parametrize("reps", [1, 2, 5, 12, 30])
@pytest.mark.parametrize("from_above", [True, False])
def test_counts_from_the_first_repetition_on(reps: int, from_above: bool) -> None:
    assert count(of(Lift(reps), from_above=from_above)).count == reps


@pytest.mark.parametrize(("noise_mm", "lost"), [(0.0, 0.0), (5.0, 0.0), (2.0, 0.2), (4.0, 0.1)])
@pytest.mark.parametrize("pace", [(0.5, 0.6, 0.0), (1.2, 1.5, 0.4), (2.0, 4.0, 1.0)])
def test_counts_through_noise_and_drop_outs(
    noise_mm: float, lost: float, pace: tuple[float, float, float]
) -> None:
    up_s, down_s, rest_s = pace
    lift = Lift(10, up_s, down_s, rest_s)
    assert count(of(lift, noise_mm=noise_mm, lost=lost)).count == 10


def test_each_is_told_before_the_next_begins() -> None:
    lift = Lift(6)
    counter = StackCounter()
    counter.begin(0)
    told = [row[0] for row in of(lift) if counter.push(*row)]
    ends = [1000 * (lift.lead_s + i * 3.1 + 2.7) for i in range(6)]
    assert np.abs(np.subtract(told, ends)).max() < 500


def test_a_repetition_has_its_way_tempo_and_velocity() -> None:
    lift = Lift(8, up_s=1.0, down_s=2.0, rest_s=0.5, range_mm=500)
    counter = count(of(lift))
    for i in range(8):
        rep = counter.rep(i)
        begun_ms = 1000 * (lift.lead_s + 3.5 * i)
        assert abs(rep.start_ms - begun_ms) < 250
        assert abs(rep.turn_ms - begun_ms - 1000) < 250
        assert abs(rep.end_ms - begun_ms - 3000) < 500
        assert rep.range_mm == pytest.approx(500, abs=15)
        assert rep.concentric_ms + rep.pause_ms + rep.eccentric_ms == rep.end_ms - rep.start_ms
        assert rep.pause_ms < 150
        # Minimum jerk: the mean over the way without its slow ends, and 15/8 of the whole mean at its peak.
        assert rep.mean_velocity_mm_s == pytest.approx(700, rel=0.15)
        assert rep.lowering_mm_s == pytest.approx(350, rel=0.15)
        assert rep.peak_velocity_mm_s == pytest.approx(500 * 15 / 8, rel=0.1)
        assert rep.confidence >= 85


def test_a_pause_at_the_top_is_one() -> None:
    counter = count(of(Lift(5, turn_s=1.5)))
    assert counter.count == 5
    assert counter.rep(3).pause_ms == pytest.approx(1500, abs=250)


def test_plates_that_do_not_touch_between_lifts_are_counted() -> None:
    lift = Lift(8, rest_s=0.0)

    def path(t_s: np.ndarray) -> np.ndarray:
        """Up once, then between 150 mm and the top."""
        return np.where(t_s < lift.lead_s + 1.2, lift.path(t_s), np.maximum(lift.path(t_s), 150.0))

    assert count(seen(path, lift.duration_s)).count == 8


def test_a_hesitation_on_the_way_is_one_repetition() -> None:
    def path(t_s: np.ndarray) -> np.ndarray:
        """Up to 300 mm, back by 80, up to 450, down."""
        return np.interp(t_s, [2, 3, 3.4, 4.2, 6], [0, 300, 220, 450, 0])

    assert count(seen(path, 8)).count == 1


def test_velocity_loss_is_that_of_the_lifts() -> None:
    slow = [1.0, 1.0, 1.1, 1.3, 1.5]

    def path(t_s: np.ndarray) -> np.ndarray:
        height, at = np.zeros_like(t_s), 2.0
        for up_s in slow:
            one = Lift(1, up_s=up_s, down_s=1.5, lead_s=0.0)
            inside = (t_s >= at) & (t_s < at + up_s + 1.5)
            height[inside] = one.path(t_s[inside] - at)
            at += up_s + 2.0
        return height

    counter = count(seen(path, 22))
    assert counter.count == len(slow)
    assert counter.velocity_loss.permille == pytest.approx(333, abs=50)


def test_a_partial_one_shows_against_the_calibrated_way() -> None:
    counter = count(of(Lift(CALIBRATION_REPS, range_mm=500)))
    kept = counter.calibrate()
    assert kept == pytest.approx(500, abs=15)
    again = StackCounter()
    again.calibration_mm = kept
    count(of(Lift(4, range_mm=350)), again)
    assert 650 <= again.rep(2).range_permille <= 750
    assert count(of(Lift(2))).calibrate() == 0


# What is no repetition


def test_a_stack_that_stands_is_none() -> None:
    counter = count(seen(np.zeros_like, 60, noise_mm=5.0))
    assert (counter.count, counter.rejected) == (0, 0)


def test_moving_the_pin_shakes_the_stack_and_is_rejected() -> None:
    counter = count(of(Lift(4, range_mm=60)))
    assert counter.count == 0
    assert counter.last_reject == TOO_SMALL


def test_a_tug_among_full_lifts_is_rejected() -> None:
    def path(t_s: np.ndarray) -> np.ndarray:
        return Lift(4).path(t_s) + Lift(1, range_mm=120, lead_s=16).path(t_s)

    counter = count(seen(path, 22))
    assert (counter.count, counter.last_reject) == (4, TOO_SMALL)


def test_a_hand_through_the_beam_is_rejected() -> None:
    rows = seen(np.zeros_like, 10)
    for i in range(200, 208):
        rows[i] = (rows[i][0], 200, True)
    counter = count(rows)
    assert (counter.count, counter.last_reject) == (0, TOO_FAST)
    stray = [(t, 200 if i % 50 == 0 else mm, ok) for i, (t, mm, ok) in enumerate(of(Lift(6)))]
    assert count(stray).count == 6


def test_a_weight_left_hanging_is_the_new_rest() -> None:
    def path(t_s: np.ndarray) -> np.ndarray:
        return np.interp(t_s, [2, 3], [0, 300])

    counter = count(seen(path, 12))
    assert (counter.count, counter.last_reject) == (0, TOO_SLOW)


def test_what_was_not_seen_is_not_counted_and_the_next_is() -> None:
    lift = Lift(6)
    rows = [(t, 0, False) if 9000 < t < 10500 else (t, mm, ok) for t, mm, ok in of(lift)]
    counter = count(rows)
    assert counter.count == 5
    assert counter.last_reject == UNSEEN
    gap = [row for row in of(lift) if not 9000 < row[0] < 10500]
    assert count(gap).count == 5


def test_a_short_drop_out_costs_the_velocity_not_the_repetition() -> None:
    lift = Lift(5)
    rows = [row for row in of(lift) if not 5300 < row[0] < 5900]  # within the second one's rise
    counter = count(rows)
    assert counter.count == 5
    assert counter.rep(1).mean_velocity_mm_s == counter.rep(1).lowering_mm_s == 0
    assert counter.rep(2).mean_velocity_mm_s > 0
    assert counter.rep(1).confidence < counter.rep(2).confidence


def test_begun_with_the_weight_held_up() -> None:
    lift = Lift(6, starts_at_top=True, lead_s=3.0)
    assert count(seen(lambda t_s: 450 + lift.path(t_s), lift.duration_s)).count in (5, 6)


def test_another_pin_or_a_knocked_sensor_needs_no_set_up() -> None:
    counter = count(of(Lift(5)))
    assert count(of(Lift(5), rest_mm=ABOVE_MM - 120), counter).count == 5


@pytest.mark.parametrize("mm", [0, 40, 1300, 8191])
def test_a_stuck_sensor_counts_nothing(mm: int) -> None:
    assert count([(25 * i + 1, mm, True) for i in range(2000)]).count == 0
    assert count([(25 * i + 1, mm, False) for i in range(2000)]).count == 0


def test_a_clock_that_stands_or_runs_back_is_ignored() -> None:
    counter = StackCounter()
    counter.begin(0)
    for t_ms in (0, -5, 100, 100, 50):
        assert counter.push(t_ms, 500) == 0


DRIVER = """
from device.signal.stack import StackCounter
counter = StackCounter()
def begin(options):
    counter.begin(0)
def sample(t_ms, mm, valid):
    global last_ms
    last_ms = t_ms
    counter.push(t_ms, mm, bool(valid))
def end():
    counter.finish(last_ms)
    emit([[getattr(counter.rep(i), name) for name in ("start_ms", "turn_ms", "end_ms", "range_mm",
        "mean_velocity_mm_s", "lowering_mm_s", "confidence")] for i in range(counter.count)])
"""


def test_micropython_says_the_same() -> None:
    rows = of(Lift(9), noise_mm=4.0, lost=0.1)
    counter = count(rows)
    expected = [
        [
            getattr(counter.rep(i), name)
            for name in (
                *("start_ms", "turn_ms", "end_ms", "range_mm"),
                *("mean_velocity_mm_s", "lowering_mm_s", "confidence"),
            )
        ]
        for i in range(counter.count)
    ]
    with Firmware(DRIVER, timeout_s=60) as firmware:
        assert firmware.replay(rows).emitted == [expected]
