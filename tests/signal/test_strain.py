"""The 0-21 display: published points, a quiet day, any grouping; and the muscular load of a set."""

from device.signal.strain import display, effort_percent, net_impulse, set_load_x10, strain_x10
from device.signal.zones import COEFFICIENTS_MEN, ZoneClock


def quiet_day():
    """24 h at 1 Hz: 8 h asleep, desk and house work, twelve flights of stairs, a slow walk; no training."""
    day = []
    noise = 1
    for second in range(86400):
        noise = (noise * 75 + 74) % 65537  # a small generator, the same on both interpreters
        wobble = noise % 7 - 3
        hour = second // 3600
        minute = second % 3600 // 60
        if hour < 8:
            bpm = 54
        elif hour == 17 and minute < 30:
            bpm = 98  # a walk to the shop
        elif 8 <= hour < 20 and minute == 15 and second % 60 < 30:
            bpm = 118  # stairs, every hour of the day
        elif minute % 20 < 5:
            bpm = 84
        else:
            bpm = 70
        day.append(bpm + wobble)
    return day


def test_display_at_the_published_points() -> None:
    for net, expected in ((0, 0.0), (10, 2.3), (60, 8.8), (200, 16.1), (400, 21.0), (4000, 21.0)):
        assert abs(display(net) - expected) < 0.05


def test_a_quiet_day_stays_between_0_and_2() -> None:
    day = quiet_day()
    for resting, maximum in ((50, 190), (56, 172), (60, 200)):
        clock = ZoneClock(resting, maximum)
        for bpm in day:
            clock.add(bpm)
        assert 0 <= strain_x10(clock) <= 20


def test_the_same_samples_in_any_chunking_give_the_identical_number() -> None:
    samples = [(70 + (i * 37) % 110, 1 + i % 3) for i in range(2000)]
    whole = ZoneClock(58, 188)
    for bpm, seconds in samples:
        whole.add(bpm, seconds)
    split = ZoneClock(58, 188)
    for bpm, seconds in samples:
        for _ in range(seconds):
            split.add(bpm)
    assert net_impulse(whole) == net_impulse(split)
    assert strain_x10(whole) == strain_x10(split) > 0


def test_time_below_the_gate_counts_nothing() -> None:
    clock = ZoneClock(60, 190)
    clock.add(124, 8 * 3600)  # 49.2 % of the reserve
    assert strain_x10(clock) == 0
    clock.add(125, 600)  # 50 %
    assert strain_x10(clock) > 0


def test_a_hard_hour_reads_as_hard() -> None:
    clock = ZoneClock(60, 190, None, COEFFICIENTS_MEN)
    clock.add(150, 3600)
    # net = 60 * (0.69231 * 0.64 * e^(1.92 * 0.69231) - 0.2 * 0.64 * e^0.384) = 100.44 - 11.28
    assert abs(net_impulse(clock) - 89.16) < 0.01
    assert strain_x10(clock) == 110


def test_more_time_never_lowers_strain() -> None:
    clock = ZoneClock(60, 190)
    before = 0
    for bpm in (90, 120, 150, 180, 60, 200):
        clock.add(bpm, 900)
        assert strain_x10(clock) >= before
        before = strain_x10(clock)


def test_effort_from_exertion_then_from_velocity_loss() -> None:
    assert effort_percent(8, None) == 80
    assert effort_percent(8, 400) == 80  # the athlete's own word comes first
    assert [effort_percent(None, loss) for loss in (0, 200, 400, 900)] == [60, 80, 100, 100]
    assert effort_percent(2, None) == 60
    assert effort_percent(None, None) == 80


def test_set_load_from_a_known_maximum() -> None:
    # 10 repetitions with 75 of 100 kg at RPE 8: 10 * 0.75 * 0.8 = 6.0
    assert set_load_x10(10, 7500, 10000, rpe=8) == 60
    assert set_load_x10(0, 7500, 10000, rpe=8) == 0


def test_set_load_without_a_maximum_reads_it_from_the_set() -> None:
    # 10 done and 2 left: Epley puts the load at 30 / 42 = 71.4 % of the maximum; 10 * 0.714 * 0.8 = 5.7
    assert set_load_x10(10, rpe=8) == 57
    assert set_load_x10(10, 7000, 0, rpe=8) == 57


def test_a_load_above_the_recorded_maximum_counts_as_the_maximum() -> None:
    assert set_load_x10(1, 12000, 10000, rpe=10) == 10
