"""A phone on the next treadmill: a plain Bumble script that tries every attribute there is."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from bumble.gatt import Characteristic
from firmware.flash_file import prepare, stored
from trust.phone import Phone

from firmware import band as bands
from repbeat_protocol import auth, frames, gatt, records, transfer

pytestmark = pytest.mark.xdist_group("simulator")

# What its standard services and INFO offer to everybody (protocol/gatt.md)
OPEN = {
    gatt.INFO,
    *map(
        bands.standard,
        (
            gatt.BODY_SENSOR_LOCATION,
            gatt.BATTERY_LEVEL,
            gatt.MANUFACTURER_NAME,
            gatt.MODEL_NUMBER,
            gatt.SERIAL_NUMBER,
            gatt.FIRMWARE_REVISION,
            gatt.SOFTWARE_REVISION,
            gatt.CURRENT_TIME,
        ),
    ),
}
OPEN_STREAMS = {
    bands.standard(number) for number in (gatt.HEART_RATE_MEASUREMENT, gatt.BATTERY_LEVEL, gatt.CURRENT_TIME)
}
RECORDS = [b"what happened %d" % n for n in range(40)]


def name_of(characteristic: Any) -> str:
    """Its UUID as the protocol's pages write it."""
    raw = bytes(characteristic.uuid)[::-1].hex()
    if len(raw) == 4:
        return bands.standard(int(raw, 16))
    return f"{raw[:8]}-{raw[8:12]}-{raw[12:16]}-{raw[16:20]}-{raw[20:]}"


def attempts(log_id: int) -> list[bytes]:
    """Every order that a companion may give, without its seal and with a made-up one."""
    plain = [
        frames.pack_control(frames.FETCH, log_id, 0, 64),
        frames.pack_control(frames.ACK, log_id, 10, 64),
        frames.pack_control(frames.SET_TIME, 1_800_000_000_000, 5, 0),
        frames.pack_control(frames.STOP),
        transfer.pack_begin(transfer.PLAN, 9, b"x" * 50),
        auth.pack(auth.LIST),
        auth.pack(auth.REVOKE, 0),
        auth.pack(auth.ERASE, log_id),
        auth.pack_claim(bytes(32), "me"),
    ]
    return [*plain, *(frame + bytes(auth.SEAL_SIZE) for frame in plain)]


def test_a_plain_script_gets_what_the_open_services_offer_and_no_more(tmp_path: Path) -> None:
    prepare(tmp_path, RECORDS)

    async def scenario() -> None:
        async with bands.world(tmp_path) as (air, band):
            phone = await Phone.switched_on(air, "phone", band)
            async with phone.connected() as peer:
                own = [one for service in peer.services for one in service.characteristics]
                found = {name_of(one): one for one in own}
                heard: list[tuple[str, bytes]] = []
                for name, one in found.items():
                    if one.properties & Characteristic.Properties.NOTIFY:
                        await peer.subscribe(one, lambda value, name=name: heard.append((name, bytes(value))))
                read: dict[str, bytes] = {}
                for name, one in found.items():
                    if one.properties & Characteristic.Properties.READ:
                        (value,) = [await attempt(one.read_value())]
                        if value is not None:
                            read[name] = value
                log_id = frames.read_info(read[gatt.INFO])["log_id"]
                for name in (gatt.CONTROL, gatt.TRANSFER, gatt.TRUST):
                    for frame in attempts(log_id):
                        await found[name].write_value(frame, with_response=True)
                noon = struct.pack("<HBBBBBBBB", 2026, 11, 28, 12, 0, 0, 6, 0, 1)
                await attempt(found[bands.standard(gatt.CURRENT_TIME)].write_value(noon, with_response=True))
                await bands.until(lambda: sum(one[0] == gatt.TRUST for one in heard) >= 10, 20)
                await air.sleep(5)
            generic = {name for name in read if name[4:8] in ("2a00", "2a01", "2aa6", "2b3a", "2b29", "2b2a")}
            assert set(read) - generic <= OPEN
            assert {name for name, _ in heard} <= {*OPEN_STREAMS, gatt.DATA, gatt.TRUST}
            refusals = {frames.unpack_answer(value)[:2] for name, value in heard if name == gatt.DATA}
            assert refusals == {(frames.REFUSAL, frames.NOT_TRUSTED)}
            trust = {auth.unpack(value)[0] for name, value in heard if name == gatt.TRUST}
            assert trust == {auth.REFUSED}
            said = b"".join([*read.values(), *(value for _, value in heard)])
            assert b"what happened" not in said
            assert not band.ends, "it restarted"
        kept = stored(tmp_path)
        assert [one.payload for one in kept if one.kind == records.FAULT][: len(RECORDS)] == RECORDS
        assert not [one for one in kept if one.kind in (records.TIME, records.PLAN_APPLIED)]

    bands.run(scenario)


async def attempt(read: Any) -> bytes | None:
    """What a read or write gives; None when it is refused."""
    try:
        value: bytes = bytes(await read or b"")
    except Phone.ERRORS:
        return None
    return value
