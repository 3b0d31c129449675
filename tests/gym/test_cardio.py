"""Cardio machines (FEATURES row 4): from a peripheral on the air to a session of who claimed the machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bumble.core import UUID, AdvertisingData
from bumble.gatt import Characteristic, Service

from repbeat.gym import cardio, claims, desk, machines
from repbeat.hub import ftms
from repbeat.hub.cardio import ears
from repbeat.hub.listening import Listening
from repbeat.store import Database, athletes
from repbeat_tools.sample import NOW_MS
from repbeat_tools.simulator import Air

ADDRESS = "C4:00:00:00:00:01"
S = 1000


def test_a_session_is_what_moves_once_a_second(either: Database) -> None:
    log = cardio.CardioLog(either)

    def tell(at_s: float, **values: float) -> None:
        log.take(ADDRESS, "Bike 1", "bike", values, NOW_MS + round(at_s * S))

    tell(0, speed_kmh=0, power_w=0)
    assert cardio.every(either) == []
    for quarter in range(4 * 40):
        tell(10 + quarter / 4, speed_kmh=28.0, power_w=200, heart_bpm=140, distance_m=quarter)
    (running,) = cardio.every(either)
    assert len(running.samples) == 31  # kept while it runs
    for second in range(51, 120):
        tell(second, speed_kmh=0, power_w=0)
    (done,) = cardio.every(either)
    assert (done.start_ms, done.end_ms) == (
        NOW_MS + 10 * S,
        NOW_MS + 49_750,
    ) or done.end_ms == NOW_MS + 49 * S
    assert len(done.samples) == 40
    assert done.samples[0] == {"t_s": 0, "speed_kmh": 28, "power_w": 200, "distance_m": 0}  # no heart rate
    assert (done.athlete_id, done.how) == (None, claims.NO_CLAIM)


@pytest.mark.parametrize("claimed_s", [-20, 30])
def test_it_is_under_who_claimed_the_machine(either: Database, claimed_s: int) -> None:
    ann = athletes.add(either, "Ann", NOW_MS).athlete_id
    machine = machines.add(either, "Bike", NOW_MS)
    cardio.mount(either, ADDRESS.lower(), machine.machine_id)
    desk.claim(either, machine.machine_id, ann, NOW_MS + claimed_s * S)
    log = cardio.CardioLog(either)
    for second in range(60):
        log.take(ADDRESS, "Bike 1", "bike", {"power_w": 150.0}, NOW_MS + second * S)
    log.end(ADDRESS)
    (found,) = cardio.every(either, ann)
    assert (found.machine_id, found.how) == (machine.machine_id, claims.QR)


def test_a_machine_on_the_air_is_read(tmp_path: Path) -> None:
    """A Bumble peripheral with the service; bleak, as the hub uses it, on the other side."""

    async def scenario(db: Database) -> None:
        async with Air() as air:
            gym, machine = await air.central("gym"), await air.central("treadmill")
            data = characteristic(ftms.TREADMILL)
            machine.device.add_service(Service(UUID(ftms.SERVICE), [data]))
            advertised = AdvertisingData(
                [
                    (AdvertisingData.COMPLETE_LOCAL_NAME, b"Run 5000"),
                    (AdvertisingData.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS, b"\x26\x18"),
                ]
            )
            await machine.device.start_advertising(advertising_data=bytes(advertised), auto_restart=True)
            log = cardio.CardioLog(db)
            told: list[str] = []
            now_ms = NOW_MS

            def take(address: str, name: str, kind: str, values: ftms.Values) -> None:
                log.take(address, name, kind, values, now_ms)
                told.append(kind)

            listening = Listening(
                [ftms.SERVICE],
                lambda address, name, _services: ears(take, address, name),
                log.end,
                gym.backends,
                again_s=0.1,
            )
            reading = asyncio.create_task(listening.run())
            try:
                for second in range(20):
                    now_ms = NOW_MS + second * S
                    seen = len(told)
                    value = (
                        bytes.fromhex("0400") + (900 + second).to_bytes(2, "little") + bytes([second, 0, 0])
                    )
                    await until(
                        lambda seen=seen: len(told) > seen, lambda value=value: notify(machine, data, value)
                    )
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

    with Database(tmp_path / "repbeat.sqlite3") as db:
        asyncio.run(asyncio.wait_for(scenario(db), 60))
        (found,) = cardio.every(db)
    assert (found.name, found.kind) == ("Run 5000", "treadmill")
    assert [one["speed_kmh"] for one in found.samples] == [9 + second / 100 for second in range(20)]
    assert found.samples[-1]["distance_m"] == 19


def characteristic(number: int) -> Any:
    return Characteristic(
        UUID.from_16_bits(number), Characteristic.Properties.NOTIFY, Characteristic.Permissions.READABLE, b""
    )


async def notify(machine: Any, data: Any, value: bytes) -> None:
    await machine.device.notify_subscribers(data, value)


async def until(there: Callable[[], bool], again: Callable[[], Any]) -> None:
    """Repeat until it is there: nobody may have subscribed yet."""
    while not there():
        await again()
        await asyncio.sleep(0.05)
