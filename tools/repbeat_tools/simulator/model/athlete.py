"""An athlete who trains by the band's cues: moves, tires, rests, presses the button.

Give it the band's haptic events, take sensor signals from it a little ahead of time; at the end its truth
says what really happened.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from repbeat_tools.simulator.model.cues import recognise
from repbeat_tools.simulator.model.heart import Heart, HeartTruth
from repbeat_tools.simulator.model.kinematics import STEP_MS
from repbeat_tools.simulator.model.lifter import Lifter, RepTruth, Step, rep_truth

SETTLE_S = 3.0  # puts the band on, then presses the button
ANSWER_S = 6.0  # how long a press may go without an answer before the next one
PRESSES = 3
PRESS_MS = 200.0
LONG_PRESS_MS = 1500.0
FAREWELL_S = 30.0  # after the last set: waits this long for the end of the session
PARTING_S = 5.0  # the band is worn a little longer, and can finish its records
TIRING = 0.10  # freshness that a set to failure costs
RECOVERY_S = 180.0  # time constant of its return
USUAL_CAPABILITY = 15.0  # repetitions where the athlete's strength is not known


class Motion(Protocol):
    """What moves the sensor: the physical lifter, or a player of recorded sets."""

    def rest(self, seconds: float) -> Step: ...
    def perform(self, slug: str, capability: float) -> Iterator[Step]: ...
    def rack(self) -> Step: ...


@dataclass(frozen=True)
class PlannedSet:
    """One set as the plan has it. `reps`: the top of the range, where the athlete stops by own counting."""

    exercise: str
    reps: int
    load_kg: float = 0.0
    rest_s: float = 90.0


@dataclass
class SetTruth:
    """What was done. Times in ms of the world's clock; `cued`: begun on the band's cue."""

    exercise: str
    planned: int
    load_kg: float
    cued: bool
    start_ms: float
    end_ms: float = 0.0
    reps: int = 0
    rep_times: list[RepTruth] = field(default_factory=list)


@dataclass(frozen=True)
class Truth:
    sets: list[SetTruth]
    heart: HeartTruth


@dataclass(frozen=True)
class Samples:
    """Signals for the chips, and what to tell the board; shapes (n,), (n, 6), (n, 2)."""

    t_ms: NDArray[np.float64]
    imu: NDArray[np.float32]
    ppg: NDArray[np.float32]
    messages: list[dict[str, Any]]


class Athlete:
    """`sense` takes the band's events, `feed` gives signals; deterministic by seed and by the cues' times."""

    def __init__(
        self,
        seed: int,
        plan: list[PlannedSet],
        *,
        one_rep_max_kg: dict[str, float] | None = None,
        resting_bpm: float = 60.0,
        max_bpm: float = 190.0,
        start_ms: float = 0.0,
        tempo: float = 1.0,
        restlessness: float = 0.5,
        motion: Motion | None = None,
    ) -> None:
        """one_rep_max_kg by exercise bounds how many repetitions are possible; start_ms: world time."""
        self._rng = np.random.default_rng([seed, 3])
        self._motion = motion or Lifter(seed, tempo, restlessness)
        self.heart = Heart(seed, resting_bpm, max_bpm, start_ms)
        self._strength = one_rep_max_kg or {}
        self._freshness = 1.0
        self._plan = plan
        self._now_ms = start_ms
        self._cues: set[str] = set()
        self._messages: list[dict[str, Any]] = []
        self._life = self._live()
        self.sets: list[SetTruth] = []
        self.done = False
        self.unanswered = False  # the band never answered the button: no session took place

    @property
    def truth(self) -> Truth:
        """What has happened so far."""
        return Truth(self.sets, self.heart.truth)

    def sense(self, event: dict[str, Any]) -> str | None:
        """An event of the band; haptic ones are felt. The cue's name, if it was one."""
        if event.get("type") != "haptic":
            return None
        cue = recognise(event["pulses"])
        if cue:
            self._cues.add(cue)
        return cue

    def feed(self, until_ms: float) -> Samples:
        """Signals from where the last call ended to until_ms at least: to the end of a repetition under
        way."""
        times, imu, ppg = [], [], []
        while self._now_ms < until_ms:
            step = next(self._life)
            n = len(step.rows)
            times.append(self._now_ms + STEP_MS * np.arange(n))
            imu.append(step.rows)
            ppg.append(self.heart.advance(np.full(n, step.effort), step.rows[:, :3]))
            self._now_ms += n * STEP_MS
            self._freshness += (1 - self._freshness) * (1 - np.exp(-n * STEP_MS / 1000 / RECOVERY_S))
        messages, self._messages = self._messages, []
        if not times:
            return Samples(np.empty(0), np.empty((0, 6), np.float32), np.empty((0, 2), np.float32), messages)
        return Samples(
            np.concatenate(times),
            np.vstack(imu).astype(np.float32),
            np.vstack(ppg).astype(np.float32),
            messages,
        )

    def capability(self, exercise: str, load_kg: float) -> float:
        """Repetitions possible now: Epley's formula turned around, times freshness."""
        one_rep_max = self._strength.get(exercise)
        fresh = 30 * (one_rep_max / load_kg - 1) if one_rep_max and load_kg else USUAL_CAPABILITY
        return max(0.0, fresh + 1e-9) * self._freshness

    def _live(self) -> Iterator[Step]:
        """One training session, as one step of movement after another."""
        yield self._motion.rest(SETTLE_S)
        yield from self._start_session()
        cued = True
        for i, planned in enumerate(self._plan if not self.unanswered else ()):
            if i:
                cued = yield from self._await("rest_over", 2 * self._plan[i - 1].rest_s + 60)
            yield from self._train(planned, cued)
        if self.sets and not (yield from self._await("session_done", FAREWELL_S)):
            self._press(LONG_PRESS_MS)
        yield self._motion.rest(PARTING_S)
        self.done = True
        while True:
            yield self._motion.rest(2.0)

    def _start_session(self) -> Generator[Step, None, None]:
        for _ in range(PRESSES):
            self._press(PRESS_MS)
            if (yield from self._await("ready", ANSWER_S)):
                return
        self.unanswered = True

    def _await(self, cue: str, patience_s: float) -> Generator[Step, None, bool]:
        """Rest until the cue is felt (True) or patience ends."""
        self._cues.discard(cue)
        end_ms = self._now_ms + patience_s * 1000
        while cue not in self._cues and self._now_ms < end_ms:
            yield self._motion.rest(self._rng.uniform(0.8, 2.0))
        return cue in self._cues

    def _train(self, planned: PlannedSet, cued: bool) -> Generator[Step, None, None]:
        capability = self.capability(planned.exercise, planned.load_kg)
        this = SetTruth(planned.exercise, planned.reps, planned.load_kg, cued, self._now_ms)
        self.sets.append(this)
        self._cues.discard("set_done")
        for step in self._motion.perform(planned.exercise, capability):
            if step.reps and (this.reps >= min(planned.reps, int(capability)) or "set_done" in self._cues):
                break
            if step.reps == 1:
                this.rep_times.append(rep_truth(step, self._now_ms))
            this.reps += step.reps
            yield step
        this.end_ms = self._now_ms
        self._freshness *= 1 - TIRING * min(1.0, this.reps / max(1.0, capability))
        yield self._motion.rack()

    def _press(self, duration_ms: float) -> None:
        self._messages.append({"type": "button", "t_ms": self._now_ms, "down": True})
        self._messages.append({"type": "button", "t_ms": self._now_ms + duration_ms, "down": False})
