"""What the firmware costs: heap with everything running, time a second of signal, line events a sample."""

from __future__ import annotations

import asyncio
from itertools import chain
from typing import Any

import numpy as np

from repbeat_tools.bench.ingest import Progress
from repbeat_tools.demo.scene import HEAP_KB, load_board
from repbeat_tools.replay.runner import Firmware
from repbeat_tools.simulator import Air, Virtual
from repbeat_tools.simulator.model import Athlete, PlannedSet
from repbeat_tools.simulator.model.heart import Heart
from repbeat_tools.simulator.model.lifter import Lifter
from repbeat_tools.simulator.players import stage

Rows = np.ndarray[Any, np.dtype[np.int32]]

SIGNAL_S = 60
SEED = 5
SAMPLE_MS = 10
RUNS = 10  # the least counts: code not yet compiled, cold caches and other programs only add
IMU_EVERY = 2  # 50 Hz motion, 100 Hz light: what the band's sensors deliver, rounded
OPTIONS = {"every": IMU_EVERY, "trace": False, "feed_only": False}

# The firmware's app with one task more: it says how much heap is live once everything runs. Code is
# counted apart: on a board it is frozen into flash, the drivers too, which are loaded on demand. The
# stand-ins for the chip's own modules are no part of the firmware: the count begins after them.
HEAP_MAIN = b"""
import asyncio, bluetooth, esp32, gc, machine

async def live():
    for _ in range(3):  # this interpreter collects when it is idle, and not everything at once
        gc.collect()
        await asyncio.sleep_ms(20)
    return gc.mem_alloc()

async def watch(baseline, code):
    while True:
        await asyncio.sleep(10)
        print("HEAP", code, await live() - baseline - code)

async def main():
    baseline = await live()
    import device.drivers.lsm6dso, device.drivers.max30102
    from device.system import app
    code = await live() - baseline
    asyncio.create_task(watch(baseline, code))
    await app.main()

asyncio.run(main())
"""

DRIVER = """
from device.signal.heart import HeartTracker
from device.signal.reps import RepCounter
from device.signal.zones import ZoneClock

class Lines:  # of one file
    def __init__(self):
        self.count = 0
        self.follow = self.trace

    def trace(self, frame, event, argument):
        if event == "line":
            self.count += 1
        return self.follow

class Nothing:
    def push(self, t_ms, ppg1, ppg2, ax, ay, az):
        return False

def begin(options):
    global counter, tracker, zones, every, at, parts
    counter, tracker, zones = RepCounter(), HeartTracker(), ZoneClock(60, 190)
    counter.begin(0, 0)
    every, at, parts = options["every"], 0, {}
    if options["feed_only"]:
        every, tracker = 1 << 30, Nothing()
    if options["trace"]:
        import sys
        def trace(frame, event, argument):
            name = frame.f_code.co_filename
            if "/device/" not in name:
                return None
            if name not in parts:
                parts[name] = Lines()
            return parts[name].follow
        sys.settrace(trace)

def sample(t_ms, ppg1, ppg2, ax, ay, az, gx, gy, gz):
    global at
    at += 1
    if at % every == 0:
        counter.push(t_ms, ax, ay, az, gx, gy, gz)
    if tracker.push(t_ms, ppg1, ppg2, ax, ay, az):
        zones.add(tracker.bpm_x10 // 10)

def end():
    import sys
    if hasattr(sys, "settrace"):
        sys.settrace(None)
    lines = {name.split("/")[-1][:-3]: part.count for name, part in parts.items()}
    emit([at, lines, counter.count])
"""


def run(progress: Progress) -> dict[str, Any]:
    """Live heap in bytes, share of real time on this runtime, line events a sample, in all and by file.

    Share and events are the firmware's: what feeding the samples costs by itself is taken off.
    """
    code, state = asyncio.run(_heap())
    progress("firmware", 1, 3)
    rows = _signal(SIGNAL_S)
    with Firmware(DRIVER, timeout_s=120) as firmware:
        busy_ms = _least_ms(firmware, rows, OPTIONS) - _least_ms(
            firmware, rows, OPTIONS | {"feed_only": True}
        )
    progress("firmware", 2, 3)
    with Firmware(DRIVER, timeout_s=300, wasm="micropython-settrace.wasm") as firmware:
        samples, lines, repetitions = firmware.replay(rows, OPTIONS | {"trace": True}).emitted[0]
    progress("firmware", 3, 3)
    return {
        "live_heap_bytes": state,
        "code_heap_bytes": code,
        "realtime_share": busy_ms / (SIGNAL_S * 1000),
        "events_per_sample": sum(lines.values()) / samples,
        "events_by_file": {name: lines[name] / samples for name in sorted(lines, key=lambda n: -lines[n])},
        "repetitions": repetitions,
    }


def _least_ms(firmware: Firmware, rows: Rows, options: dict[str, Any]) -> float:
    return min(firmware.replay(rows, options).busy_ms for _ in range(RUNS))


def _athlete() -> Athlete:
    return Athlete(SEED, [PlannedSet("bench_press", reps=10, load_kg=60, rest_s=60)] * 2)


def _signal(seconds: int) -> Rows:
    """Half at rest, half in a set, as the chips would deliver it: counts, milli-g, 0.1 degrees a second."""
    lifter, heart = Lifter(SEED), Heart(SEED)
    n = seconds * 1000 // SAMPLE_MS
    motion, light, length = [], [], 0
    for step in chain([lifter.rest(seconds / 2)], lifter.perform("bench_press", capability=100)):
        motion.append(step.rows)
        light.append(heart.advance(np.full(len(step.rows), step.effort), step.rows[:, :3]))
        length += len(step.rows)
        if length >= n:
            break
    times = np.arange(n)[:, None] * SAMPLE_MS
    counts = np.vstack(light)[:n] * 500  # about what the optical driver reads at 7 mA
    chip = np.vstack(motion)[:n] * np.array([1000, 1000, 1000, 10, 10, 10])
    return np.hstack([times, counts, chip]).round().astype(np.int32)


async def _heap() -> tuple[int, int]:
    """(bytes of code, bytes of state) on the heap of a band in the middle of a session."""
    async with Air(clock=Virtual()) as air:
        files = {"/main.py": HEAP_MAIN}
        band = await air.device("band", board=load_board(), files=files, heap_kb=HEAP_KB)
        await stage.train(_athlete(), band, band.advance, limit_s=60)
        found = [line.split() for line in band.lines if line.startswith("HEAP")]
    return int(found[-1][1]), max(int(one[2]) for one in found)
