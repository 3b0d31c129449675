"""Steps on the wrist: a record for each walk, one nudge a window, the standard service for who wants it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from firmware.flash_file import prepare, stored

from device.session.walk import Walk
from firmware import band as bands
from repbeat_protocol import gatt, records

HZ = 52
STEP_HZ = 1.8


class Clock:
    def __init__(self) -> None:
        self.now_ms = 0
        self.unix_begun_s = 0
        self.utc_offset_min = 60

    def uptime_ms(self) -> int:
        return self.now_ms

    def unix_s(self) -> int:
        return self.unix_begun_s and self.unix_begun_s + self.now_ms // 1000


class World:
    def __init__(self, **settings: int) -> None:
        self.clock = Clock()
        self.settings = settings
        self.kept: list[dict[str, int]] = []
        self.nudges: list[int] = []
        journal = SimpleNamespace(
            append=lambda kind, version, payload, _: self.kept.append(records.unpack(kind, version, payload))
        )
        self.walk = Walk(
            journal,
            self.clock,
            SimpleNamespace(get=settings.get, keep=settings.__setitem__),
            lambda: self.nudges.append(self.clock.now_ms),
        )

    def go(self, seconds: float, step_hz: float = 0.0, worn: bool = True) -> None:
        """Walk (or stand, at 0 Hz) for so long."""
        for _ in range(round(seconds)):
            for _ in range(HZ):
                self.clock.now_ms += 1000 // HZ
                bounce = 250 * np.sin(2 * np.pi * step_hz * self.clock.now_ms / 1000)
                self.walk.motion(self.clock.now_ms, 0, 0, 1000 + round(bounce))
            self.walk.second(worn)


def test_a_walk_is_one_record_within_a_tenth() -> None:
    world = World()
    world.go(5)
    world.go(60, STEP_HZ)
    assert world.walk.cadence_x10 == pytest.approx(600 * STEP_HZ, rel=0.05)
    assert not world.kept
    world.go(30)
    (walk,) = world.kept
    assert walk["steps"] == pytest.approx(60 * STEP_HZ, rel=0.1)
    assert walk["span_s"] == pytest.approx(60, abs=10)
    assert walk["cv_permille"] < 150
    assert world.walk.cadence_x10 == 0 or len(world.kept) == 1


def test_standing_still_writes_nothing() -> None:
    world = World()
    world.go(120)
    assert not world.kept


NOON_S = 1_795_690_800  # 2026-11-25 12:00 at an offset of one hour


def test_one_nudge_a_window_and_none_outside() -> None:
    world = World(nudge_after_min=1, nudge_from_min=600, nudge_until_min=1200)
    world.clock.unix_begun_s = NOON_S
    world.go(200)
    assert len(world.nudges) == 1
    assert 60_000 <= world.nudges[0] <= 62_000
    evening = World(nudge_after_min=1, nudge_from_min=600, nudge_until_min=700)
    evening.clock.unix_begun_s = NOON_S
    evening.go(200)
    assert not evening.nudges


def test_a_restart_brings_no_second_nudge_the_same_day_and_the_next_day_does() -> None:
    settings = {"nudge_after_min": 1, "nudge_from_min": 600, "nudge_until_min": 1200}
    first = World(**settings)
    first.clock.unix_begun_s = NOON_S
    first.go(100)
    again = World(**first.settings)
    again.clock.unix_begun_s = NOON_S + 3600
    again.go(100)
    next_day = World(**again.settings)
    next_day.clock.unix_begun_s = NOON_S + 86_400
    next_day.go(100)
    assert [len(one.nudges) for one in (first, again, next_day)] == [1, 0, 1]


@pytest.mark.parametrize("why", ["off", "no clock", "not worn", "has walked"])
def test_no_nudge(why: str) -> None:
    world = World(nudge_after_min=0 if why == "off" else 1, nudge_from_min=600, nudge_until_min=1200)
    world.clock.unix_begun_s = 0 if why == "no clock" else NOON_S
    world.go(100, STEP_HZ if why == "has walked" else 0.0, worn=why != "not worn")
    assert not world.nudges


def test_running_cadence_is_offered_on_request_only(tmp_path: Path) -> None:
    async def without() -> None:
        async with bands.world(tmp_path / "a") as (air, _), bands.connected(air) as companion:
            service = bands.standard(gatt.RUNNING_SPEED_CADENCE_SERVICE)
            assert companion.client.services.get_service(service) is None

    async def wanted() -> None:
        prepare(tmp_path / "b", cadence=1, step_mm=750)
        async with bands.world(tmp_path / "b") as (air, band), bands.connected(air) as companion:
            assert await companion.read(gatt.RSC_FEATURE) == b"\x04\x00"
            values = await companion.listen(gatt.RSC_MEASUREMENT)
            bands.press(air, band)  # in a session the motion sensor runs
            t_ms = band.now_ms + 500 + np.arange(0, 60_000, 10.0)
            rows = np.zeros((len(t_ms), 6), np.float32)
            rows[:, 2] = 1 + 0.25 * np.sin(2 * np.pi * STEP_HZ * t_ms / 1000)
            band.feed("imu", t_ms, rows)

            def walking() -> list[Any]:
                return [value for value in values if value[3]]

            await bands.until(lambda: len(walking()) > 3, 20)
            flags, low, high, cadence = walking()[-1]
            assert flags == 0
            assert cadence == pytest.approx(60 * STEP_HZ, rel=0.05)
            assert (low | high << 8) / 256 == pytest.approx(cadence * 0.75 / 60, abs=0.01)

    bands.run(without)
    bands.run(wanted)
    assert stored(tmp_path / "b")
