"""A day and more out of reach of any companion: every second and every beat is there afterwards, once."""

from __future__ import annotations

import asyncio
import itertools
import random
from pathlib import Path
from typing import Any

import pytest
from end_to_end import sync_world

from device.session.heart_log import OFF_S, HeartLog
from repbeat.hub import report
from repbeat.store import Database, devices, records
from repbeat_protocol import heart
from repbeat_protocol import records as wire
from repbeat_tools.simulator import Device

pytestmark = pytest.mark.xdist_group("simulator")

HOURS = 25
TAKEN_OFF_S = range(40_000, 43_600)  # for an hour


class Clock:
    """Uptime as the wearer's day gives it."""

    def __init__(self) -> None:
        self.now_ms = 0

    def uptime_ms(self) -> int:
        return self.now_ms


class Day:
    """A heart rate that drifts and jumps, and beats that follow it."""

    def __init__(self) -> None:
        self.seconds: list[tuple[int, int]] = []  # (bpm, state) while worn
        self.intervals: list[int] = []  # 1/1024 s

    def fill(self, log: Any) -> None:
        """Let the firmware's own code record it."""
        draw = random.Random(1)
        clock = Clock()
        written = HeartLog(log, clock)
        bpm, rr_1024, beat_ms = 62.0, 990, 500.0  # of the next beat
        for second in range(HOURS * 3600):
            worn = second not in TAKEN_OFF_S
            bpm = min(max(bpm + draw.gauss(0, 0.7) + (40 if draw.random() < 0.0005 else 0), 45), 180)
            bpm += (62 - bpm) * 0.005
            while beat_ms <= 1000 * (second + 1):
                clock.now_ms = round(beat_ms)
                if worn:
                    written.interval(rr_1024, wire.SOURCE_STRAP)
                    self.intervals.append(rr_1024)
                rr_1024 = round(61_440 / bpm + draw.gauss(0, 15))
                beat_ms += rr_1024 * 1000 / 1024
            clock.now_ms = 1000 * (second + 1)
            state = (heart.GOOD if draw.random() < 0.98 else heart.NO_VALUE) if worn else heart.NO_CONTACT
            written.second(round(bpm), state, wire.SOURCE_STRAP)
            if worn:
                self.seconds.append((0 if state == heart.NO_VALUE else round(bpm), state))
        written.flush()


def test_every_second_and_every_beat_of_a_day_away_arrives_once(tmp_path: Path) -> None:
    day = Day()
    sync_world.write_log(tmp_path / "band", day.fill)

    async def pull(band: Device) -> None:
        band.cut_link()

    result = asyncio.run(sync_world.sync(tmp_path / "band", tmp_path / "store.sqlite3", pull))
    assert result["identical"]
    assert (result["connections"], result["doubled"]) == (2, 0)

    with Database(tmp_path / "store.sqlite3") as store:
        (device,) = devices.every(store)
        assert device.log_id is not None
        assert report.device(store, device, 0)["samples"] == report.EVERY_SAMPLE
        kept = [one for part in records.of_log(store, device.device_id, device.log_id) for one in part]
    kept = [one for one in kept if one.boot == kept[0].boot]
    assert sum(len(one.raw) for one in kept) * 24 / HOURS < 200_000, "bytes a day (FEATURES row 73)"
    blocks = [one for one in kept if one.type == wire.HEART]
    told = []
    for one in blocks:
        first_ago_ms, _, samples = heart.read_heart(one.payload)
        first_s = round((one.uptime_ms - first_ago_ms) / 1000)
        told += [(first_s + i, bpm, state) for i, (bpm, state) in enumerate(samples)]
    off = [one for one in told if one[2] == heart.NO_CONTACT]
    assert len(off) == OFF_S, "an empty wrist is told for a minute, then the records' own times are the gap"
    seconds = [one[0] for one in told]
    assert all(later > one for one, later in itertools.pairwise(seconds)), "a second came twice"
    worn = [(bpm, state) for _, bpm, state in told if state != heart.NO_CONTACT]
    assert worn == day.seconds
    rr = [value for one in kept if one.type == wire.RR for value in heart.read_rr(one.payload)[2]]
    assert rr == day.intervals
