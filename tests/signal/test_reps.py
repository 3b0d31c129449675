"""The repetition counter on synthetic lifts with known truth, and on movements that are no repetitions."""

from itertools import islice

import numpy as np
import pytest
from replay.lifts import Lift, count, curl, later, still, walk

from device.signal.reps import NO_RUN, STILL, TOO_FAST, WALKING, RepCounter
from repbeat_protocol.exercises import CODES, first_way
from repbeat_tools.simulator.model.exercises import EXERCISES
from repbeat_tools.simulator.model.lifter import Lifter, rep_truth


@pytest.mark.parametrize("reps", [5, 8, 12, 20])
@pytest.mark.parametrize("starts_at_top", [False, True])
def test_counts_lifts(reps: int, starts_at_top: bool) -> None:
    assert count(Lift(reps, starts_at_top=starts_at_top).samples(seed=reps)).count == reps


@pytest.mark.parametrize("rate_hz", [8, 12.5, 25, 50, 100])
def test_counts_at_any_rate(rate_hz: float) -> None:
    assert count(Lift(8).samples(rate_hz)).count == 8
    assert count(curl(8, rate_hz=rate_hz)).count == 8


@pytest.mark.parametrize("seed", range(6))
def test_counts_in_any_mounting(seed: int) -> None:
    assert count(Lift(7).samples(seed=seed)).count == 7
    assert count(curl(7, seed=seed)).count == 7


@pytest.mark.parametrize(
    ("up_s", "down_s", "rest_s"), [(0.7, 0.7, 0.2), (1.0, 3.0, 0.3), (2.0, 2.0, 1.0), (3.5, 3.7, 0.6)]
)
def test_counts_at_any_pace(up_s: float, down_s: float, rest_s: float) -> None:
    lift = Lift(8, up_s=up_s, down_s=down_s, rest_s=rest_s, range_mm=500)
    assert count(lift.samples()).count == 8


@pytest.mark.parametrize("range_mm", [150, 250])
def test_counts_what_hardly_shows(range_mm: float) -> None:
    """A short way on a weight stack, no faster than others: some 40 mg from peak to peak."""
    counter = count(Lift(8, up_s=1.5, down_s=1.7, range_mm=range_mm, starts_at_top=True).samples())
    assert counter.count == 8


@pytest.mark.parametrize("noise_mg", [12, 25])
def test_a_noisy_sensor_at_rest_counts_nothing(noise_mg: float) -> None:
    for seed in range(3):
        assert count(still(120, noise_mg=noise_mg, rate_hz=10, seed=seed)).count == 0


@pytest.mark.parametrize("seed", range(4))
def test_fast_and_jerky_lifts_are_no_walk(seed: int) -> None:
    lift = Lift(12, up_s=0.35, down_s=0.6, rest_s=0.6, range_mm=500)
    counter = count(lift.samples(seed=seed))
    assert counter.count == 12
    assert counter._window.unrest_percent(0) >= 45, "as restless as steps"


def test_counts_a_set_that_grows_slower() -> None:
    rows, end_ms = [], 0
    for i, up_s in enumerate((0.9, 1.0, 1.1, 1.2, 1.4, 1.6, 1.8, 2.0)):
        part = Lift(1, up_s=up_s, lead_s=0.0, tail_s=0.0).samples(seed=3)
        rows += later(part, end_ms + 20)
        end_ms = rows[-1][0]
        assert i < 8
    assert abs(count(rows).count - 8) <= 1


def test_strong_and_weak_repetitions_in_turn_are_counted_while_they_happen() -> None:
    rows = still(3, seed=3)
    for range_mm, up_s, down_s in [(600, 0.9, 1.0), (300, 1.2, 1.3)] * 2 + [(600, 0.9, 1.0)]:
        part = Lift(1, up_s, down_s, rest_s=0.1, range_mm=range_mm, lead_s=0, tail_s=0).samples(seed=3)
        rows += later(part, rows[-1][0] + 20)
    counter = RepCounter()
    counter.begin(0)
    assert sum(counter.push(*row) for row in [*rows, *later(still(4, seed=3), rows[-1][0] + 20)]) == 5


