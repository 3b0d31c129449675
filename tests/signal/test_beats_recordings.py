"""Beats of real recordings against the R peaks of the ECG, by the firmware's code under MicroPython."""

import csv
import gzip
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

import numpy as np
import pytest

from device.signal.beats import ECG, GOOD_QUALITY, OPTICAL
from device.signal.hrv import figures, measure
from device.signal.rr import RrSeries
from repbeat_tools.replay.runner import Firmware

pytestmark = pytest.mark.recordings

WINDOW_MS = 60_000

DRIVER = """
from device.signal.beats import BeatDetector

def begin(options):
    global detector
    detector = BeatDetector(options["rate_hz"], options["kind"])

def sample(t_ms, value):
    if detector.push(t_ms, value):
        emit([detector.beat_ms, detector.rr_ms, detector.quality])

def end():
    pass
"""


@dataclass(frozen=True)
class Comparison:
    """Windows of one minute: how many have a reference, and (reference, ours) of the shown ones."""

    windows: int
    shown_rmssd: list[tuple[float, float]]
    mean_bpm: list[tuple[float, float]]

    @property
    def errors_ms(self) -> list[float]:
        return [abs(ours - reference) for reference, ours in self.shown_rmssd]


def samples(path: Path, column: str) -> np.ndarray:
    """(t_ms, counts): the column spread over the 18 bits of a sensor."""
    with gzip.open(path, "rt") as file:
        lines = csv.DictReader(file)
        table = np.array([(float(line["t_ms"]), float(line[column])) for line in lines])
    low, high = np.percentile(table[:, 1], (0.5, 99.5))
    table[:, 1] = np.clip((table[:, 1] - low) * 16000 / (high - low) + 100000, 0, 262143)
    return table.astype(np.int32)


def compare(folder: Path, record: str, column: str, firmware: Firmware) -> Comparison:
    kind = ECG if column == "ecg" else OPTICAL
    with (folder / "index.csv").open() as file:
        rate_hz = next(int(line["fs_hz"]) for line in csv.DictReader(file) if line["rec_id"] == record)
    table = samples(folder / f"{record}.csv.gz", column)
    beats = firmware.replay(table, {"rate_hz": rate_hz, "kind": kind}).emitted
    with (folder / f"{record}_rpeaks.csv").open() as file:
        peaks = [(float(line["t_ms"]), line["rr_ms"]) for line in csv.DictReader(file)]
    windows, shown, rates = 0, [], []
    for start in range(5000, int(table[-1, 0]) - WINDOW_MS, WINDOW_MS):
        reference = RrSeries(300)
        for t_ms, rr_ms in peaks:
            if start < t_ms <= start + WINDOW_MS and rr_ms:
                reference.push(round(float(rr_ms)))
        truth = figures(reference)
        if truth is None or truth.kept_permille < 950:
            continue
        windows += 1
        series = RrSeries(300)
        for beat_ms, rr_ms, quality in beats:
            if start < beat_ms <= start + WINDOW_MS:
                series.push(rr_ms, quality < GOOD_QUALITY)
        ours = measure(series, WINDOW_MS)
        if ours is not None and ours.displayable():
            shown.append((truth.rmssd_ms, ours.rmssd_ms))
            rates.append((truth.mean_bpm, ours.mean_bpm))
    return Comparison(windows, shown, rates)


def test_ecg_intervals_equal_the_reference(recordings: Path) -> None:
    errors, windows = [], 0
    with Firmware(DRIVER, timeout_s=60) as firmware:
        for record in ("spc_train_05", "bidmc_11", "bidmc_15"):
            result = compare(recordings / "ppg", record, "ecg", firmware)
            errors += result.errors_ms
            windows += result.windows
            assert all(abs(a - b) < 0.5 for a, b in result.mean_bpm)
    assert len(errors) >= 0.85 * windows > 10
    assert fmean(errors) < 0.3


def test_optical_intervals_that_would_be_shown_are_near(recordings: Path) -> None:
    errors = []
    with Firmware(DRIVER, timeout_s=60) as firmware:
        for record in ("bidmc_11", "bidmc_15", "bidmc_27"):
            result = compare(recordings / "ppg", record, "ppg1", firmware)
            assert result.shown_rmssd, record
            errors += result.errors_ms
            assert all(abs(a - b) < 1 for a, b in result.mean_bpm)
    assert median(errors) < 2.5
    assert max(errors) < 6


def test_a_running_wrist_shows_no_variability(recordings: Path) -> None:
    with Firmware(DRIVER, timeout_s=60) as firmware:
        for record in ("spc_train_02", "spc_train_05"):
            result = compare(recordings / "ppg", record, "ppg1", firmware)
            assert len(result.shown_rmssd) <= 1 < result.windows
