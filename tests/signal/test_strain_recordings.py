"""Strain of recorded workouts: MicroPython, any chunking, and the plain formula give one number."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from repbeat_tools.replay.runner import Firmware

pytestmark = pytest.mark.recordings

RESTING, MAXIMUM = 55, 190

DRIVER = """
from device.signal.strain import display, net_impulse, strain_x10
from device.signal.zones import COEFFICIENTS_MEN, ZoneClock

def begin(options):
    global clock
    clock = ZoneClock(options["resting"], options["maximum"], None, COEFFICIENTS_MEN)

def sample(bpm, seconds):
    clock.add(bpm, seconds)

def end():
    net = net_impulse(clock)
    zones = [clock.zone_s(zone) for zone in range(6)]
    emit([zones, clock.banister(), clock.edwards(), net, display(net), strain_x10(clock)])
"""


def workouts(folder: Path) -> dict[str, np.ndarray]:
    """(bpm, seconds that it lasted) of each workout that has heart rates; pauses above 30 s are left out."""
    out = {}
    for path in sorted(folder.glob("*.csv")):
        if path.name == "index.csv":
            continue
        with path.open(newline="") as file:
            rows = [(float(line["t_s"]), int(float(line["hr_bpm"]))) for line in csv.DictReader(file)]
        times = np.diff([t for t, _ in rows])
        table = np.array([(bpm, int(s)) for (_, bpm), s in zip(rows, times, strict=False) if 0 < s <= 30])
        if len(table):
            out[path.stem] = table
    return out


def test_recorded_workouts(recordings: Path) -> None:
    tables = workouts(recordings / "hr")
    assert len(tables) >= 8
    with Firmware(DRIVER, timeout_s=30) as firmware:
        for name, table in tables.items():
            options = {"resting": RESTING, "maximum": MAXIMUM}
            (held,) = firmware.replay(table, options).emitted
            one_hertz = np.repeat(table[:, 0], table[:, 1])
            per_second = np.column_stack([one_hertz, np.ones_like(one_hertz)])
            (split,) = firmware.replay(per_second, options).emitted
            assert held == split, name
            share = np.clip((one_hertz - RESTING) / (MAXIMUM - RESTING), 0, 1)
            impulse = share * 0.64 * np.exp(1.92 * share) / 60
            zones, banister, edwards, net, shown, shown_x10 = held
            bounds = [RESTING + math.ceil((MAXIMUM - RESTING) * k / 10) for k in range(5, 10)]
            assert zones == np.bincount(np.searchsorted(bounds, one_hertz, "right"), minlength=6).tolist()
            assert banister == pytest.approx(impulse.sum())
            assert edwards == pytest.approx(sum(k * n for k, n in enumerate(zones)) / 60)
            quiet = 0.2 * 0.64 * math.exp(1.92 * 0.2) / 60
            assert net == pytest.approx((impulse - quiet)[one_hertz >= bounds[0]].sum())
            assert shown == pytest.approx(21 * math.log1p(14 * min(net / 400, 1)) / math.log(15))
            assert shown_x10 == round(shown * 10)
