"""Cole-Kripke: the constant vectors, and the threshold the right way round."""

import pytest

from repbeat.derive.sleep import asleep, sleep_indices


def middle(count: float) -> float:
    return sleep_indices([count] * 15)[7]


def test_constant_activity() -> None:
    assert middle(100) == pytest.approx(0.665)
    assert asleep(middle(100))
    assert middle(200) == pytest.approx(1.33)
    assert not asleep(middle(200))


def test_activity_is_clipped_and_stillness_is_sleep() -> None:
    assert middle(1e9) == pytest.approx(0.665 * 300)
    assert middle(0) == 0
    assert sleep_indices([]) == []


def test_one_busy_minute_wakes_its_neighbours() -> None:
    indices = sleep_indices([0] * 10 + [1500] + [0] * 10)
    assert [i for i, index in enumerate(indices) if not asleep(index)] == [8, 9, 10, 11, 14]
