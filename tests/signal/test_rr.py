"""Which intervals are kept: physiology stays, ectopic and missed beats go, grouping does not matter."""

from math import pi, sin

from device.signal.rr import RrSeries, ms_from_1024


def series(intervals, capacity=0):
    out = RrSeries(capacity or len(intervals))
    for rr_ms in intervals:
        out.push(rr_ms)
    out.settle()
    return out


def removed(intervals):
    judged = series(intervals)
    return [i for i in range(judged.count) if judged.rejected(i)]


def calm(n):
    """RR around 800 ms with 30 ms of respiration, 15 breaths a minute, and a little noise."""
    out = []
    t_ms = 0
    for i in range(n):
        out.append(800 + round(30 * sin(2 * pi * t_ms / 4000)) + (i * 7 % 5) - 2)
        t_ms += out[-1]
    return out


def test_a_calm_series_is_kept_whole() -> None:
    assert removed(calm(200)) == []


def test_deep_slow_breathing_is_physiology() -> None:
    intervals = []
    t_ms = 0
    for _ in range(120):
        intervals.append(round(1000 + 200 * sin(2 * pi * t_ms / 10000)))
        t_ms += intervals[-1]
    assert removed(intervals) == []


def test_impossible_intervals_go() -> None:
    for wrong in (0, 299, 2001, 70000):
        intervals = calm(40)
        intervals[20] = wrong
        assert removed(intervals) == [20]


def test_an_ectopic_pair_goes_and_its_neighbours_stay() -> None:
    intervals = calm(60)
    intervals[30:30] = [500, 1100]
    assert removed(intervals) == [30, 31]


def test_two_ectopic_pairs_in_a_row_are_outvoted() -> None:
    intervals = calm(60)
    intervals[30:30] = [500, 1100, 500, 1100]
    assert removed(intervals) == [30, 31, 32, 33]


def test_a_small_early_beat_in_a_calm_heart_is_a_spike() -> None:
    intervals = [800 + (i * 7 % 5) - 2 for i in range(60)]
    intervals[30] = 720  # 10 %: inside the wide gate
    intervals[31] = 880
    assert removed(intervals) == [30, 31]


def test_a_ripple_in_a_very_even_heart_is_no_spike() -> None:
    intervals = [800, 801] * 30
    intervals[30] = 815
    assert removed(intervals) == []


def test_too_slow_to_be_beats() -> None:
    assert removed([2001] * 20) == list(range(20))
    assert removed([2000] * 20) == []


def test_a_missed_beat_doubles_an_interval_and_goes() -> None:
    intervals = calm(60)
    intervals[30] *= 2
    assert removed(intervals) == [30]


def test_a_new_heart_rate_is_no_artefact() -> None:
    assert removed([1000] * 30 + [930, 870, 810, 760, 720] + [700] * 30) == []


def test_only_linked_intervals_have_a_difference() -> None:
    broken = RrSeries(8)
    for rr_ms in (800, 810):
        broken.push(rr_ms)
    broken.gap()
    broken.push(790)
    broken.push(800)
    assert [broken.linked(i) for i in range(4)] == [False, True, False, True]


def test_doubtful_intervals_are_never_kept() -> None:
    doubted = RrSeries(20)
    for i in range(20):
        doubted.push(800, i == 7)
    doubted.settle()
    assert [i for i in range(20) if doubted.rejected(i)] == [7]
    assert doubted.rr_ms(7) == 800


def test_measuring_on_the_way_changes_nothing() -> None:
    intervals = calm(60)
    intervals[30:30] = [500, 1100]
    intervals[50] *= 2
    often = RrSeries(len(intervals))
    for rr_ms in intervals:
        often.push(rr_ms)
        often.settle()
    assert [often.rejected(i) for i in range(often.count)] == [i in (30, 31, 50) for i in range(often.count)]


def test_a_full_series_forgets_the_oldest() -> None:
    intervals = calm(100)
    latest = series(intervals, capacity=40)
    assert latest.count == 40
    assert [latest.rr_ms(i) for i in range(40)] == intervals[60:]
    assert latest.sum_ms() == sum(intervals[60:])


def test_strap_units() -> None:
    assert [ms_from_1024(raw) for raw in (0, 1, 512, 819, 1024, 2048)] == [0, 1, 500, 800, 1000, 2000]
