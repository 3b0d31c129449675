"""The whole firmware in virtual time: a planned session of a modelled athlete, wear, broken parts."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest
from firmware.band import BOARD, HEAP_KB
from firmware.flash_file import Stored, prepare, stored

from repbeat_protocol import heart, plan, records
from repbeat_protocol.plan import Item, Plan
from repbeat_tools import boards
from repbeat_tools.simulator import Air, Device, Virtual
from repbeat_tools.simulator.errors import DeviceOff
from repbeat_tools.simulator.model import Athlete, PlannedSet
from repbeat_tools.simulator.players import stage

LIMIT_S = 100


def live(flash: Path, scenario: Callable[[Device], Awaitable[object]], **options: object) -> list[Stored]:
    """Let one band live through `scenario` in virtual time; what its log holds then."""

    async def run() -> None:
        async with Air(clock=Virtual()) as air:
            band = await air.device(
                "band", flash_dir=flash, board=boards.compile_json(BOARD), heap_kb=HEAP_KB, options=options
            )
            try:
                await scenario(band)
            except BaseException as error:
                error.add_note("\n".join(("the band's last lines:", *band.lines[-30:])))
                raise

    asyncio.run(asyncio.wait_for(run(), LIMIT_S))
    return stored(flash)


def of_kind(log: list[Stored], kind: int) -> list[Stored]:
    return [record for record in log if record.kind == kind]


def seconds(log: list[Stored]) -> list[tuple[int, int, int]]:
    """(uptime in ms, bpm, state) of every second that HEART records hold."""
    found = []
    for block in of_kind(log, records.HEART):
        first_ms = block.uptime_ms - block.fields["first_ago_ms"]
        found += [(first_ms + 1000 * i, bpm, state) for i, (bpm, state) in enumerate(block.samples)]
    return found


def test_a_planned_session_from_motion_and_pulse_to_records(tmp_path: Path) -> None:
    items = [Item(6, 2, 6, 8, load_g=20000, rest_s=40), Item(3, 1, 5, 6, load_g=90000, rest_s=60)]
    offered = plan.encode(Plan(3, items, resting_bpm=60, max_bpm=190))
    prepare(tmp_path, plan=offered)
    athlete = Athlete(
        4,
        [
            PlannedSet("biceps_curl", 8, 20, 40),
            PlannedSet("biceps_curl", 8, 20, 40),
            PlannedSet("deadlift", 6, 90, 60),
        ],
    )

    async def scenario(band: Device) -> None:
        assert await stage.train(athlete, band, band.advance, limit_s=600)

    log = live(tmp_path, scenario)
    (applied,) = of_kind(log, records.PLAN_APPLIED)
    assert (applied.fields["revision"], applied.fields["outcome"]) == (3, records.APPLIED)
    start, end = of_kind(log, records.SESSION)
    assert start.fields["session_seq"] == start.seq == end.fields["session_seq"]
    assert (end.fields["resting_bpm"], end.fields["max_bpm"]) == (60, 190)
    sets = [record.fields for record in of_kind(log, records.SET)]
    assert [fields["exercise"] for fields in sets] == [6, 6, 3]
    assert [fields["plan_item"] for fields in sets] == [0, 0, 1]
    for fields, truth in zip(sets, athlete.truth.sets, strict=True):
        assert abs(fields["reps"] - truth.reps) <= 1
        assert fields["session_seq"] == start.seq
    assert truth.cued, "the athlete waited for the cue at the end of the rest"
    reps = [record.fields for record in of_kind(log, records.REP) if not record.fields["reject_reason"]]
    assert len(reps) == sum(fields["reps"] for fields in sets) == end.fields["reps"]
    assert 35 <= sets[1]["rest_before_s"] <= 60

    (strain,) = of_kind(log, records.STRAIN)
    in_zones = sum(strain.fields[f"zone{zone}_s"] for zone in range(6))
    known = [
        second
        for second in seconds(log)
        if start.uptime_ms <= second[0] <= end.uptime_ms and second[2] >= heart.FAIR
    ]
    assert abs(in_zones - len(known)) <= 2, "seconds in zone are the seconds of HEART"
    assert in_zones > 60
    times = [second[0] for second in seconds(log)]
    assert max(np.diff(times)) <= 1500, "no second is left out"
    assert min(np.diff(times)) >= 500, "and none comes twice"


def test_heart_rate_is_recorded_while_worn_and_the_light_goes_out_when_not(tmp_path: Path) -> None:
    worn_s = 240
    light_ma: list[list[float]] = []  # of each LED: before, in the middle, afterwards

    async def look(band: Device) -> None:
        band.send({"type": "report"})
        light_ma.append((await band.event("report", since=len(band.events)))["light_ma"])

    async def scenario(band: Device) -> None:
        t_ms = np.arange(0, (worn_s + 240) * 1000, 10.0)
        pulse = 1 + 0.012 * np.sin(2 * np.pi * 1.2 * t_ms / 1000)
        on = (t_ms >= 60_000) & (t_ms < (60 + worn_s) * 1000)
        light = np.where(on, pulse, 0.0025)[:, None] * np.array([220.0, 180.0])
        band.feed("ppg", t_ms, light.astype(np.float32))
        rest = np.tile(np.array([0, 0, 1, 0, 0, 0], np.float32), (len(t_ms), 1))
        band.feed("imu", t_ms, rest)
        for part_s in (30, worn_s - 30, 235):
            await band.advance(part_s)
            await look(band)

    log = live(tmp_path, scenario)
    before, lit, afterwards = light_ma
    assert len(lit) == 2
    assert min(lit) >= 5
    for dim in (before, afterwards):  # infrared alone, to see skin come
        assert len(dim) == 1
        assert dim[0] < 1.5
    told = seconds(log)
    assert not [second for second in told if second[0] < 58_000 and second[2] > heart.NO_CONTACT]
    worn = [second for second in told if second[2] > heart.NO_CONTACT]
    assert worn_s - 12 <= len(worn) <= worn_s + 12
    good = [bpm for _, bpm, state in worn if state == heart.GOOD]
    assert len(good) > worn_s * 0.8
    assert abs(np.median(good) - 72) <= 3
    assert told[-1][0] < (60 + worn_s + 75) * 1000, "an empty wrist is not recorded for ever"
    blocks = of_kind(log, records.HEART)
    assert all(len(block.samples) <= 120 for block in blocks)
    size = sum(len(block.raw) for block in blocks)
    assert size / len(told) <= 0.5, "bytes a second on flash and air (FEATURES row 73)"
    intervals = [rr for block in of_kind(log, records.RR) for rr in heart.read_rr(block.payload)[2]]
    assert len(intervals) > worn_s
    assert abs(np.median(intervals) - 1024 / 1.2) <= 15


@pytest.mark.parametrize("absent", ["imu", "optical"])
def test_a_missing_sensor_is_told_and_the_rest_goes_on(tmp_path: Path, absent: str) -> None:
    async def scenario(band: Device) -> None:
        for down, at_ms in ((True, 2000), (False, 2200), (True, 8000), (False, 9500)):
            band.send({"type": "button", "t_ms": at_ms, "down": down})
        await band.advance(15)

    log = live(tmp_path, scenario, sensors={absent: {"absent": True}})
    (fault,) = of_kind(log, records.FAULT)
    assert fault.fields["code"] == 2
    assert len(of_kind(log, records.SESSION)) == 2


def test_a_night_without_anyone_costs_next_to_nothing(tmp_path: Path) -> None:
    async def scenario(band: Device) -> None:
        with pytest.raises(DeviceOff):  # it sleeps after a quarter of an hour, and nobody moves it
            await band.advance(3600, timeout_s=60)
        assert band.ends[0]["kind"] == "deepsleep"

    log = live(tmp_path, scenario)
    assert sum(len(record.raw) for record in log) < 500
