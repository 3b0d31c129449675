"""How far a limb turns: known angles in random mountings, doubt where it is too fast or shaken."""

import math

import numpy as np
import pytest
from replay.lifts import Sample, bend, rotation, still, walk

from device.signal import angle
from device.signal.angle import BEYOND, READY, SHORT, AngleCounter
from repbeat_protocol.plan import Item


class Watched:
    """A watch over some samples, and when it told what."""

    def __init__(self, rows: list[Sample], low: int = 30, high: int = 90, pause_ms: int = 0) -> None:
        self.watch = AngleCounter()
        self.watch.item = Item(31, 1, 5, 5, pause_ds=pause_ms // 100, angle_low=low, angle_high=high)
        self.watch.begin(0)
        self.told: dict[int, list[int]] = {READY: [], SHORT: [], BEYOND: []}
        self.angles: list[tuple[int, int]] = []
        confirmed = 0
        for t_ms, *values in rows:
            confirmed += self.watch.push(t_ms, *values)
            self.angles.append((t_ms, self.watch.angle))
            if self.watch.event:
                self.told[self.watch.event].append(t_ms)
        assert confirmed + self.watch.finish(rows[-1][0]) == self.watch.count == sum(self.counts)

    @property
    def counts(self) -> tuple[int, int, int, int]:
        watch = self.watch
        return watch.below, watch.within, watch.above, watch.unsure


def test_the_angle_between_two_directions_is_right_to_half_a_degree() -> None:
    for degrees in range(181):
        for seed in range(5):
            turn = rotation(seed) * 1000
            start = turn @ np.array([1.0, 0.0, 0.0])
            now = turn @ np.array([math.cos(math.radians(degrees)), math.sin(math.radians(degrees)), 0.0])
            found = angle.between([round(v) for v in start], *[round(v) for v in now])  # type: ignore[arg-type]
            assert abs(found - degrees) <= 1, (degrees, found)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("beginning", [0, -30, 70])
def test_held_angles_are_right_to_three_degrees_in_any_mounting(seed: int, beginning: int) -> None:
    for degrees in (25, 60, 85, 110):
        got = Watched(bend([degrees] * 5, seed=seed, beginning=beginning), low=20, high=120)
        assert got.counts == (0, 5, 0, 0)
        assert abs(got.watch.mean - degrees) <= 3, (degrees, got.watch.mean)
        assert abs(got.watch.most - degrees) <= 3


def test_repetitions_below_within_and_above_are_told_apart() -> None:
    got = Watched(bend([60, 20, 70, 105, 60, 18, 85]))
    assert got.counts == (2, 4, 1, 0)
    assert (len(got.told[SHORT]), len(got.told[BEYOND])) == (2, 1)
    assert got.watch.most in range(102, 109)


def test_leaving_the_range_is_told_within_a_second() -> None:
    rows = bend([105, 20], move_s=3.0)
    got = Watched(rows)
    truth = bend([105, 20], move_s=3.0)
    assert truth == rows
    t_s = np.arange(4, 7, 0.005)
    x = (t_s - 4) / 3.0
    path = 105 * (x**3 * (10 - 15 * x + 6 * x * x))
    left_ms = 1000 * t_s[np.argmax(path > 90)]
    (beyond,) = got.told[BEYOND]
    assert left_ms - 200 <= beyond <= left_ms + 1000
    (short,) = got.told[SHORT]
    turned_ms = 4000 + 1000 * (3 + 1 + 3 + 1 + 3 + 1)  # held for a second at 20 degrees, then back
    assert turned_ms - 200 <= short <= turned_ms + 1000 + 1000, "it comes back by 6 degrees first"


def test_a_limb_that_turns_round_too_fast_is_not_measured() -> None:
    for lever_m in (0.1, 0.3, 0.5):
        got = Watched(bend([80] * 6, move_s=0.8, hold_s=0.0, lever_m=lever_m), low=30, high=90)
        below, within, above, unsure = got.counts
        assert below + within + above == 0
        assert unsure >= 1, "the session calls the others unsure, too: it knows how many there were"


@pytest.mark.parametrize("lever_m", [0.1, 0.3, 0.5])
@pytest.mark.parametrize("move_s", [1.0, 1.5, 2.0, 3.0])
def test_whatever_is_measured_without_a_hold_is_right_to_seven_degrees(move_s: float, lever_m: float) -> None:
    for degrees in (40, 60, 90):
        for seed in range(4):
            rows = bend([degrees] * 5, move_s=move_s, hold_s=0.0, lever_m=lever_m, seed=seed)
            watch = Watched(rows, low=20, high=120).watch
            assert 1 <= watch.known + watch.unsure <= 5
            if move_s >= 2:
                assert watch.known == 5
            if watch.known:
                assert abs(watch.mean - degrees) <= 7, (degrees, watch.mean)
                assert abs(watch.most - degrees) <= 8, (degrees, watch.most)


def test_nothing_is_measured_before_a_start_position_and_walking_is_no_repetition_in_range() -> None:
    assert Watched(bend([60] * 3, lead_s=0.5, hold_s=0.0, tail_s=0.0)).told[READY] == []
    got = Watched(walk(60))
    assert got.counts[:3] == (0, 0, 0)
    assert all(found == angle.UNKNOWN for _, found in got.angles)
    resting = Watched(still(60))
    assert resting.counts == (0, 0, 0, 0)
    assert resting.angles[-1][1] <= 1


def test_the_start_position_is_found_anew_where_the_limb_is_held_before_the_first_repetition() -> None:
    hanging = bend([], lead_s=3.0, tail_s=0.0)
    lifted = [(t + 3000, *values) for t, *values in bend([60, 60, 60], lead_s=4.0, beginning=75)]
    got = Watched(hanging + lifted)  # type: ignore[arg-type]
    assert len(got.told[READY]) == 2
    assert got.counts == (0, 3, 0, 0)


def test_a_planned_hold_at_the_turn_is_no_start_position() -> None:
    got = Watched(bend([60] * 4, hold_s=5.0), pause_ms=5000)
    assert len(got.told[READY]) == 1
    assert got.counts == (0, 4, 0, 0)


def test_a_shaken_repetition_is_unsure() -> None:
    rows = bend([60] * 3)
    shaken = [
        (t, *(round(v * 1.4) for v in values[:3]), *values[3:]) if 6000 < t < 6600 else (t, *values)
        for t, *values in rows
    ]
    assert Watched(shaken).counts == (0, 2, 0, 1)  # type: ignore[arg-type]


def test_one_movement_long_before_the_set_is_none_of_it() -> None:
    early = bend([60], tail_s=18.0)
    rows = early + [(t_ms + early[-1][0], *values) for t_ms, *values in bend([60] * 3)]
    assert Watched(rows).counts == (0, 3, 0, 0)  # type: ignore[arg-type]


def test_repetitions_have_their_times() -> None:
    counter = AngleCounter()
    counter.item = Item(31, 1, 3, 3, angle_low=30, angle_high=90)
    counter.begin(0)
    seen = []
    for t_ms, *values in bend([60] * 3, move_s=3.0, hold_s=2.0):
        taken = counter.count
        if counter.push(t_ms, *values):
            for i in range(taken, counter.count):
                rep = counter.rep(i)
                seen.append((rep.start_ms, rep.turn_ms, rep.end_ms))
                assert rep.concentric_ms + rep.eccentric_ms == rep.end_ms - rep.start_ms
    assert len(seen) == 3
    for i, (start_ms, turn_ms, end_ms) in enumerate(seen):
        begun = 4000 + i * 10_000
        assert begun <= start_ms <= begun + 1500
        assert begun + 2500 <= turn_ms <= begun + 5200
        assert begun + 5500 <= end_ms <= begun + 8200
