"""Heart rate recovery and resting heart rate of courses with known answers, and none from too little."""

from math import exp

from device.signal.recovery import HeartRateRecovery, RestingHeartRate


def recovery(course, end_s):
    """Drop of a course of heart rates, the effort ending after `end_s` seconds; None if it never came."""
    finder = HeartRateRecovery()
    for second, bpm in enumerate(course):
        if finder.second(bpm):
            return finder.drop_bpm
        if second + 1 == end_s:
            finder.begin()
    return None


def falling(resting=70, peak=170, time_s=60.0):
    return [peak] * 30 + [round(resting + (peak - resting) * exp(-s / time_s)) for s in range(1, 91)]


def test_drop_after_a_minute() -> None:
    assert abs(recovery(falling(), 30) - 100 * (1 - exp(-1))) <= 1
    assert abs(recovery(falling(time_s=120), 30) - 100 * (1 - exp(-0.5))) <= 1


def test_missing_values_at_either_end_give_none() -> None:
    course = falling()
    course[85:95] = [0] * 10
    assert recovery(course, 30) == 0
    course = falling()
    course[25:30] = [0] * 5
    assert recovery(course, 30) == 0
    course = falling()
    course[40:70] = [0] * 30  # in between nothing is needed
    assert recovery(course, 30) > 60


def test_one_wild_value_hardly_counts() -> None:
    course = falling()
    course[89] = 0
    assert abs(recovery(course, 30) - 63) <= 2


def test_a_rising_heart_has_no_recovery() -> None:
    assert recovery([100] * 30 + [100 + s // 3 for s in range(90)], 30) == 0


def test_effort_that_goes_on_stops_it() -> None:
    finder = HeartRateRecovery()
    for _ in range(30):
        finder.second(150)
    finder.begin()
    finder.second(148)
    finder.stop()
    assert [finder.second(140) for _ in range(100)].count(True) == 0


def test_resting_is_the_lowest_five_minutes() -> None:
    finder = RestingHeartRate()
    for bpm in [62] * 900 + [51] * 300 + [60] * 900:
        finder.second(bpm)
    assert finder.bpm_x10 == 510


def test_a_dip_shorter_than_five_minutes_is_averaged() -> None:
    finder = RestingHeartRate()
    for bpm in [60] * 900 + [40] * 30 + [60] * 900:
        finder.second(bpm)
    assert finder.bpm_x10 == 580


def test_resting_needs_four_of_five_minutes() -> None:
    finder = RestingHeartRate()
    for second in range(900):
        finder.second(55 if second % 3 else 0)
    assert finder.bpm_x10 == 0
    for second in range(900):
        finder.second(55 if second % 6 else 0)
    assert finder.bpm_x10 == 550
    finder.begin()
    assert finder.bpm_x10 == 0
    for _ in range(299):
        finder.second(50)
    assert finder.bpm_x10 == 0
