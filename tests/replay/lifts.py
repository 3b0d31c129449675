"""Synthetic sensor streams of lifts with known repetitions, in any mounting, and movements that are none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.signal.reps import RepCounter

G_MM_S2 = 9806.65
Sample = tuple[int, int, int, int, int, int, int]
Floats = npt.NDArray[np.float64]


def rotation(seed: int) -> Floats:
    """A random proper rotation."""
    q, r = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    return q if np.linalg.det(q) > 0 else -q


@dataclass
class Lift:
    """A load that goes up and down `reps` times: smooth phases, rests in between, still before and after."""

    reps: int = 8
    up_s: float = 1.2
    down_s: float = 1.5
    rest_s: float = 0.4
    turn_s: float = 0.0
    range_mm: float = 450.0
    lead_s: float = 2.0
    tail_s: float = 3.0
    starts_at_top: bool = False

    def path(self, t_s: Floats) -> Floats:
        """Height in mm; minimum-jerk phases, as limbs move."""
        height = np.zeros_like(t_s)
        at = self.lead_s
        first, second = (self.down_s, self.up_s) if self.starts_at_top else (self.up_s, self.down_s)
        sign = -1.0 if self.starts_at_top else 1.0
        for _ in range(self.reps):
            height += sign * self.range_mm * (smooth((t_s - at) / first))
            at += first + self.turn_s
            height -= sign * self.range_mm * (smooth((t_s - at) / second))
            at += second + self.rest_s
        return height

    @property
    def duration_s(self) -> float:
        per_rep = self.up_s + self.down_s + self.rest_s + self.turn_s
        return self.lead_s + self.reps * per_rep + self.tail_s

    def samples(self, rate_hz: float = 50.0, noise_mg: float = 8.0, seed: int = 1) -> list[Sample]:
        """As a sensor on the load sees it, in a random mounting, with jitter and noise."""
        rng = np.random.default_rng(seed)
        t_s = times(self.duration_s, rate_hz, rng)
        fine = np.arange(0, self.duration_s, 0.005)
        speed = np.gradient(self.path(fine), fine)
        vertical = np.interp(t_s, fine, np.gradient(speed, fine)) / G_MM_S2 * 1000
        world = np.stack([np.zeros_like(t_s), np.zeros_like(t_s), 1000 + vertical], axis=1)
        world += rng.normal(0, noise_mg, world.shape)
        return pack(t_s, world @ rotation(seed).T, rng.normal(0, 3, world.shape))


def curl(reps: int = 8, period_s: float = 3.0, degrees: float = 110.0, rate_hz: float = 50.0, seed: int = 1):
    """A forearm that turns by `degrees` and back: tilt and angular rate, little acceleration."""
    rng = np.random.default_rng(seed)
    t_s = times(2 + reps * period_s + 2, rate_hz, rng)
    phase = np.clip(t_s - 2, 0, reps * period_s) / period_s
    angle = np.radians(degrees) * (1 - np.cos(2 * np.pi * phase)) / 2
    rate = np.gradient(np.degrees(angle), t_s) * 10
    world = 1000 * np.stack([np.sin(angle), np.zeros_like(angle), np.cos(angle)], axis=1)
    world += rng.normal(0, 10, world.shape)
    turn = rotation(seed)
    spin = np.stack([np.zeros_like(rate), rate, np.zeros_like(rate)], axis=1)
    return pack(t_s, world @ turn.T, spin @ turn.T)


def bend(
    turns: Iterable[float],
    move_s: float = 2.5,
    hold_s: float = 1.0,
    lever_m: float = 0.3,
    lead_s: float = 4.0,
    rate_hz: float = 50.0,
    seed: int = 1,
    beginning: float = 0.0,
    tail_s: float = 2.0,
) -> list[Sample]:
    """A limb about a level joint, from `beginning` (degrees from hanging) by each of `turns` and back.

    The sensor sits `lever_m` from the joint and feels the limb's own acceleration there.
    """
    rng = np.random.default_rng(seed)
    turns = list(turns)
    t_s = times(lead_s + len(turns) * 2 * (move_s + hold_s) + tail_s, rate_hz, rng)
    fine = np.arange(0, t_s[-1] + 0.01, 0.005)
    path = np.full_like(fine, np.radians(beginning))
    at = lead_s
    for degrees in turns:
        path += np.radians(degrees) * smooth((fine - at) / move_s)
        at += move_s + hold_s
        path -= np.radians(degrees) * smooth((fine - at) / move_s)
        at += move_s + hold_s
    speed = np.gradient(path, fine)
    outward = -np.cos(path) - speed**2 * lever_m * 1000 / G_MM_S2
    along = np.sin(path) + np.gradient(speed, fine) * lever_m * 1000 / G_MM_S2
    of_limb = 1000 * np.stack([np.interp(t_s, fine, one) for one in (outward, 0 * path, along)], axis=1)
    of_limb += rng.normal(0, 8, of_limb.shape)
    turn = rotation(seed)
    spin = np.stack([0 * t_s, np.interp(t_s, fine, np.degrees(speed)) * 10, 0 * t_s], axis=1)
    return pack(t_s, of_limb @ turn.T, spin @ turn.T)


def walk(duration_s: float = 60.0, step_hz: float = 1.8, rate_hz: float = 50.0, seed: int = 1):
    """Steps at the wrist: a bounce a step, an arm swing every two."""
    rng = np.random.default_rng(seed)
    t_s = times(duration_s, rate_hz, rng)
    bounce = 250 * np.sin(2 * np.pi * step_hz * t_s) + 80 * np.sin(4 * np.pi * step_hz * t_s + 1)
    swing = 150 * np.sin(np.pi * step_hz * t_s)
    world = np.stack([swing, np.zeros_like(t_s), 1000 + bounce], axis=1) + rng.normal(0, 40, (len(t_s), 3))
    return pack(t_s, world @ rotation(seed).T, rng.normal(0, 200, world.shape))


def still(duration_s: float = 60.0, rate_hz: float = 50.0, noise_mg: float = 6.0, seed: int = 1):
    """A hand that rests."""
    rng = np.random.default_rng(seed)
    t_s = times(duration_s, rate_hz, rng)
    world = np.tile([0.0, 0.0, 1000.0], (len(t_s), 1)) + rng.normal(0, noise_mg, (len(t_s), 3))
    return pack(t_s, world @ rotation(seed).T, rng.normal(0, 3, world.shape))


def smooth(x: Floats) -> Floats:
    """Minimum-jerk step from 0 to 1."""
    x = np.clip(x, 0, 1)
    return x**3 * (10 - 15 * x + 6 * x * x)


def times(duration_s: float, rate_hz: float, rng: np.random.Generator) -> Floats:
    """Sample times with 15 % jitter, ascending."""
    n = int(duration_s * rate_hz)
    return np.sort(np.arange(n) / rate_hz + rng.uniform(-0.15, 0.15, n) / rate_hz).clip(0)


def pack(t_s: Floats, mg: Floats, decidps: Floats) -> list[Sample]:
    """Integers, clipped as a 16 g and 2000 deg/s sensor does."""
    rows = np.column_stack(
        [t_s * 1000, np.clip(mg, -16000, 16000), np.clip(decidps, -20000, 20000)],
    )
    return [tuple(row) for row in np.rint(rows).astype(int).tolist()]  # type: ignore[misc]


def later(samples: Iterable[Sample], by_ms: int) -> Iterator[Sample]:
    """The same samples, shifted in time."""
    for t_ms, *values in samples:
        yield (t_ms + by_ms, *values)  # type: ignore[misc]


def count(samples: Iterable[Sample], exercise: int = 0, counter: RepCounter | None = None) -> RepCounter:
    """Run a counter over a set from begin to finish."""
    counter = counter or RepCounter()
    rows = list(samples)
    counter.begin(rows[0][0], exercise)
    confirmed = sum(counter.push(*row) for row in rows)
    confirmed += counter.finish(rows[-1][0])
    assert confirmed == counter.count
    return counter
