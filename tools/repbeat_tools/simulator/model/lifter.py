"""An arm that lifts, racks, rests, fidgets and walks, and what a wrist sensor measures of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from repbeat_tools.simulator.model import kinematics as k
from repbeat_tools.simulator.model.exercises import Exercise, exercise
from repbeat_tools.simulator.model.kinematics import STEP_MS, STEP_S, Array

ACCEL_NOISE_G = 0.002  # LSM6DSO in normal mode: 1.8-2.4 mg rms (DS12140, mechanical characteristics)
GYRO_NOISE_DPS = 0.1
TREMOR_G = 0.012  # physiological tremor under load, 8-12 Hz; grows towards failure
RHYTHM = 0.05  # standard deviation of log durations and of ranges from rep to rep
SLOWEST = 0.55  # share of the first repetition's velocity that is lost at failure (Sanchez-Medina 2011)
FIDGETS = 0.10  # chance of each in a stretch of rest, for an athlete of restlessness 1
WALKS = 0.03
LIFT_OFF = np.array([0.04, 0.0, 0.08, 0.0, 0.0])  # off the rack, the pins or the floor
REACH_S = 2.4  # nobody hurries to the bar, or away from it
BRACE_S = 2.6  # grip, set the shoulders, breathe in
READY_S = 1.6  # off the rack, or a step back from it, until the first repetition
BREATHE_S = 2.5  # weight down, hands still on it
HANGING = np.array([0.0, 0.0, 0.0, np.radians(80), 0.0])  # the arm at rest


@dataclass(frozen=True)
class RepTruth:
    """Times in ms of the world's clock: leaving the start pose, at the far end, back again."""

    start_ms: float
    turn_ms: float
    end_ms: float


@dataclass(frozen=True)
class Step:
    """A stretch of movement: rows of ax ay az [g] gx gy gz [deg/s] every 10 ms.

    A whole repetition has `reps` 1, and `turn` and `end` are the indices of its row at the far end and of the
    row back at the start. A recording may hold several, whose times nobody knows.
    """

    rows: Array
    reps: int = 0
    turn: int = 0
    end: int = 0
    effort: float = 0.0  # 0-1 of what this athlete can, for the heart


