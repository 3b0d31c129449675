"""Seconds in zone and the loads from them: hand-computed vectors, and samples in any grouping."""

from device.signal.zones import (
    COEFFICIENTS_MEN,
    COEFFICIENTS_NEUTRAL,
    COEFFICIENTS_WOMEN,
    NoReserve,
    NotAscending,
    ZoneClock,
    reserve_limits,
    threshold_limits,
)


def refused(error, *arguments):
    try:
        ZoneClock(*arguments)
    except error:
        return True
    return False


def test_banister_for_an_hour_at_150() -> None:
    for coefficients, expected in (
        (COEFFICIENTS_MEN, 100.44),
        (COEFFICIENTS_WOMEN, 113.52),
        (COEFFICIENTS_NEUTRAL, 106.98),
    ):
        clock = ZoneClock(60, 190, None, coefficients)
        clock.add(150, 3600)
        assert abs(clock.banister() - expected) < 0.005


def test_intervals_are_priced_sample_by_sample_not_by_their_mean() -> None:
    clock = ZoneClock(60, 190, None, COEFFICIENTS_MEN)
    for bpm in (110, 180):
        clock.add(bpm, 1800)
    mean = ZoneClock(60, 190, None, COEFFICIENTS_MEN)
    mean.add(145, 3600)
    assert abs(clock.banister() - 119.7) < 0.05
    assert abs(mean.banister() - 88.1) < 0.5  # SCIENCE rounds the mean of the shares


def test_the_zone_follows_the_resting_heart_rate_latched_at_the_start() -> None:
    assert ZoneClock(60, 190).zone(136) == 1  # 58.5 % of the reserve
    assert ZoneClock(50, 190).zone(136) == 2  # 61.4 %


def test_zone_limits_are_the_first_bpm_at_or_above_each_tenth() -> None:
    assert reserve_limits(60, 190) == (125, 138, 151, 164, 177)
    assert reserve_limits(55, 190) == (123, 136, 150, 163, 177)  # 122.5, 136, 149.5, 163, 176.5
    clock = ZoneClock(60, 190)
    zones = [0, 0, 1, 1, 2, 2, 3, 4, 5, 5, 5]
    assert [clock.zone(bpm) for bpm in (30, 124, 125, 137, 138, 150, 151, 176, 177, 190, 230)] == zones


def test_a_tested_threshold_sets_the_zones() -> None:
    clock = ZoneClock(50, 190, threshold_limits(170))
    assert clock.limits == (128, 145, 153, 162, 170)
    assert [clock.zone(bpm) for bpm in (127, 128, 152, 169, 170)] == [0, 1, 2, 4, 5]


def test_edwards_weighs_minutes_by_zone() -> None:
    clock = ZoneClock(60, 190)
    for bpm, minutes in ((100, 10), (130, 5), (140, 4), (155, 3), (170, 2), (185, 1)):
        clock.add(bpm, minutes * 60)
    assert clock.edwards() == 5 * 1 + 4 * 2 + 3 * 3 + 2 * 4 + 1 * 5


def test_any_grouping_and_order_of_the_samples_gives_the_same() -> None:
    bpm = [60 + (i * i * 7 + i) % 141 for i in range(3000)]
    single = ZoneClock(55, 185)
    for value in bpm:
        single.add(value)
    grouped = ZoneClock(55, 185)
    for value in range(256):
        if bpm.count(value):
            grouped.add(value, bpm.count(value))
    for zone in range(6):
        assert single.zone_s(zone) == grouped.zone_s(zone)
    assert single.banister() == grouped.banister()
    assert sum(single.zone_s(zone) for zone in range(6)) == len(bpm)


def test_missing_values_are_unknown_not_rest() -> None:
    clock = ZoneClock(60, 190)
    clock.add(0, 40)
    clock.add(70, 20)
    assert (clock.unknown_s, clock.zone_s(0)) == (40, 20)


def test_beyond_the_ends_counts_as_the_ends() -> None:
    above = ZoneClock(60, 190)
    above.add(220, 60)
    at = ZoneClock(60, 190)
    at.add(190, 60)
    below = ZoneClock(60, 190)
    below.add(40, 60)
    assert above.banister() == at.banister()
    assert below.banister() == 0


def test_a_day_of_one_hertz_is_counted_exactly() -> None:
    clock = ZoneClock(60, 190)
    for _ in range(24):
        clock.add(150, 3600)
    assert clock.zone_s(2) == 86400
    assert abs(clock.banister() - 24 * 106.978) < 0.05


def test_impossible_settings_are_refused() -> None:
    assert refused(NoReserve, 190, 190)
    assert refused(NoReserve, 20, 190)
    assert refused(NoReserve, 60, 256)
    assert refused(NotAscending, 60, 190, (100, 110, 110, 120, 130))