@pytest.mark.parametrize("tempo", [0.7, 1.0, 1.6])
@pytest.mark.parametrize("starts_at_top", [False, True])
def test_each_repetition_after_the_first_run_is_likely_within_a_second(
    tempo: float, starts_at_top: bool
) -> None:
    lift = Lift(10, 1.2 * tempo, 1.5 * tempo, 0.2, starts_at_top=starts_at_top)
    counter = RepCounter()
    counter.begin(0)
    shown: list[int] = []
    for row in lift.samples():
        counter.push(*row)
        now = counter.count + counter.likely
        assert now >= len(shown), "no number goes back"
        shown += [row[0]] * (now - len(shown))
    assert len(shown) == counter.count == 10
    late_ms = [at_ms - counter.rep(i).end_ms for i, at_ms in enumerate(shown)][4:]
    assert -400 * tempo < min(late_ms) <= max(late_ms) <= 1000, late_ms


def test_walking_away_leaves_no_likely_repetition() -> None:
    lifts = Lift(6, tail_s=0).samples()
    counter = RepCounter()
    counter.begin(0)
    for row in [*lifts, *later(walk(20), lifts[-1][0] + 20)]:
        counter.push(*row)
    assert not counter.likely
    assert counter.count <= 7


@pytest.mark.parametrize("exercise", ["biceps_curl", "lateral_raise", "squat"])
@pytest.mark.parametrize("seed", [10, 11])
def test_the_first_repetition_after_a_rest_is_counted_from_where_it_starts(exercise: str, seed: int) -> None:
    """It begins as the rest ends, not at a chance extreme of the rest's noise, which no run would reach."""
    lifter = Lifter(seed)
    steps = [lifter.rest(4), *islice(lifter.perform(exercise, capability=25), 12), lifter.rack()]
    counter = RepCounter()
    counter.begin(0)
    t_ms, ends_ms = 0, []
    for step in steps:
        if step.reps:
            ends_ms.append(rep_truth(step, t_ms).end_ms)
        for row in step.rows * ([1000] * 3 + [10] * 3):
            t_ms += 10
            counter.push(t_ms, *(round(value) for value in row))
    assert counter.count == len(ends_ms) == 10
    assert all(abs(counter.rep(i).end_ms - end_ms) < 500 for i, end_ms in enumerate(ends_ms))


@pytest.mark.parametrize("exercise", [one for one in EXERCISES if first_way(CODES[one], at_wrist=True)])
def test_a_planned_repetition_begins_where_the_exercise_does(exercise: str) -> None:
    """Also where taking up the load comes first: a deadlift is not counted from top to top."""
    for seed in (10, 11):
        lifter = Lifter(seed)
        steps = [lifter.rest(4), *islice(lifter.perform(exercise, capability=25), 12), lifter.rack()]
        counter = RepCounter(at_wrist=True)
        counter.begin(0, CODES[exercise])
        t_ms, truth = 0, []
        for step in steps:
            if step.reps:
                truth.append(rep_truth(step, t_ms))
            for row in step.rows * ([1000] * 3 + [10] * 3):
                t_ms += 10
                counter.push(t_ms, *(round(value) for value in row))
        assert counter.count == len(truth) == 10
        for i, true in enumerate(truth):
            rep = counter.rep(i)
            assert abs(rep.turn_ms - true.turn_ms) < 600
            out_ms = rep.concentric_ms if EXERCISES[exercise].lifts_first else rep.eccentric_ms
            assert out_ms == rep.turn_ms - rep.start_ms


@pytest.mark.parametrize("at_wrist", [False, True])
def test_a_pulldown_begins_downwards_at_the_wrist_and_upwards_on_the_stack(at_wrist: bool) -> None:
    lift = Lift(8, up_s=1.0, down_s=1.6, starts_at_top=at_wrist)
    counter = count(lift.samples(), CODES["lat_pulldown"], RepCounter(at_wrist))
    assert counter.count == 8
    out_s = lift.down_s if at_wrist else lift.up_s
    for i in range(8):
        rep = counter.rep(i)
        assert abs(rep.turn_ms - 1000 * (lift.lead_s + 3.0 * i + out_s)) < 700
        assert rep.concentric_ms == rep.turn_ms - rep.start_ms


