"""The whole firmware and its wearer's button: questions, need of help, breathing, quiet hours."""

from pathlib import Path

import numpy as np
from firmware.flash_file import LOG_SIZE, FilePartition, Stored, prepare, stored
from firmware.test_day import live, of_kind

from device.store.settings import Settings
from device.store.slots import PlanSlot
from firmware import band as bands
from repbeat_protocol import frames, plan, records, transfer
from repbeat_protocol.plan import Item, Plan
from repbeat_tools.simulator import Device
from repbeat_tools.simulator.model import Athlete, PlannedSet
from repbeat_tools.simulator.model.cues import recognise
from repbeat_tools.simulator.players import stage

NONE = records.UNKNOWN_U8


async def presses(band: Device, n: int, hold_ms: float = 150) -> None:
    """`n` presses one after another, from now on."""
    for i in range(n):
        at_ms = band.now_ms + 50 + i * 300
        band.send({"type": "button", "t_ms": at_ms, "down": True})
        band.send({"type": "button", "t_ms": at_ms + hold_ms, "down": False})
    await band.advance((n * 300 + hold_ms) / 1000)


def felt(band: Device) -> list[str | None]:
    return [recognise(event["pulses"]) for event in band.events if event["type"] == "haptic"]


def the_one(log: list[Stored], kind: int) -> dict[str, int]:
    (record,) = of_kind(log, kind)
    return record.fields


def test_effort_and_check_in_by_the_button(tmp_path: Path) -> None:
    items = [Item(6, 1, 6, 8, load_g=20000, rest_s=40)]
    prepare(tmp_path, plan=plan.encode(Plan(3, items, resting_bpm=60, max_bpm=190)))
    athlete = Athlete(4, [PlannedSet("biceps_curl", 8, 20, 40)])
    answered: list[str | None] = []

    async def scenario(band: Device) -> None:
        assert await stage.train(athlete, band, band.advance, limit_s=200)
        assert "question" in felt(band)
        await presses(band, 7)
        await band.advance(4)
        await presses(band, 2)
        await band.advance(1)
        for n in (4, 2, 1, 3, 5):
            await presses(band, n)
            await band.advance(1.6)
        await band.advance(2)
        answered.extend(felt(band))

    log = live(tmp_path, scenario)
    start, end, rated = of_kind(log, records.SESSION)
    assert end.fields["rpe"] == NONE
    assert rated.fields == {**end.fields, "rpe": 7}
    assert rated.fields["session_seq"] == start.seq
    answers = the_one(log, records.CHECKIN)
    assert [answers[name] for name in ("sleep", "fatigue", "soreness", "stress", "mood")] == [4, 2, 1, 3, 5]
    assert answers["unwell"] == 0
    assert answered.count("answered") == 2
    done = the_one(log, records.SET)
    assert done["plan_flags"] == 0
    reps = [r.fields for r in of_kind(log, records.REP) if not r.fields["reject_reason"]]
    assert len(reps) == done["reps"]


def test_unwell_stops_is_recorded_and_locks_over_a_restart(tmp_path: Path) -> None:
    prepare(tmp_path, plan=plan.encode(Plan(3, [Item(1, 3, 6, 8, load_g=60000, rest_s=60)])))
    cued: list[str | None] = []

    async def scenario(band: Device) -> None:
        await band.advance(1)
        await presses(band, 1)
        await band.advance(2)
        await presses(band, 1)
        await band.advance(5)
        await presses(band, 1, hold_ms=3600)
        await band.advance(3)
        cued.extend(felt(band))

    log = live(tmp_path, scenario)
    assert the_one(log, records.CHECKIN) == {
        **dict.fromkeys(("sleep", "fatigue", "soreness", "stress", "mood"), NONE),
        "unwell": 1,
    }
    assert the_one(log, records.SET)["end_reason"] == records.END_UNWELL
    assert len(of_kind(log, records.SESSION)) == 2
    assert cued[-1] == "help"
    assert "session_done" not in cued, "one word, and at once"
    assert "question" not in cued

    cfg = FilePartition(memoryview(bytearray((tmp_path / "flash.bin").read_bytes()))[LOG_SIZE:])
    settings = Settings(cfg)
    assert settings.get("unwell") == 1
    slot = PlanSlot(cfg, settings, lambda: 0)
    more = plan.encode(Plan(4, [Item(1, 3, 6, 8, load_g=61000, rest_s=60)]))
    receiver = transfer.Receiver({transfer.PLAN: slot})
    receiver.handle(transfer.pack_begin(transfer.PLAN, 4, more))
    state = transfer.unpack_state(receiver.handle(transfer.pack_chunk(0, transfer.blob(more))))
    assert state[3:] == (transfer.REFUSED, plan.PlanLocked.reason)


def test_breathing_by_three_presses_with_figures_before_and_after(tmp_path: Path) -> None:
    # Row 56.
    prepare(tmp_path, breathing_s=60)
    cued: list[str | None] = []

    async def scenario(band: Device) -> None:
        t_ms = np.arange(0, 230_000, 10.0)
        light = (1 + 0.012 * np.sin(2 * np.pi * 1.1 * t_ms / 1000))[:, None] * np.array([220.0, 180.0])
        band.feed("ppg", t_ms, light.astype(np.float32))
        band.feed("imu", t_ms, np.tile(np.array([0, 0, 1, 0, 0, 0], np.float32), (len(t_ms), 1)))
        await band.advance(20)
        await presses(band, 3)
        await band.advance(190)
        cued.extend(felt(band))

    told = the_one(live(tmp_path, scenario), records.BREATHING)
    assert (told["session_seq"], told["paced_s"], told["breaths_x10"]) == (records.NO_SESSION, 60, 60)
    assert abs(told["before_bpm_x10"] - 660) <= 10
    assert abs(told["after_bpm_x10"] - 660) <= 10
    assert cued.count("breathe_in") == cued.count("breathe_out") == 6


def test_in_quiet_hours_no_cue_is_felt_and_all_is_recorded(tmp_path: Path) -> None:
    prepare(tmp_path, quiet_from_min=22 * 60, quiet_until_min=7 * 60)

    async def scenario() -> None:
        async with bands.world(tmp_path) as (air, band), bands.connected(air) as companion:
            await companion.control(frames.SET_TIME, 1_795_651_200_000, 20, 60)  # 01:00 there
            await bands.until(lambda: of_kind(stored(tmp_path), records.TIME), 20)
            bands.press(air, band)
            await bands.until(lambda: of_kind(stored(tmp_path), records.SESSION), 20)
            await air.sleep(3)
            assert felt(band) == []
            await companion.control(frames.SET_TIME, 1_795_676_400_000, 20, 60)  # 08:00
            await bands.until(lambda: len(of_kind(stored(tmp_path), records.TIME)) == 2, 20)
            bands.press(air, band, hold_ms=1500)
            await bands.until(lambda: "session_done" in felt(band), 20)

    bands.run(scenario)
