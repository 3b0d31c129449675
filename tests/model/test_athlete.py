"""The athlete's behaviour: what the band's cues bring about, and what is reported as truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from repbeat_tools.simulator.model import Athlete, PlannedSet
from repbeat_tools.simulator.model.cues import recognise

PLAN = [PlannedSet("squat", 6, 80, 40), PlannedSet("squat", 6, 80, 40)]
WORDS = {
    "ready": [80, 300],
    "rest_over": [80, 80, 80],
    "set_done": [300, 300],
    "session_done": [300, 300, 300],
    "countdown": [80, 80],
}


def buzz(cue: str, stretch: float = 1.0) -> dict[str, Any]:
    """The event of a motor that plays a cue, its pulses as exact as a busy processor makes them."""
    return {"type": "haptic", "t_ms": 0.0, "pulses": [[0.0, ms * stretch, 800] for ms in WORDS[cue]]}


def train(athlete: Athlete, band: dict[str, float], limit_s: float = 900) -> list[dict[str, Any]]:
    """Let time go on; `band` gives cues at world times in s. All messages."""
    messages = []
    waiting = sorted((t * 1000, cue) for cue, t in band.items())
    t_ms = 0.0
    while not athlete.done and t_ms < limit_s * 1000:
        t_ms += 200
        while waiting and waiting[0][0] <= t_ms:
            athlete.sense(buzz(waiting.pop(0)[1].rstrip("0123456789")))
        samples = athlete.feed(t_ms + 300)
        assert samples.imu.shape == (len(samples.t_ms), 6)
        assert samples.ppg.shape == (len(samples.t_ms), 2)
        messages += samples.messages
    return messages


@pytest.mark.parametrize("stretch", [0.9, 1.0, 1.4])
def test_cues_are_told_by_their_pulses(stretch: float) -> None:
    for cue in WORDS:
        assert recognise(buzz(cue, stretch)["pulses"]) == cue
    assert recognise([[0, 300, 800]] * 7) is None


def test_a_session_by_the_cues() -> None:
    athlete = Athlete(1, PLAN, one_rep_max_kg={"squat": 120})
    messages = train(athlete, {"ready": 4, "rest_over": 75, "session_done": 120})
    assert messages == [
        {"type": "button", "t_ms": 3000.0, "down": True},
        {"type": "button", "t_ms": 3200.0, "down": False},
    ]
    first, second = athlete.truth.sets
    assert [s.reps for s in athlete.truth.sets] == [6, 6]
    assert first.cued
    assert second.cued
    assert 4000 <= first.start_ms <= 7000
    assert 75_000 <= second.start_ms <= 85_000
    for one in (first, second):
        ends = [
            one.start_ms,
            *(t for rep in one.rep_times for t in (rep.start_ms, rep.turn_ms, rep.end_ms)),
            one.end_ms,
        ]
        assert ends == sorted(ends)
        assert len(one.rep_times) == one.reps


def test_stops_when_the_band_says_so() -> None:
    athlete = Athlete(2, [PlannedSet("squat", 12, 60)], one_rep_max_kg={"squat": 120})
    train(athlete, {"ready": 4, "set_done": 22, "session_done": 60})
    assert 1 <= athlete.truth.sets[0].reps <= 6
    assert 22_000 <= athlete.truth.sets[0].end_ms <= 27_000


def test_strength_is_a_limit() -> None:
    """Epley: 100 kg of 120 kg is six repetitions; less when not fresh."""
    athlete = Athlete(3, [PlannedSet("squat", 12, 100, 30)] * 3, one_rep_max_kg={"squat": 120})
    train(athlete, {"ready": 4, "rest_over1": 60, "rest_over2": 110, "session_done": 170})
    reps = [s.reps for s in athlete.truth.sets]
    assert reps[0] == 6
    assert reps == sorted(reps, reverse=True)
    assert reps[2] < 6


def test_an_unanswered_button_is_pressed_again_and_given_up() -> None:
    athlete = Athlete(4, PLAN)
    messages = train(athlete, {})
    assert sum(m["down"] for m in messages) == 3
    assert athlete.unanswered
    assert athlete.done
    assert athlete.truth.sets == []


def test_patience_ends_and_a_long_press_says_goodbye() -> None:
    """No cue for the next set: it is begun at last, and marked; no end of the session: the long press."""
    athlete = Athlete(5, PLAN, one_rep_max_kg={"squat": 120})
    messages = train(athlete, {"ready": 4})
    assert [s.cued for s in athlete.truth.sets] == [True, False]
    assert athlete.truth.sets[1].start_ms - athlete.truth.sets[0].end_ms > 140_000
    down, up = messages[-2:]
    assert up["t_ms"] - down["t_ms"] == 1500


def test_same_seed_and_cues_same_everything() -> None:
    band = {"ready": 4.0, "rest_over": 75.0, "session_done": 120.0}
    runs = []
    for seed in (6, 6, 7):
        athlete = Athlete(seed, PLAN, one_rep_max_kg={"squat": 120})
        train(athlete, band)
        runs.append(athlete.truth)
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_samples_follow_each_other() -> None:
    athlete = Athlete(8, PLAN, start_ms=123.0)
    times = np.concatenate([athlete.feed(t).t_ms for t in (500, 501, 4000, 9000)])
    assert times[0] == 123.0
    assert np.diff(times) == pytest.approx(np.full(len(times) - 1, 10.0))
    assert times[-1] >= 8990
