"""A weight stack on its guide rods: where it is while somebody lifts it, and what a sensor on it measures."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from repbeat_tools.simulator.model import kinematics as k
from repbeat_tools.simulator.model.kinematics import STEP_MS, Array
from repbeat_tools.simulator.model.lifter import ACCEL_NOISE_G, GYRO_NOISE_DPS, RepTruth

TRAVEL_M = 0.45  # of a pressing or pulling station's stack, which moves as far as the hands do
SWAY_DPS = 2.0  # plates have some play on their rods


def height(reps: Iterable[RepTruth], start_ms: float, n: int) -> Array:
    """Metres above its rest every 10 ms from `start_ms` on, n values; up to each turn and down again."""
    out = np.zeros(n)
    t_ms = start_ms + STEP_MS * np.arange(n)
    for rep in reps:
        up = (t_ms >= rep.start_ms) & (t_ms < rep.turn_ms)
        down = (t_ms >= rep.turn_ms) & (t_ms < rep.end_ms)
        out[up] = (1 - np.cos(np.pi * (t_ms[up] - rep.start_ms) / (rep.turn_ms - rep.start_ms))) / 2
        out[down] = (1 + np.cos(np.pi * (t_ms[down] - rep.turn_ms) / (rep.end_ms - rep.turn_ms))) / 2
    return TRAVEL_M * out


def sense(heights: Array, rng: np.random.Generator) -> Array:
    """Rows of ax ay az [g] gx gy gz [deg/s] of a motion sensor on the top plate, one a height.

    A cable and a cushion take the edges off: no jerk of a hand is as sharp at the stack.
    """
    width = k.steps(k.SOFT_S) | 1
    window = np.hanning(width + 2)[1:-1]
    padded = np.pad(heights, width, mode="edge")
    soft = np.convolve(padded, window / window.sum(), mode="same")[width - 1 : len(padded) - width + 1]
    acceleration = np.diff(soft, 2) / k.STEP_S**2
    rows = np.zeros((len(heights), 6))
    rows[:, 2] = 1 + acceleration / k.G
    moving = np.abs(np.gradient(heights)) > 0
    rows[:, :3] += rng.normal(0, ACCEL_NOISE_G, (len(heights), 3))
    rows[:, 3:] += rng.normal(0, GYRO_NOISE_DPS, (len(heights), 3))
    rows[moving, 3:] += rng.normal(0, SWAY_DPS, (int(moving.sum()), 3))
    return rows
