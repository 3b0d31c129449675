"""Steps of treadmill runs, by the firmware, against the spectrum of the same acceleration; no repetitions."""

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from device.signal.reps import RepCounter
from repbeat_tools.replay.runner import Firmware

pytestmark = pytest.mark.recordings

RATE_HZ = 125
WINDOW_S = 10

DRIVER = """
from device.signal.steps import StepCounter

def begin(options):
    global counter
    counter = StepCounter()

def sample(t_ms, ax, ay, az):
    new = counter.push(t_ms, ax, ay, az)
    if new:
        emit([t_ms, new])

def end():
    pass
"""


def motion(path: Path) -> np.ndarray:
    with gzip.open(path, "rt") as file:
        lines = csv.DictReader(file)
        table = [[float(line[name]) for name in ("t_ms", "ax", "ay", "az")] for line in lines]
    return (np.array(table) * [1, 1000, 1000, 1000]).astype(np.int32)


def steps_by_spectrum(table: np.ndarray) -> float:
    """Steps of a run from the strongest frequency, 1.6-3.4 Hz, of each window."""
    total = 0.0
    length = RATE_HZ * WINDOW_S
    for start in range(0, len(table) - length + 1, length):
        size = np.linalg.norm(table[start : start + length, 1:].astype(float), axis=1)
        power = np.abs(np.fft.rfft((size - size.mean()) * np.hanning(length), 8 * length))
        frequency = np.fft.rfftfreq(8 * length, 1 / RATE_HZ)
        band = (frequency > 1.6) & (frequency < 3.4)
        total += frequency[band][np.argmax(power[band])] * WINDOW_S
    return total


@pytest.mark.parametrize("record", ["spc_train_01", "spc_train_02", "spc_train_06", "spc_train_07"])
def test_steps_of_a_run_within_ten_percent(recordings: Path, record: str) -> None:
    table = motion(recordings / "ppg" / f"{record}.csv.gz")
    run = table[40 * RATE_HZ : 140 * RATE_HZ]  # the treadmill has started by then
    with Firmware(DRIVER, timeout_s=60) as firmware:
        counted = sum(new for _, new in firmware.replay(run).emitted)
    assert counted == pytest.approx(steps_by_spectrum(run), rel=0.1)


@pytest.mark.parametrize("slower", [1.0, 1.2, 1.4])
@pytest.mark.parametrize("record", ["spc_train_02", "spc_train_05", "spc_train_06"])
def test_walks_and_runs_at_any_pace_are_no_set(recordings: Path, record: str, slower: float) -> None:
    table = motion(recordings / "ppg" / f"{record}.csv.gz")[::5]
    counter = RepCounter(at_wrist=True)
    counter.begin(0)
    for t_ms, ax, ay, az in table.tolist():
        counter.push(int(t_ms * slower), ax, ay, az, 0, 0, 0)
    counter.finish(int(table[-1, 0] * slower))
    assert counter.count == 0
