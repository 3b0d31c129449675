"""No sample takes memory: what allocates comes once a search, a repetition or an estimate."""

import numpy as np

from repbeat_tools.replay.runner import Firmware

SAMPLE_MS = 10
SECONDS = 30
DRIVER = """
import gc
from device.signal.heart import HeartTracker
from device.signal.reps import RepCounter

def begin(options):
    global counter, tracker, taken
    counter, tracker = RepCounter(), HeartTracker()
    taken = {"cells": 0, "counter": 0, "points": 0, "tracker": 0}

def sample(t_ms, light, ax, ay, az):
    before, since = gc.mem_alloc(), counter._since
    confirmed = counter.push(t_ms, ax, ay, az, 0, 0, 0)
    after = gc.mem_alloc()
    if not confirmed and counter._since:  # else there was a search, or the threshold was renewed
        taken["cells"] += counter._since - since
        taken["counter"] += max(0, after - before)
    points, idle = tracker.front.points, tracker._slice < 0
    before = gc.mem_alloc()
    tracker.push(t_ms, light, light, ax, ay, az)
    after = gc.mem_alloc()
    if idle and tracker._slice < 0:
        taken["points"] += tracker.front.points - points
        taken["tracker"] += max(0, after - before)

def end():
    emit(taken)
    emit([counter.count, tracker.bpm_x10])
"""


def test_no_sample_allocates() -> None:
    t_s = np.arange(0, SECONDS, SAMPLE_MS / 1000)
    lift = 300 * np.sin(2 * np.pi * t_s / 3) * (t_s > 5)
    light = 120_000 + 400 * np.sin(2 * np.pi * 1.5 * t_s)
    noise = np.random.default_rng(8).normal(0, 5, (len(t_s), 3))
    motion = noise + np.column_stack([lift / 4, lift / 8, 1000 + lift])
    rows = np.column_stack([t_s * 1000, light, motion]).round().astype(int)
    with Firmware(DRIVER, heap_bytes=2 << 20) as firmware:
        taken, (count, bpm_x10) = firmware.replay(rows).emitted
    assert count >= 6
    assert abs(bpm_x10 - 900) < 50
    assert taken["cells"] > 200
    assert taken["points"] > 200
    assert taken["counter"] == taken["tracker"] == 0
