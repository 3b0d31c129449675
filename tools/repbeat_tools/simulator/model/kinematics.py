"""From an arm's path to what a motion sensor on its wrist measures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

STEP_MS = 10.0
STEP_S = STEP_MS / 1000
G = 9.80665  # m/s2
SOFT_S = 0.16  # rise of muscle force in a voluntary contraction: 100-200 ms (Aagaard 2002)

# Columns of a path: place in the world (x forward, y left, z up, metres), forearm pitch and roll (radians).
X, Y, Z, PITCH, ROLL = range(5)


def ease(n: int) -> Array:
    """From 0 to 1 in n steps along the minimum-jerk curve (Flash and Hogan 1985): how arms move between
    rests."""
    t = np.arange(1, n + 1) / n
    return t**3 * (10 + t * (6 * t - 15))


def swing(n: int) -> Array:
    """From 0 to 1 in n steps along half a cosine: rhythmic movement, pushed hardest where it turns."""
    return (1 - np.cos(np.pi * np.arange(1, n + 1) / n)) / 2


def soften(way: Array) -> Array:
    """The same way with muscles that take SOFT_S to build their force, and so half of it later."""
    width = steps(SOFT_S) | 1
    window = np.hanning(width + 2)[1:-1]
    return np.convolve(np.concatenate([np.zeros(width - 1), way]), window / window.sum(), mode="valid")


def steps(seconds: float) -> int:
    return max(1, round(seconds / STEP_S))


def glide(start: Array, end: Array, seconds: float) -> Array:
    """A path from one pose to another, at rest at both ends; shape (n, 5), without the start itself."""
    return start + ease(steps(seconds))[:, None] * (end - start)


def taper(n: int, edge_s: float = 0.5) -> Array:
    """1 in the middle, smoothly 0 at both ends: lets an oscillation begin and end at rest."""
    edge = min(n // 2, steps(edge_s))
    window = np.ones(n)
    window[:edge] = ease(edge)
    window[n - edge :] = ease(edge)[::-1]
    return window


def rotations(pitch: Array, roll: Array, mount: Array) -> Array:
    """Orientation of the sensor in the world for each pose, shape (n, 3, 3).

    `mount`: how it sits on the arm.
    """
    cp, sp, cr, sr = np.cos(pitch), np.sin(pitch), np.cos(roll), np.sin(roll)
    zero, one = np.zeros_like(cp), np.ones_like(cp)
    about_y = np.stack([cp, zero, sp, zero, one, zero, -sp, zero, cp], axis=-1).reshape(-1, 3, 3)
    about_x = np.stack([one, zero, zero, zero, cr, -sr, zero, sr, cr], axis=-1).reshape(-1, 3, 3)
    result: Array = about_y @ about_x @ mount
    return result


def sense(before: Array, path: Array, mount: Array) -> Array:
    """What an ideal sensor measures along `path` (n, 5), `before` (2, 5) being the two poses before it.

    Rows of ax ay az in g (gravity included, so +1 g along what points up) and gx gy gz in deg/s. The path
    is taken to stay at its last pose afterwards.
    """
    whole = np.vstack([before[-1:], path, path[-1:]])
    acceleration = (whole[2:, :3] - 2 * whole[1:-1, :3] + whole[:-2, :3]) / STEP_S**2
    frames = rotations(whole[:-1, PITCH], whole[:-1, ROLL], mount)
    specific = acceleration + np.array([0.0, 0.0, G])
    body = np.einsum("nji,nj->ni", frames[1:], specific) / G
    turn = np.einsum(
        "nji,njk->nik", frames[:-1], frames[1:]
    )  # small rotation of one step, in the body's axes
    rate = np.stack(
        [turn[:, 2, 1] - turn[:, 1, 2], turn[:, 0, 2] - turn[:, 2, 0], turn[:, 1, 0] - turn[:, 0, 1]], 1
    )
    return np.hstack([body, np.degrees(rate / 2 / STEP_S)])


def mounting(rng: np.random.Generator) -> Array:
    """A band is never put on twice alike: turned around the forearm by up to 25 degrees, slanted by up to
    8."""
    around, slant = np.radians(rng.uniform(-25, 25)), np.radians(rng.uniform(-8, 8))
    c, s = np.cos(around), np.sin(around)
    turn = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    c, s = np.cos(slant), np.sin(slant)
    mount: Array = turn @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    return mount
