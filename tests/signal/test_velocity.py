"""Velocity by integration: right where it can be, refused elsewhere; velocity loss as SCIENCE has it."""

import pytest
from replay.lifts import Lift, count, curl

from device.signal.velocity import VelocityLoss


@pytest.mark.parametrize("range_mm", [300.0, 450.0, 600.0])
@pytest.mark.parametrize("starts_at_top", [False, True])
def test_mean_and_peak_velocity_of_a_lift(range_mm: float, starts_at_top: bool) -> None:
    lift = Lift(8, up_s=1.1, down_s=1.1, rest_s=0.0, range_mm=range_mm, starts_at_top=starts_at_top)
    counter = count(lift.samples(100, noise_mg=4))
    measured = [counter.rep(i).mean_velocity_mm_s for i in range(1, 7)]
    accepted = [v for v in measured if v]
    assert len(accepted) >= 4
    for v in accepted:
        assert v == pytest.approx(range_mm / 1.1, rel=0.15)
    peaks = [counter.rep(i).peak_velocity_mm_s for i in range(1, 7) if counter.rep(i).peak_velocity_mm_s]
    assert sorted(peaks)[len(peaks) // 2] == pytest.approx(1.875 * range_mm / 1.1, rel=0.15)


def test_velocity_of_a_curl_and_of_a_slow_sensor_is_refused() -> None:
    turning = count(curl(8))
    slow = count(Lift(8).samples(8))
    for counter in (turning, slow):
        assert counter.count == 8
        assert all(counter.rep(i).mean_velocity_mm_s == 0 for i in range(8))


def test_velocity_loss_is_that_of_the_book() -> None:
    loss = VelocityLoss()
    seen = [loss.push(v) for v in (700, 720, 660, 600, 570, 500)]
    assert [x / 10 for x in seen] == [0, 0, 8.3, 16.7, 20.8, 30.6]


def test_the_set_stops_at_twenty_percent_after_the_fifth() -> None:
    loss = VelocityLoss()
    stops = []
    for v in (700, 720, 660, 600, 570, 500):
        loss.push(v)
        stops.append(loss.reached(200))
    assert stops == [False, False, False, False, True, True]
    assert not loss.reached(0)


def test_a_refused_velocity_changes_nothing() -> None:
    loss = VelocityLoss()
    loss.push(700)
    loss.push(600)
    before = loss.permille
    assert loss.push(0) == before