@pytest.mark.parametrize("exercise", ["squat", "overhead_press"])
def test_a_planned_set_whose_start_nobody_saw_loses_no_repetition(exercise: str) -> None:
    """The record begins in the first lift, or a squat begins at the bottom, from the pins."""
    lift = Lift(8, rest_s=0.2)
    begun_ms = 1000 * (lift.lead_s + 0.6)
    rows = lift.samples()
    late = [row for row in rows if row[0] >= begun_ms]
    seen = rows if exercise == "squat" else late
    assert count(seen, exercise=CODES[exercise]).count == 8


def test_a_repetition_has_its_times_and_tempo() -> None:
    lift = Lift(10, up_s=1.0, down_s=2.0, rest_s=0.3)
    counter = count(lift.samples())
    reps = [
        (r.start_ms, r.turn_ms, r.end_ms, r.concentric_ms, r.eccentric_ms)
        for r in map(counter.rep, range(10))
    ]
    for i, (start_ms, turn_ms, end_ms, concentric_ms, eccentric_ms) in enumerate(reps):
        assert start_ms < turn_ms < end_ms
        assert concentric_ms + eccentric_ms == end_ms - start_ms
        truth_ms = 1000 * (lift.lead_s + i * 3.3 + 1.0)
        assert abs(turn_ms - truth_ms) < 700
    durations = [end_ms - start_ms for start_ms, _, end_ms, _, _ in reps[1:-1]]
    assert np.median(durations) == pytest.approx(3300, abs=250)


def test_the_first_four_are_credited_together_and_the_next_ones_within_a_second_of_their_end() -> None:
    lift = Lift(8, rest_s=0.3)
    counter = RepCounter()
    counter.begin(0)
    credits = [(row[0], n) for row in lift.samples() if (n := counter.push(*row))]
    assert credits[0][1] >= 3  # four in a row, the last of which may not have ended yet
    for i, (at_ms, n) in enumerate(credits[1:]):
        done = credits[0][1] + i + 1
        ended_ms = 1000 * (lift.lead_s + done * 3.0)
        assert n == 1
        assert at_ms < ended_ms + 1000


def test_nothing_is_counted_at_rest() -> None:
    counter = count(still())
    assert counter.count == 0
    assert counter.last_reject == STILL


@pytest.mark.parametrize("step_hz", [1.3, 1.5, 1.8, 2.2, 2.8])
def test_walking_is_not_counted(step_hz: float) -> None:
    counter = count(walk(step_hz=step_hz))
    assert counter.count == 0
    assert counter.last_reject in (WALKING, TOO_FAST, NO_RUN, STILL)


def test_walking_after_a_set_adds_nothing() -> None:
    rows = Lift(8).samples()
    rows += later(walk(40.0), rows[-1][0] + 20)
    assert count(rows).count in (8, 9)


def test_single_bumps_are_no_repetitions() -> None:
    rows = still(60.0)
    for at in (500, 1200, 2300):  # racking, picking up, putting down
        for i in range(at, at + 15):
            t_ms, ax, ay, az, *rest = rows[i]
            rows[i] = (t_ms, 2 * ax, 2 * ay, 2 * az, *rest)  # type: ignore[assignment]
    assert count(rows).count == 0


def test_a_short_planned_set_counts_at_its_end() -> None:
    rows = Lift(3).samples()
    assert count(rows).count == 0
    assert count(rows, exercise=1).count == 3


@pytest.mark.parametrize("reps", [2, 3])
def test_a_short_planned_set_begins_by_itself(reps: int) -> None:
    rows = Lift(reps, lead_s=4, tail_s=6).samples()
    for least_reps, expected in ((reps, reps), (4, 0), (0, 0)):
        counter = RepCounter()
        counter.begin(0, 1, 0, least_reps)
        assert sum(counter.push(*row) for row in rows) == expected