class Lifter:
    """Moves one arm. Every method gives the sensor's rows for the time that passes.

    Nothing jumps in between.
    """

    def __init__(self, seed: int, tempo: float = 1.0, restlessness: float = 0.5) -> None:
        """tempo: durations of repetitions, 1 = usual.

        Restlessness 0-1: share of a rest spent moving about.
        """
        self._rng = np.random.default_rng([seed, 1])
        self._mount = k.mounting(self._rng)
        self._tempo = tempo
        self._restlessness = restlessness
        self._poses = np.vstack([HANGING, HANGING])

    def rest(self, seconds: float) -> Step:
        """Time between sets: mostly stillness, now and then a fidget or some steps."""
        mood = self._rng.random() / max(self._restlessness, 1e-9)
        if mood < FIDGETS:
            path = self._fidget(self._stay(self._rng.uniform(1.5, 4.0)))
        elif mood < FIDGETS + WALKS:
            path = self._walk(self._stay(self._rng.uniform(4.0, 7.0)))
        else:
            path = self._stay(seconds)
        return Step(self._render(path), effort=0.05)

    def perform(self, slug: str, capability: float) -> Iterator[Step]:
        """A set that goes on until its consumer stops: un-racking, then one step a repetition.

        capability: repetitions that would be possible; the nearer, the slower.
        """
        e = exercise(slug)
        yield self._take_hold(e)
        yield self._bump(
            np.vstack([self._shift(LIFT_OFF, 0.8), self._stay_after(LIFT_OFF, self._vary(READY_S))])
        )
        done = 0
        while True:
            yield self._repeat(e, done / max(1.0, capability))
            done += 1

    def rack(self) -> Step:
        """Put the weight down, breathe, let go, and let the arm hang."""
        wait = Step(self._render(self._stay(self._vary(0.7))))
        down = self._bump(
            np.vstack([self._shift(-LIFT_OFF, 0.8), self._stay_after(-LIFT_OFF, self._vary(BREATHE_S))])
        )
        hang = self._render(k.glide(self._poses[-1], HANGING, self._vary(REACH_S)))
        return Step(np.vstack([wait.rows, down.rows, hang]), effort=0.2)

    def _take_hold(self, e: Exercise) -> Step:
        """Reach for the weight, grip it and brace: the start pose, still on its support."""
        start = np.array([0.3, 0.1, 0.4, np.radians(e.pitch_deg), np.radians(e.roll_deg)])
        reach = k.glide(self._poses[-1], start - LIFT_OFF, self._vary(REACH_S))
        return Step(
            self._render(np.vstack([reach, np.repeat(reach[-1:], k.steps(self._vary(BRACE_S)), axis=0)]))
        )

    def _stay(self, seconds: float) -> Array:
        return np.repeat(self._poses[-1:], k.steps(seconds), axis=0)

    def _stay_after(self, shift: Array, seconds: float) -> Array:
        return self._stay(seconds) + shift

    def _shift(self, shift: Array, seconds: float) -> Array:
        return k.glide(self._poses[-1], self._poses[-1] + shift, self._vary(seconds))

    def _repeat(self, e: Exercise, fatigue: float) -> Step:
        slow = 1 / (1 - SLOWEST * min(1.0, fatigue) ** 1.5)
        lift_s = self._vary(e.concentric_s * self._tempo * slow)
        lower_s = self._vary(e.eccentric_s * self._tempo)
        out_s, back_s = (lift_s, lower_s) if e.lifts_first else (lower_s, lift_s)
        turn_s, start_s = self._vary(e.turn_s), self._vary(e.start_s * (1 + fatigue))
        size = np.exp(self._rng.normal(0, RHYTHM / 2))
        n_out, n_turn, n_back, n_start = (k.steps(s) for s in (out_s, turn_s, back_s, start_s))
        way = np.concatenate([k.swing(n_out), np.ones(n_turn), 1 - k.swing(n_back), np.zeros(n_start)])
        path = self._along(e, size * k.soften(way))
        rows = self._render(path, tremor_g=TREMOR_G * (1 + 3 * fatigue**2))
        late = k.steps(k.SOFT_S / 2)
        turn, end = n_out + n_turn // 2 + late, n_out + n_turn + n_back + late
        return Step(rows, 1, turn, end, effort=0.5 + 0.5 * min(1.0, fatigue))

    def _along(self, e: Exercise, share: Array) -> Array:
        """Poses at a share of the way from the start pose to the far one."""
        path = np.repeat(self._poses[-1:], len(share), axis=0)
        tilt = np.radians(e.tilt_deg) * share
        path[:, k.ROLL] += np.radians(e.twist_deg) * share
        if e.elbow_m:
            pitch = self._poses[-1, k.PITCH]
            path[:, k.X] += e.elbow_m * (np.cos(pitch + tilt) - np.cos(pitch))
            path[:, k.Z] -= e.elbow_m * (np.sin(pitch + tilt) - np.sin(pitch))
        else:
            path[:, k.X] += e.reach_m * share + 4 * e.bow_m * share * (1 - share)
            path[:, k.Z] += e.rise_m * share
        path[:, k.PITCH] += tilt
        return path

    def _fidget(self, path: Array) -> Array:
        """Scratching, drinking, looking at the band: a movement there and back."""
        n = len(path)
        target = np.array([*self._rng.uniform(-0.25, 0.25, 3), *self._rng.uniform(-0.9, 0.9, 2)])
        away = k.taper(n, self._rng.uniform(0.3, 0.5) * n * STEP_S)
        moved: Array = path + away[:, None] * target
        return moved

    def _walk(self, path: Array) -> Array:
        """Steps at 1.7-2 Hz: the body bounces at that rate, the arm swings at half of it."""
        n = len(path)
        phase = 2 * np.pi * self._rng.uniform(1.7, 2.0) * STEP_S * np.arange(n)
        swing = k.taper(n)
        path = path.copy()
        path[:, k.PITCH] += np.radians(self._rng.uniform(10, 22)) * swing * np.sin(phase / 2)
        path[:, k.Z] += 0.02 * swing * np.sin(phase)
        return path

    def _bump(self, path: Array) -> Step:
        """The path, with metal meeting metal on its way: a ringing of some tens of ms."""
        rows = self._render(path)
        at = k.steps(0.7)
        t = STEP_S * np.arange(len(rows) - at)
        ring = 0.5 * np.exp(-t / 0.03) * np.sin(2 * np.pi * 18 * t)
        rows[at:, :3] += ring[:, None] * self._rng.normal(0, 1, 3)
        return Step(rows, effort=0.3)

    def _render(self, path: Array, tremor_g: float = 0.0) -> Array:
        rows = k.sense(self._poses, path, self._mount)
        self._poses = np.vstack([self._poses, path])[-2:]
        n = len(rows)
        rows[:, :3] += self._rng.normal(0, ACCEL_NOISE_G, (n, 3))
        rows[:, 3:] += self._rng.normal(0, GYRO_NOISE_DPS, (n, 3))
        if tremor_g:
            phase = 2 * np.pi * self._rng.uniform(8, 12) * STEP_S * np.arange(n)
            rows[:, :3] += tremor_g * np.sin(phase)[:, None] * self._rng.uniform(-1, 1, 3)
        return rows

    def _vary(self, value: float) -> float:
        return float(value * np.exp(self._rng.normal(0, RHYTHM)))


def rep_truth(step: Step, begins_ms: float) -> RepTruth:
    """The repetition of a step whose first row is at begins_ms."""
    return RepTruth(begins_ms, begins_ms + step.turn * STEP_MS, begins_ms + step.end * STEP_MS)
