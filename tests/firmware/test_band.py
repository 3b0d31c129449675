"""The band's firmware, whole, under MicroPython, spoken to by bleak over the emulated link."""

import asyncio
import contextlib
import random
import struct
from pathlib import Path

import pytest
from bleak.exc import BleakError
from firmware.flash_file import Stored, prepare, stored

from firmware import band as bands
from repbeat_protocol import frames, gatt, live, plan, records, transfer
from repbeat_protocol.plan import Item, Plan
from repbeat_tools.simulator import backend


def payloads(n: int) -> list[bytes]:
    """FAULT payloads of all sizes."""
    rng = random.Random(n)
    return [rng.randbytes(rng.choice((2, 3, 28, 40, 90, 240))) for _ in range(n)]


def plan_bytes(revision: int, load_g: int = 60000, **head: int) -> bytes:
    return plan.encode(Plan(revision, [Item(1, 2, 6, 8, load_g=load_g, rest_s=60)], **head))


def of_kind(flash: Path, kind: int) -> list[Stored]:
    return [record for record in stored(flash) if record.kind == kind]


def test_services_and_advertisement(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with bands.world(tmp_path) as (air, _):
            phone = await air.central("phone")
            _, advertised = await bands.advertisement(phone)
            assert bands.standard(gatt.HEART_RATE_SERVICE) in advertised.service_uuids
            assert gatt.SERVICE in advertised.service_uuids
            assert advertised.local_name.startswith("RepBeat-")
            async with bands.connected(air) as companion:
                uuids = {c.uuid for s in companion.client.services for c in s.characteristics}
                wanted = [gatt.CONTROL, gatt.DATA, gatt.TRANSFER, gatt.INFO, gatt.LIVE, gatt.TRUST]
                numbers = (0x2A37, 0x2A38, 0x2A19, 0x2A29, 0x2A24, 0x2A25, 0x2A26, 0x2A2B)
                assert uuids >= {*wanted, *(bands.standard(number) for number in numbers)}
                assert await companion.read(gatt.MANUFACTURER_NAME) == b"RepBeat"
                assert await companion.read(gatt.MODEL_NUMBER) == b"xiao_esp32s3_band"
                info = await companion.read_info()
                assert info["protocol"] == frames.PROTOCOL_VERSION
                assert info["layout"] == gatt.LAYOUT
                assert await companion.read(gatt.SERIAL_NUMBER) == b"%016x" % info["device_id"]
                assert 50 <= (await companion.read(gatt.BATTERY_LEVEL))[0] <= 100
                assert await companion.read(gatt.CURRENT_TIME) == bytes(10), "unknown until told"

    bands.run(scenario)


def test_the_advertisement_as_bytes_fits_and_carries_heart_rate() -> None:
    from device.link import advertising

    data = advertising.advertisement()
    assert len(data) <= 31
    assert data[:7] == b"\x02\x01\x06\x03\x03\x0d\x18"
    assert len(advertising.scan_response("A band with a very long name indeed")) <= 31


@pytest.mark.parametrize("mtu", [23, 100, 247])
def test_sync_gives_the_bytes_of_the_flash(tmp_path: Path, mtu: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "PREFERRED_MTU", mtu)
    prepare(tmp_path, payloads(200))

    async def scenario() -> None:
        async with bands.world(tmp_path) as (air, band), bands.connected(air) as companion:
            assert companion.client.mtu_size == mtu
            synced = await companion.sync()
            on_flash = [(record.seq, record.raw) for record in stored(tmp_path)]
            assert synced == on_flash[: len(synced)]
            assert len(synced) >= 201
            assert synced[200][1][0] == records.BOOT
            # what is recorded from now on follows by itself
            data = companion.got[gatt.DATA]
            data.clear()
            bands.press(air, band)
            await bands.until(lambda: any(frame[0] == frames.DATA for frame in data), 20)

    bands.run(scenario)


def test_a_cut_link_resumes_to_the_same_bytes(tmp_path: Path) -> None:
    prepare(tmp_path, payloads(400))

    async def scenario() -> None:
        async with bands.world(tmp_path) as (air, band):
            got: list[tuple[int, bytes]] = []
            for stop_after in (60, 130):
                with contextlib.suppress(BleakError):  # leaving a link that is gone
                    async with bands.connected(air) as companion:
                        got += await companion.sync(len(got), stop_after=stop_after)
                        band.cut_link()
                        await asyncio.sleep(0.1)
            async with bands.connected(air) as companion:
                got += await companion.sync(len(got))
            assert got == [(record.seq, record.raw) for record in stored(tmp_path)][: len(got)]
            assert len(got) > 400

    bands.run(scenario)


def test_a_reboot_in_the_middle_resumes_too(tmp_path: Path) -> None:
    prepare(tmp_path, payloads(300))

    async def scenario() -> None:
        async with bands.world(tmp_path) as (air, band):
            async with bands.connected(air) as companion:
                got = await companion.sync(stop_after=100)
                log_id = companion.info["log_id"]
            await band.kill()
            await band.power_on()
            async with bands.connected(air) as companion:
                got += await companion.sync(len(got))
                assert companion.info["log_id"] == log_id
            assert got == [(record.seq, record.raw) for record in stored(tmp_path)][: len(got)]
            boots = [record for record in stored(tmp_path) if record.kind == records.BOOT]
            assert [boot.boot for boot in boots] == [boots[0].boot, boots[0].boot + 1]

    bands.run(scenario)


def test_three_companions_at_once(tmp_path: Path) -> None:
    prepare(tmp_path, payloads(150))

    async def scenario() -> None:
        async with bands.world(tmp_path) as (air, _):
            async with (
                bands.connected(air, "one") as one,
                bands.connected(air, "two") as two,
                bands.connected(air, "three") as three,
            ):
                all_got = await asyncio.gather(one.sync(), two.sync(50), three.sync(100))
            on_flash = [(record.seq, record.raw) for record in stored(tmp_path)]
            for since, got in zip((0, 50, 100), all_got, strict=True):
                assert got == on_flash[since : since + len(got)]
                assert len(got) + since > 150

    bands.run(scenario)


def test_refusals_name_their_cause(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with bands.world(tmp_path) as (air, _), bands.connected(air) as companion:
            await companion.listen(gatt.DATA)
            info = await companion.read_info()
            await companion.control(frames.FETCH, info["log_id"] ^ 1, 0, 10)
            assert await companion.answer(frames.REFUSAL) == (frames.NOT_THIS_LOG, info["log_id"])
            await companion.write(gatt.CONTROL, b"\x77\x00")
            assert await companion.answer(frames.REFUSAL) == (frames.UNKNOWN_FRAME, 0x77)
            fetch = frames.pack_control(frames.FETCH, info["log_id"], 0, 10)
            await companion.write(gatt.CONTROL, fetch[:-2])
            assert await companion.answer(frames.REFUSAL) == (frames.BAD_FRAME, frames.FETCH)
            await companion.write(gatt.CONTROL, fetch + bytes(18))
            assert await companion.answer(frames.REFUSAL) == (frames.BAD_FRAME, frames.FETCH)
            assert await companion.sync(), "and it goes on"

    bands.run(scenario)


def test_clocks_of_1970_and_2040_are_refused_and_nothing_is_lost(tmp_path: Path) -> None:
    prepare(tmp_path, payloads(20))

    async def scenario() -> None:
        async with bands.world(tmp_path) as (air, _), bands.connected(air) as companion:
            await companion.listen(gatt.DATA)
            for unix_s in (0, 86_400, 2_208_988_800, 2_300_000_000):
                await companion.control(frames.SET_TIME, unix_s * 1000, 20, 0)
                assert await companion.answer(frames.REFUSAL) == (frames.CLOCK_REFUSED, unix_s)
            assert await companion.read(gatt.CURRENT_TIME) == bytes(10)
            synced = await companion.sync()
            assert len(synced) > 20
            assert records.TIME not in {raw[0] for _, raw in synced}
            await companion.control(frames.SET_TIME, 1_790_000_000_000, 20, 120)
            await bands.until(lambda: of_kind(tmp_path, records.TIME), 20)
            (told,) = of_kind(tmp_path, records.TIME)
            wanted = {"unix_ms": 1_790_000_000_000, "uncertainty_ms": 20, "utc_offset_min": 120, "source": 1}
            assert told.fields == wanted
            now = await companion.read(gatt.CURRENT_TIME)
            assert struct.unpack_from("<HBBB", now) == (2026, 9, 21, 16), "local time"

    bands.run(scenario)


def test_a_phone_sets_the_clock(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with bands.world(tmp_path) as (air, _), bands.connected(air) as companion:
            await companion.write(gatt.CURRENT_TIME, struct.pack("<HBBBBBBBB", 1970, 1, 2, 0, 0, 0, 5, 0, 0))
            now = struct.pack("<HBBBBBBBB", 2026, 11, 25, 18, 30, 15, 3, 0, 0)
            await companion.write(gatt.CURRENT_TIME, now)
            await bands.until(lambda: of_kind(tmp_path, records.TIME), 20)
            (told,) = of_kind(tmp_path, records.TIME)
            assert told.fields["source"] == 2
            assert told.fields["unix_ms"] == 1_795_631_415_000
            assert told.fields["uncertainty_ms"] == 0xFFFF, "no companion has told the time zone"
            assert (await companion.read(gatt.CURRENT_TIME))[:5] == now[:5]

    bands.run(scenario)


def applied(flash: Path) -> list[tuple[int, int, int, int]]:
    """(revision, previous, outcome, reason) of each PLAN_APPLIED record."""
    fields = [record.fields for record in of_kind(flash, records.PLAN_APPLIED)]
    return [(f["revision"], f["previous_revision"], f["outcome"], f["reason"]) for f in fields]


def test_plans_are_checked_kept_and_proved(tmp_path: Path) -> None:
    prepare(tmp_path, athlete=0xA1)

    async def scenario() -> None:
        async with bands.world(tmp_path) as (air, _), bands.connected(air) as companion:
            await companion.listen(gatt.DATA)
            good = plan_bytes(5)
            assert (await companion.send_plan(5, good))[3] == transfer.ACCEPTED
            await bands.until(lambda: applied(tmp_path), 20)
            assert applied(tmp_path) == [(5, 0, records.APPLIED, 0)]
            (record,) = of_kind(tmp_path, records.PLAN_APPLIED)
            assert struct.pack("<Q", record.fields["digest8"]) == transfer.blob(good)[:8]
            while (await companion.read_info())["plan_revision"] != 5:  # INFO stays the same for 0.3 s
                await asyncio.sleep(0.05)

            damaged = bytearray(plan_bytes(6))
            damaged[20] ^= 1
            out = Plan(7, [Item(1, 2, 6, 8, load_g=60000, rest_s=60)])
            out.items[0].rest_s = 901
            check, plan.check = plan.check, lambda _: None
            try:
                out_of_bounds = plan.encode(out)
            finally:
                plan.check = check
            offers = [
                (6, bytes(damaged), plan.PlanDamaged),
                (7, out_of_bounds, plan.PlanOutOfBounds),
                (5, plan_bytes(5, 61000), plan.PlanOlder),
                (4, plan_bytes(4), plan.PlanOlder),
                (8, plan_bytes(8, 90000), plan.PlanStep),
                (9, plan_bytes(9, athlete=0xB2), plan.PlanWrongAthlete),
            ]
            for ident, content, cause in offers:
                assert (await companion.send_plan(ident, content))[3:] == (transfer.REFUSED, cause.reason)
                assert (await companion.read_info())["plan_revision"] == 5, "the one before stays"
            refused = [entry for entry in applied(tmp_path) if entry[2] == records.REFUSED]
            assert refused == [(ident, 5, records.REFUSED, cause.reason) for ident, _, cause in offers]
            await companion.send_plan(4, plan_bytes(4))
            assert len(applied(tmp_path)) == 8, "the last refusal was for another plan, so it is told"
            await companion.send_plan(4, plan_bytes(4))
            assert len(applied(tmp_path)) == 8, "offered again and again it is told once"

    bands.run(scenario)


def test_a_plan_that_comes_in_a_set_waits_for_its_end(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with bands.world(tmp_path) as (air, band), bands.connected(air) as companion:
            values = await companion.listen(gatt.LIVE)
            await companion.send_plan(5, plan_bytes(5))
            await bands.until(lambda: applied(tmp_path), 20)
            for phase in (live.READY, live.IN_SET):
                bands.press(air, band)
                await bands.until(lambda phase=phase: any(v[1] == phase for v in values), 20)
            assert (await companion.send_plan(6, plan_bytes(6)))[3] == transfer.ACCEPTED
            await asyncio.sleep(0.5)
            assert len(applied(tmp_path)) == 1, "five seconds later it still waits"
            bands.press(air, band)
            await bands.until(lambda: len(applied(tmp_path)) == 2, 20)
            assert applied(tmp_path)[1] == (6, 5, records.APPLIED, 0)
            kinds = [record.kind for record in stored(tmp_path)]
            assert kinds.index(records.SET) < len(kinds) - 1 - kinds[::-1].index(records.PLAN_APPLIED)

    bands.run(scenario)


def test_heart_rate_is_notified_in_a_session_only(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with bands.world(tmp_path) as (air, band), bands.connected(air) as companion:
            values = await companion.listen(gatt.HEART_RATE_MEASUREMENT)
            await asyncio.sleep(0.5)
            assert values == [], "nobody's business outside a session"
            bands.press(air, band)
            await bands.until(lambda: len(values) >= 3, 20)
            assert values[-1][0] & 0x06 == 0x04, "contact is known, and there is none"
            assert values[-1][1] == 0
            bands.press(air, band, hold_ms=1500)
            await bands.until(lambda: len(of_kind(tmp_path, records.SESSION)) == 2, 20)
            ended_ms = band.now_ms
            await bands.until(lambda: band.now_ms > ended_ms + 5000, 20)  # what was on its way has come
            seen = len(values)
            await asyncio.sleep(0.5)
            assert len(values) == seen

    bands.run(scenario)


def test_heart_rate_is_notified_always_if_the_wearer_chose_so(tmp_path: Path) -> None:
    prepare(tmp_path, heart_always=1)

    async def scenario() -> None:
        async with bands.world(tmp_path) as (air, _), bands.connected(air) as companion:
            values = await companion.listen(gatt.HEART_RATE_MEASUREMENT)
            await bands.until(lambda: len(values) >= 3, 20)

    bands.run(scenario)


def test_live_is_not_starved_by_a_sync(tmp_path: Path) -> None:
    prepare(tmp_path, payloads(2500), heart_always=1)

    async def scenario() -> None:
        async with bands.world(tmp_path, speed=3) as (air, _):
            from repbeat_tools.simulator import Pace

            air.link.pace = Pace()
            async with bands.connected(air) as companion:
                values = await companion.listen(gatt.HEART_RATE_MEASUREMENT)
                await bands.until(lambda: values, 20)
                before = len(values)
                started_ms = (await companion.read_info())["uptime_ms"]
                await companion.sync(credit=500)
                seconds = ((await companion.read_info())["uptime_ms"] - started_ms) // 1000
                assert seconds >= 2, "otherwise nothing was shown"
                assert len(values) - before >= seconds - 1

    bands.run(scenario)