def test_upside_down_is_the_same() -> None:
    rows = Lift(9).samples()
    turned = [(t, -x, y, -z, -u, v, -w) for t, x, y, z, u, v, w in rows]
    assert count(rows).count == count(turned).count == 9


def test_a_gap_and_a_stuck_sensor_do_no_harm() -> None:
    rows = Lift(10).samples()
    gap = [row for row in rows if not 12000 < row[0] < 13500]
    assert abs(count(gap).count - 10) <= 1
    stuck = [(row[0], *rows[600][1:]) if 12000 < row[0] < 13500 else row for row in rows]
    assert abs(count(stuck).count - 10) <= 1


@pytest.mark.parametrize("seed", range(5))
def test_plates_that_land_hide_no_repetition(seed: int) -> None:
    lift = Lift(10, up_s=1.2, down_s=1.6, rest_s=0.3, range_mm=300)
    rows = lift.samples(seed=seed)
    rng = np.random.default_rng(seed)
    for i in range(10):
        if rng.random() < 0.5:  # one in two lands, and twice the weight is felt for a moment
            blow_ms = 1000 * lift.lead_s + 3100 * i + 2800 + rng.integers(-100, 250)
            rows = [
                (t, 2 * x, 2 * y, 2 * z, *spin) if blow_ms <= t < blow_ms + 140 else (t, x, y, z, *spin)
                for t, x, y, z, *spin in rows
            ]
    assert abs(count(rows).count - 10) <= 1


def test_saturated_and_repeated_samples_do_no_harm() -> None:
    rows = []
    for row in Lift(8).samples():
        rows += [row, row]  # a FIFO read twice: time does not advance
    rows[300] = (rows[300][0], 16000, 16000, 16000, 20000, 20000, 20000)
    rows[500] = (rows[500][0], -16000, 0, 0, 0, 0, 0)
    assert abs(count(rows).count - 8) <= 1


def test_stuck_values_alone_count_nothing() -> None:
    for value in (0, 1000, 16000, -16000):
        assert count([(20 * i, value, value, value, value, value, value) for i in range(3000)]).count == 0


def test_a_clock_that_stands_or_runs_back_is_ignored() -> None:
    counter = RepCounter()
    counter.begin(0)
    for t_ms in (100, 100, 50, 0, 120):
        assert counter.push(t_ms, 0, 0, 1000, 0, 0, 0) == 0
    assert counter.finish(120) == 0


def test_a_long_set_keeps_its_latest_64() -> None:
    counter = count(Lift(80, up_s=0.8, down_s=0.8, rest_s=0.2).samples(25))
    assert counter.count == 80
    assert counter.rep(79).end_ms > counter.rep(16).end_ms
    with pytest.raises(IndexError, match="repetition 15 of 80 is not kept"):
        counter.rep(15)


def test_three_own_repetitions_calibrate_range_and_start() -> None:
    counter = count(Lift(3, range_mm=500).samples(), exercise=1)
    kept = counter.calibrate()
    assert kept is not None
    again = RepCounter()
    again.calibration = kept
    full = count(Lift(5, range_mm=500).samples(seed=2), counter=again)
    assert full.count == 5
    assert 850 <= full.rep(2).range_permille <= 1150
    partial = count(Lift(5, range_mm=330).samples(seed=4), counter=again)
    assert partial.rep(2).range_permille < 800


@pytest.mark.parametrize(("at_wrist", "sooner"), [(True, True), (False, False)])
def test_a_calibrated_wrist_starts_its_count_sooner(at_wrist: bool, sooner: bool) -> None:
    """On what is lifted two repetitions do not tell the period well enough."""
    plain, calibrated = RepCounter(at_wrist), RepCounter(at_wrist)
    calibrated.calibration = count(Lift(8).samples()).calibrate()
    first_ms = []
    for counter in (plain, calibrated):
        counter.begin(0)
        first_ms.append(next(row[0] for row in Lift(8).samples(seed=2) if counter.push(*row)))
    assert (first_ms[1] < first_ms[0]) == sooner


def test_fewer_than_three_do_not_calibrate() -> None:
    assert count(still()).calibrate() is None
