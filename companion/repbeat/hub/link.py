"""One connection in RepBeat's terms: INFO, CONTROL, DATA, TRANSFER, LIVE."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import msgspec
from bleak import BleakClient
from bleak.exc import BleakError
from bleak.uuids import normalize_uuid_16
from bleak_retry_connector import clear_cache

from repbeat.hub.errors import DeviceMisbehaves, LinkLost, PairingFailed, WrongLayout, WrongProtocol
from repbeat.hub.received import Received
from repbeat_protocol import auth, frames, gatt

Result = TypeVar("Result")
NEEDED = (gatt.CONTROL, gatt.DATA, gatt.INFO, gatt.TRANSFER, gatt.TRUST)
PAIRING_S = 45.0  # somebody reads a passkey and types it; the protocol itself gives up after 30 s of silence
SILENCE_S = (
    15.0  # a request that takes longer than this has lost its link (the supervision time-out is shorter)
)


class Info(msgspec.Struct, frozen=True, kw_only=True):
    """The INFO characteristic; fields as in repbeat_protocol.frames.read_info."""

    protocol: int
    layout: int
    log_id: int
    oldest: int
    next: int
    boot: int
    uptime_ms: int
    plan_revision: int
    device_id: int


class Link:
    """A connected client. Every method raises LinkLost when the link ends under it."""

    def __init__(self, client: BleakClient, received: Received | None = None) -> None:
        self.received = received or Received()
        self._client = client
        self._session: auth.Session | None = None
        self._order = asyncio.Lock()  # seals are counted: what is sealed first is written first

    def check_services(self) -> None:
        """WrongLayout unless all the characteristics are there."""
        missing = [uuid for uuid in NEEDED if self._client.services.get_characteristic(uuid) is None]
        if missing:
            raise WrongLayout(
                f"the device lacks {', '.join(missing)}: update its firmware, or remove it from this "
                "computer's Bluetooth and try again (an old copy of its services may be kept)"
            )

    async def info(self) -> Info:
        """Read INFO; WrongProtocol or WrongLayout when this companion cannot go on with the device."""
        value = await self._read(gatt.INFO)
        if value and value[0] != frames.PROTOCOL_VERSION:
            older = "RepBeat on this computer" if value[0] > frames.PROTOCOL_VERSION else "the device"
            raise WrongProtocol(
                f"the device speaks protocol {value[0]}, this companion {frames.PROTOCOL_VERSION}: "
                f"update {older}"
            )
        try:
            info = Info(**frames.read_info(value))
        except frames.FrameError as error:
            raise DeviceMisbehaves(f"INFO cannot be read: {error}") from error
        if info.layout != gatt.LAYOUT:
            older = "RepBeat on this computer" if info.layout > gatt.LAYOUT else "the device"
            raise WrongLayout(
                f"the device has service layout {info.layout}, this companion knows {gatt.LAYOUT}: "
                f"update {older}"
            )
        return info

    async def text(self, uuid16: int) -> str:
        """A Device Information text; "" where the device has none."""
        uuid = normalize_uuid_16(uuid16)
        if self._client.services.get_characteristic(uuid) is None:
            return ""
        return (await self._read(uuid)).decode(errors="replace")

    async def control(self, kind: int, *values: int) -> None:
        """Write a CONTROL frame, with response."""
        await self._write_sealed(gatt.CONTROL, auth.ON_CONTROL, frames.pack_control(kind, *values))

    async def transfer(self, message: bytes) -> None:
        """Write a transfer message, with response."""
        await self._write_sealed(gatt.TRANSFER, auth.ON_TRANSFER, message)

    async def trust(self, message: bytes) -> None:
        """Write a message of TRUST as it is."""
        await self._write(gatt.TRUST, message)

    async def trust_sealed(self, message: bytes) -> None:
        """Write a message of TRUST that only a trusted companion may."""
        await self._write_sealed(gatt.TRUST, auth.ON_TRUST, message)

    def sealed_by(self, session: auth.Session) -> None:
        """Seal what is written from now on."""
        self._session = session

    async def pair(self) -> None:
        """Encrypt the link, and bond where the device wants to; PairingFailed.

        Where the system pairs by itself when need be (macOS) there is nothing to do.
        """
        try:
            async with asyncio.timeout(PAIRING_S):
                await self._client.pair()
        except NotImplementedError:
            return
        except (BleakError, TimeoutError, OSError, EOFError) as error:
            raise PairingFailed(
                f"pairing failed ({error or 'no answer'}): hold its button and try again"
            ) from error

    def chunk_size(self, head: int) -> int:
        """Bytes of content that fit one transfer message with a head of `head` bytes."""
        characteristic = self._client.services.get_characteristic(gatt.TRANSFER)
        assert characteristic is not None  # noqa: S101 (check_services came first)
        room = max(characteristic.max_write_without_response_size, frames.MIN_PAYLOAD + auth.SEAL_SIZE)
        return room - head - auth.SEAL_SIZE

    async def listen(self, uuid: str | int, take: Callable[[bytes], None]) -> bool:
        """Hand each notification to `take`; False where the device has no such characteristic."""
        name = normalize_uuid_16(uuid) if isinstance(uuid, int) else uuid
        if self._client.services.get_characteristic(name) is None:
            return False

        def hear(_: object, value: bytearray) -> None:
            if self._session is not None:  # it has proved who it is: no impostor adds to the device's count
                self.received.heard += len(value)
            take(bytes(value))

        await self._call(self._client.start_notify(name, hear))
        return True

    async def round_trip_s(self, clock_s: Callable[[], float], tries: int = 3) -> float:
        """The longest of a few INFO reads, in seconds of this clock: how old an answer may be."""
        longest = 0.0
        for _ in range(tries):
            began_s = clock_s()
            await self._read(gatt.INFO)
            longest = max(longest, clock_s() - began_s)
        return longest

    @property
    def address(self) -> str:
        """The device's, as the radio names it."""
        return self._client.address

    @property
    def name(self) -> str:
        """What the device calls itself, else its address."""
        return self._client.name or self._client.address

    async def forget_services(self) -> None:
        """Drop the system's copy of the device's services (BlueZ keeps it over firmware updates)."""
        await clear_cache(self._client.address)

    async def close(self) -> None:
        """End the connection; an already ended one is fine."""
        try:
            async with asyncio.timeout(SILENCE_S):
                await self._client.disconnect()
        except (BleakError, TimeoutError, OSError, EOFError):
            return

    async def _read(self, uuid: str) -> bytes:
        value: bytes = bytes(await self._call(self._client.read_gatt_char(uuid)))
        return value

    async def _write(self, uuid: str, data: bytes) -> None:
        await self._call(self._client.write_gatt_char(uuid, data, response=True))

    async def _write_sealed(self, uuid: str, channel: int, frame: bytes) -> None:
        if self._session is None:
            raise DeviceMisbehaves("nothing is written to a device before it has proved who it is")
        async with self._order:
            await self._write(uuid, self._session.seal(channel, frame))

    async def _call(self, operation: Coroutine[Any, Any, Result]) -> Result:
        before = _cancellations()
        try:
            async with asyncio.timeout(SILENCE_S):
                result = await operation
                # Python 3.11's wait_for, inside a library, can return its result and swallow a cancellation
                # (cpython #86296): the task would live on.
                if _cancellations() > before:
                    raise asyncio.CancelledError
                return result
        except TimeoutError as error:
            raise LinkLost("the device did not answer: move it nearer, or charge it") from error
        except (BleakError, OSError, EOFError) as error:
            raise LinkLost(f"the link broke: {error}") from error


def _cancellations() -> int:
    """Requests to cancel this task so far; a TaskGroup that failed may have left one behind."""
    task = asyncio.current_task()
    return task.cancelling() if task else 0
