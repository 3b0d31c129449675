"""On the board: what a second of motion and of optical signal costs, in microseconds of the processor."""

import gc
import json
from time import ticks_diff, ticks_us

from device.signal.heart import HeartTracker
from device.signal.reps import RepCounter

SECONDS = 20
IMU_HZ = 52
OPTICAL_HZ = 100


def reps_us() -> int:
    counter = RepCounter()
    counter.begin(0)
    gc.collect()
    start = ticks_us()
    for i in range(SECONDS * IMU_HZ):
        phase = i % IMU_HZ  # a sawtooth of 1 s: nothing to compute, everything to count
        counter.push(i * 1000 // IMU_HZ, 300 * phase // IMU_HZ, 0, 1000, 0, 0, 0)
    return ticks_diff(ticks_us(), start) // SECONDS


def heart_us() -> int:
    tracker = HeartTracker()
    gc.collect()
    start = ticks_us()
    for i in range(SECONDS * OPTICAL_HZ):
        beat = i % 80
        tracker.push(i * 1000 // OPTICAL_HZ, 100000 + 20 * beat, 90000 + 15 * beat, 0, 0, 1000)
    return ticks_diff(ticks_us(), start) // SECONDS


print(json.dumps({"reps_us_per_s": reps_us(), "heart_us_per_s": heart_us()}))
