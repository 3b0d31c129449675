"""An event loop with a hard time-out for every test, and the devices that the tests talk to."""

import asyncio
import struct
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from bleak import BleakClient, BleakScanner

from repbeat_tools.simulator import Air, Central, Device

PROGRAMS = Path(__file__).parent / "firmware"
HARD_LIMIT_S = 90.0

HEART = "00002a37-0000-1000-8000-00805f9b34fb"
CONTROL, DATA, CONFIRMED, KEPT = (f"7e57000{i}-b5a3-f393-e0a9-e50e24dcca9e" for i in (2, 3, 4, 5))


@pytest.fixture
def run() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """`run(coroutine)`: in its own event loop, ended after a hard limit whatever it waits for."""

    def run_within_limit(work: Awaitable[Any]) -> Any:
        async def limited() -> Any:
            async with asyncio.timeout(HARD_LIMIT_S):
                return await work

        return asyncio.run(limited())

    return run_within_limit


class Bench:
    """What the link tests do again and again."""

    heart, control, data, confirmed, kept = HEART, CONTROL, DATA, CONFIRMED, KEPT

    @staticmethod
    def program(name: str) -> bytes:
        return (PROGRAMS / f"{name}.py").read_bytes()

    @classmethod
    async def sensor(cls, air: Air, name: str, program: str = "sensor") -> Device:
        files = {"/main.py": cls.program(program), "/name": name.encode()}
        device = await air.device(name, sources={}, files=files)
        await device.line("up")
        return device

    @staticmethod
    async def find(central: Central, name: str) -> Any:
        found = await BleakScanner.find_device_by_name(name, timeout=10, backend=central.backends[0])
        assert found is not None, f"{name} was not heard"
        return found

    @classmethod
    async def client(cls, central: Central, name: str, **options: Any) -> BleakClient:
        client = BleakClient(await cls.find(central, name), backend=central.backends[1], **options)
        await client.connect()
        return client


class Stream:
    """Receives sensor.py's numbered notifications and checks that each follows the last."""

    def __init__(self, client: BleakClient, tag: int) -> None:
        self.client = client
        self.tag = tag
        self.next = 0
        self.gaps = 0
        self._target = 0
        self._reached = asyncio.Event()

    def _take(self, _: Any, value: bytearray) -> None:
        at, tag = struct.unpack_from("<IB", value)
        if tag != self.tag:
            return
        self.gaps += at != self.next
        self.next = at + len(value)
        if self.next >= self._target:
            self._reached.set()

    async def start(self, start: int, total: int) -> None:
        self.next = start
        await self.client.start_notify(DATA, self._take)
        request = b"S" + struct.pack("<IIB", start, total, self.tag)
        await self.client.write_gatt_char(CONTROL, request, response=True)

    async def until(self, target: int) -> None:
        self._target = target
        if self.next < target:
            self._reached.clear()
            await asyncio.wait_for(self._reached.wait(), 30)


@pytest.fixture
def bench() -> type[Bench]:
    return Bench


@pytest.fixture
def stream() -> type[Stream]:
    return Stream
