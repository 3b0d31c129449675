"""A heart: its rate follows effort, its beats vary with breath, its pulse is seen through the skin."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

import numpy as np

from repbeat_tools.simulator.model.kinematics import STEP_MS, Array

RISE_S = 20.0  # time constants of heart rate at the onset of exercise and after it (Bunc 1988; Bearden 2001:
FALL_S = 55.0  # about 20-30 s on, 50-70 s off for moderate work)
BREATH_HZ = 0.25
BREATH_EFFORT_HZ = 0.3  # added at full effort
SINUS_ARRHYTHMIA = 0.04  # of the interval at rest; vanishes towards the maximum (Hayano 1996)
JITTER = 0.008  # what is left of beat-to-beat variation
TRANSIT_MS = 220.0  # heart to wrist
DC_NA_PER_MA = (220.0, 180.0)  # infrared, red: photocurrent per LED current on skin
OFF_SKIN_NA_PER_MA = 0.5
PERFUSION = 0.012  # size of the pulse relative to the steady light at a wrist at rest
MOTION_PER_G = (0.010, 0.007)  # change of light per g of movement
LIGHT_NOISE = 6e-5  # relative, of each sample


@dataclass
class HeartTruth:
    """Beats at the heart (ms), the interval before each (ms), and the rate once a second."""

    beats_ms: list[float] = field(default_factory=list)
    rr_ms: list[float] = field(default_factory=list)
    bpm: list[tuple[float, float]] = field(default_factory=list)  # (t_ms, beats a minute)

    def beats_between(self, start_ms: float, end_ms: float) -> list[tuple[float, float]]:
        """(beat, interval before it) in ms for start_ms <= beat < end_ms: what a chest strap would tell."""
        first, last = bisect_left(self.beats_ms, start_ms), bisect_left(self.beats_ms, end_ms)
        return list(zip(self.beats_ms[first:last], self.rr_ms[first:last], strict=True))


class Heart:
    """Call `advance` for consecutive stretches of time; deterministic by seed."""

    def __init__(
        self, seed: int, resting_bpm: float = 60.0, max_bpm: float = 190.0, start_ms: float = 0.0
    ) -> None:
        self._rng = np.random.default_rng([seed, 2])
        self.resting_bpm = resting_bpm
        self.max_bpm = max_bpm
        self.contact = 1.0  # 0: the band is off the skin
        self.truth = HeartTruth()
        self._bpm = resting_bpm
        self._now_ms = start_ms
        self._beat_ms = start_ms
        self._next_second_ms = start_ms
        self._breath = 0.0  # phase
        self._drift = self._rng.uniform(0, 2 * np.pi, 2)
        self._artefact = np.zeros(3)
        self._gravity: Array | None = None

    def advance(self, effort: Array, acceleration_g: Array) -> Array:
        """Light at the sensor for steps of 10 ms: rows of infrared, red in nA per mA.

        effort (n,): 0 resting … 1 all that the athlete can; acceleration_g (n, 3): what shakes the sensor.
        """
        n = len(effort)
        t_ms = self._now_ms + STEP_MS * np.arange(n, dtype=np.float64)
        for i in range(n):
            self._step(float(effort[i]), float(t_ms[i]))
        self._now_ms += n * STEP_MS
        return self._light(t_ms, acceleration_g)

    def _step(self, effort: float, t_ms: float) -> None:
        step_s = STEP_MS / 1000
        aim = self.resting_bpm + effort * (self.max_bpm - self.resting_bpm)
        self._bpm += (aim - self._bpm) * step_s / (RISE_S if aim > self._bpm else FALL_S)
        reserve = (self._bpm - self.resting_bpm) / (self.max_bpm - self.resting_bpm)
        self._breath += 2 * np.pi * (BREATH_HZ + BREATH_EFFORT_HZ * reserve) * step_s
        if t_ms >= self._next_second_ms:
            self.truth.bpm.append((t_ms, self._bpm))
            self._next_second_ms += 1000.0
        # Beats are placed ahead of time, so that the light of the present can hold the pulse's rising edge.
        while self._beat_ms < t_ms + 1000:
            arrhythmia = SINUS_ARRHYTHMIA * max(0.0, 1 - reserve) ** 2 * np.sin(self._breath)
            rr_ms = 60000 / self._bpm * (1 + arrhythmia + self._rng.normal(0, JITTER * (1 - 0.7 * reserve)))
            self._beat_ms += float(rr_ms)
            self.truth.beats_ms.append(self._beat_ms)
            self.truth.rr_ms.append(float(rr_ms))

    def _light(self, t_ms: Array, acceleration_g: Array) -> Array:
        pulse = np.zeros(len(t_ms))
        for beat_ms, rr_ms in self.truth.beats_between(float(t_ms[0]) - 2500, float(t_ms[-1]) + 1000):
            pulse += wave((t_ms - beat_ms - TRANSIT_MS) / 1000, rr_ms / 1000)
        motion = self._shaking(acceleration_g)
        wander = 0.004 * np.sin(2 * np.pi * BREATH_HZ * t_ms / 1000 + self._drift[0])
        wander += 0.006 * np.sin(2 * np.pi * 0.03 * t_ms / 1000 + self._drift[1])
        rows = np.empty((len(t_ms), 2))
        for channel, dc in enumerate(DC_NA_PER_MA):
            size = PERFUSION * (1.0, 0.6)[channel]
            change = wander - size * pulse + motion[:, channel] + self._rng.normal(0, LIGHT_NOISE, len(t_ms))
            rows[:, channel] = self.contact * dc * (1 + change) + (1 - self.contact) * OFF_SKIN_NA_PER_MA
        return np.maximum(rows, 0)

    def _shaking(self, acceleration_g: Array) -> Array:
        """Blood and band move with the arm: the changing part of the acceleration, smoothed over 60 ms."""
        motion = np.empty((len(acceleration_g), 2))
        if self._gravity is None:
            self._gravity = acceleration_g[0].copy()
        for i, a in enumerate(acceleration_g):
            self._gravity += 0.005 * (a - self._gravity)
            self._artefact += 0.15 * (a - self._gravity - self._artefact)
            x, y, z = self._artefact
            motion[i, 0] = MOTION_PER_G[0] * (x + 0.5 * y - 0.3 * z)
            motion[i, 1] = MOTION_PER_G[1] * (0.8 * x - 0.2 * y + 0.6 * z)
        return motion


def wave(t_s: Array, rr_s: float) -> Array:
    """One pulse, t_s after its foot: the systolic peak and the dicrotic wave after it; height 1."""
    scale = np.sqrt(rr_s)  # systole shortens less than the whole cycle
    systole = np.exp(-0.5 * ((t_s - 0.16 * scale) / (0.055 * scale)) ** 2)
    dicrotic = 0.35 * np.exp(-0.5 * ((t_s - 0.40 * scale) / (0.085 * scale)) ** 2)
    result: Array = systole + dicrotic
    return result
