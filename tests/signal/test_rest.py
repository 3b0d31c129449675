"""Rest and sleep windows of days with known nights: right within 15 minutes at each end, or not there."""

from math import cos, pi, sin

from device.signal.rest import REST, SLEEP, RestFinder

MINUTE = 60000
HOUR = 60 * MINUTE
STEP_MS = 5000


class Random:
    """The same numbers on both interpreters."""

    def __init__(self, seed):
        self._state = seed

    def below(self, n):
        self._state = (self._state * 75 + 74) % 65537
        return self._state % n


class Arm:
    """An arm that holds an angle for a while and then takes another: how long is what differs by activity."""

    def __init__(self, seed):
        self._random = Random(seed)
        self._angle = 20.0
        self._until_ms = 0
        self._hold_s = 0

    def at(self, t_ms, hold_s, spread_s):
        """Acceleration in milli-g at `t_ms`; angles are held for `hold_s` to `hold_s` + `spread_s`."""
        if t_ms >= self._until_ms or hold_s != self._hold_s:
            self._hold_s = hold_s
            self._angle = self._random.below(140) - 70
            self._until_ms = t_ms + 1000 * (hold_s + self._random.below(spread_s))
        tilt = self._angle * pi / 180
        return (
            int(1000 * cos(tilt)) + self._random.below(9) - 4,
            self._random.below(9) - 4,
            int(1000 * sin(tilt)) + self._random.below(9) - 4,
        )


def day(finder, seed, bed_ms, up_ms, end_ms, awake_ms=(), worn=True, sofa_ms=()):
    """Windows (start, end, kind) of a day with a night from `bed_ms` to `up_ms`."""
    arm = Arm(seed)
    found = []
    for t_ms in range(0, end_ms, STEP_MS):
        lying = bed_ms <= t_ms < up_ms and not any(a <= t_ms < b for a, b in awake_ms)
        if lying:
            sample = arm.at(t_ms, 600, 1800)  # turns over every 10-40 minutes
        elif any(a <= t_ms < b for a, b in sofa_ms):
            sample = arm.at(t_ms, 200, 300)  # television
        else:
            sample = arm.at(t_ms, 5, 90)
        if finder.push(t_ms, sample[0], sample[1], sample[2], worn):
            found.append((finder.start_ms, finder.end_ms, finder.kind))
    while finder.finish(end_ms):
        found.append((finder.start_ms, finder.end_ms, finder.kind))
    return found


def near(window, start_ms, end_ms):
    return abs(window[0] - start_ms) <= 15 * MINUTE and abs(window[1] - end_ms) <= 15 * MINUTE


def test_a_night_is_found_within_15_minutes_at_each_end() -> None:
    for seed in (1, 2):
        found = day(RestFinder(), seed, 5 * HOUR, 12 * HOUR + 20 * MINUTE, 15 * HOUR)
        assert len(found) == 1
        assert near(found[0], 5 * HOUR, 12 * HOUR + 20 * MINUTE)
        assert found[0][2] == SLEEP


def test_half_an_hour_awake_does_not_cut_the_night() -> None:
    awake = ((8 * HOUR, 8 * HOUR + 30 * MINUTE),)
    found = day(RestFinder(), 4, 5 * HOUR, 12 * HOUR, 15 * HOUR, awake)
    assert len(found) == 1
    assert near(found[0], 5 * HOUR, 12 * HOUR)


def test_two_hours_awake_make_two_windows() -> None:
    awake = ((8 * HOUR, 10 * HOUR),)
    found = day(RestFinder(), 5, 4 * HOUR, 14 * HOUR, 16 * HOUR, awake)
    assert len(found) == 2
    assert near(found[0], 4 * HOUR, 8 * HOUR)
    assert near(found[1], 10 * HOUR, 14 * HOUR)


def test_a_still_evening_does_not_stretch_the_night() -> None:
    sofa = ((2 * HOUR, 4 * HOUR + 20 * MINUTE),)  # bouts of five minutes and more, 40 minutes before bed
    found = day(RestFinder(), 6, 5 * HOUR, 12 * HOUR, 15 * HOUR, (), True, sofa)
    assert near(found[-1], 5 * HOUR, 12 * HOUR)


def test_a_nap_is_rest() -> None:
    found = day(RestFinder(), 7, 2 * HOUR, 3 * HOUR, 5 * HOUR)
    assert len(found) == 1
    assert near(found[0], 2 * HOUR, 3 * HOUR)
    assert found[0][2] == REST


def test_twenty_still_minutes_are_no_window() -> None:
    assert day(RestFinder(), 7, 2 * HOUR, 2 * HOUR + 20 * MINUTE, 5 * HOUR) == []


def test_a_day_without_rest_has_no_window() -> None:
    assert day(RestFinder(), 8, HOUR, HOUR, 12 * HOUR) == []


def test_a_device_on_the_table_is_not_at_rest() -> None:
    assert day(RestFinder(), 9, HOUR, 9 * HOUR, 11 * HOUR, (), False) == []


def test_the_time_of_a_gap_is_not_rest() -> None:
    finder = RestFinder()
    for t_ms in (0, 2500, 5000, 6 * HOUR, 6 * HOUR + 2500, 6 * HOUR + 5000):
        assert not finder.push(t_ms, 1000, 0, 0, True)
    assert not finder.finish(6 * HOUR + 10000)


def test_stillness_so_far() -> None:
    finder = RestFinder()
    for t_ms in range(0, 120000, 500):
        finder.push(t_ms, 1000, 0, 0, True)
    assert 110000 <= finder.still_ms() <= 120000
    for t_ms in range(120000, 130000, 500):
        finder.push(t_ms, 0, 0, 1000, True)
    assert finder.still_ms() <= 10000
