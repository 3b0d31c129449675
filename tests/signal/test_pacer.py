"""The breathing pacer: cues at the right moments, figures of the minutes around them and of nothing else."""

from device.signal.pacer import (
    AFTER,
    BEFORE,
    BREATHE_IN,
    BREATHE_OUT,
    DONE,
    PACED,
    PHASE,
    BreathingExercise,
    PaceRefused,
)


def run(exercise, start_ms, rr_ms_in, step_ms=50, limit_ms=600000):
    """[(ms since the start, cue)] until DONE; intervals by phase from `rr_ms_in(phase, beat)`."""
    said = []
    beat = 0
    next_beat_ms = start_ms + rr_ms_in(BEFORE, 0)
    for now_ms in range(start_ms, start_ms + limit_ms, step_ms):
        while now_ms >= next_beat_ms:
            exercise.interval(rr_ms_in(exercise.phase, beat))
            beat += 1
            next_beat_ms += rr_ms_in(exercise.phase, beat)
        cue = exercise.update(now_ms)
        if cue:
            said.append((now_ms - start_ms, cue))
        if exercise.phase == DONE:
            break
    return said


def slowing(phase, beat):
    """75 bpm with RMSSD 10 before, 60 bpm with RMSSD 40 after, and wild swings in between."""
    if phase == BEFORE:
        return 800 + (10 if beat % 2 else 0)
    if phase == PACED:
        return 900 + 150 * (beat % 3 - 1)
    return 1000 + (40 if beat % 2 else 0)


def test_cues_come_at_six_breaths_a_minute() -> None:
    said = run(BreathingExercise(5000, 60), 5000, slowing)
    assert said[0] == (60000, PHASE)
    paced = [cue for cue in said if 60000 < cue[0] < 120000]
    assert [ms for ms, cue in paced if cue == BREATHE_IN] == [60050, 70000, 80000, 90000, 100000, 110000]
    assert [ms for ms, cue in paced if cue == BREATHE_OUT] == [64000 + 10000 * i for i in range(6)]
    assert [cue for ms, cue in said if ms >= 120000] == [PHASE, PHASE]


def test_figures_before_and_after() -> None:
    exercise = BreathingExercise(0, 120)
    run(exercise, 0, slowing)
    assert abs(exercise.before.mean_bpm - 74.5) < 0.5
    assert abs(exercise.before.rmssd_ms - 10) < 0.5
    assert abs(exercise.after.mean_bpm - 58.8) < 0.5
    assert abs(exercise.after.rmssd_ms - 40) < 1


def test_too_few_intervals_give_no_figures() -> None:
    exercise = BreathingExercise(0, 30)
    run(exercise, 0, lambda phase, beat: 800 if phase != AFTER else 2500)
    assert exercise.before is not None
    assert exercise.after is None


def test_other_paces() -> None:
    exercise = BreathingExercise(0, 60, 120, 50)
    exercise.update(60000)
    cues = [exercise.update(ms) for ms in (60001, 62499, 62500, 64999, 65000)]
    assert cues == [BREATHE_IN, 0, BREATHE_OUT, 0, BREATHE_IN]


def test_paces_nobody_should_breathe_are_refused() -> None:
    for arguments in ((0, 60, 20), (0, 60, 300), (0, 60, 60, 10), (0, 0)):
        try:
            BreathingExercise(*arguments)
        except PaceRefused:
            continue
        raise AssertionError(arguments)
