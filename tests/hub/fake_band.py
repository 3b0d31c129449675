"""A band made of Python behind bleak's own backend hook: real frames, a real receiver of plans, and faults.

The firmware itself is tested against the hub elsewhere; this one can lie, lose, double and damage.
"""

import asyncio
import struct
import time
from collections.abc import Callable
from hashlib import sha256

from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakError
from bleak.uuids import normalize_uuid_16

from repbeat_protocol import auth, frames, gatt, plan, records, transfer
from repbeat_tools.trusted import KEY

PAYLOAD = 244  # what one notification carries


class PlanSlot(transfer.Slot):
    """Keeps a plan as the firmware does: bounds and step are checked, the band applies it at once."""

    limit = plan.MAX_SIZE

    def __init__(self, band: "FakeBand") -> None:
        self._band = band
        self._key: tuple = ()
        self._bytes = b""
        self.current: plan.Plan | None = None

    def resume(self, ident: int, length: int, digest8: bytes) -> int:
        if self._key != (ident, length, digest8):
            self._key, self._bytes = (ident, length, digest8), b""
        return len(self._bytes)

    def write(self, offset: int, data: memoryview) -> None:
        self._bytes = self._bytes[:offset] + bytes(data)

    def held(self, size: int) -> bytes:
        return self._bytes[:size]

    def digest(self) -> bytes:
        return sha256(self._bytes[32:]).digest()

    def accept(self) -> int:
        content = self._bytes[32:]
        before = self.current
        try:
            new = plan.decode(content)
            plan.check_step(new, before, self._band.athlete)
        except plan.PlanError as error:
            self._key = ()
            return error.reason
        self.current = new
        (digest8,) = struct.unpack("<Q", sha256(content).digest()[:8])
        values = (new.revision, before.revision if before else 0, records.APPLIED, 0, digest8)
        self._band.append(records.PLAN_APPLIED, records.pack(records.PLAN_APPLIED, 1, values))
        return 0


class FakeBand:
    """A log and its services. `tamper(frame)` gives the frames that go on the air in its place."""

    def __init__(self, address: str, device_id: int, log: list, log_id: int = 0xC0FFEE) -> None:
        self.address = address
        self.device_id = device_id
        self.log_id = log_id
        self.log = dict(log)
        self.next_seq = max(self.log, default=-1) + 1
        self.boot = 1
        self.athlete = 0
        self.logs_time = True
        self.info_override: bytes | None = None
        self.services_missing: set[str] = set()
        self.tamper: Callable[[bytes], list[bytes]] = lambda frame: [frame]
        self.cut_after: int | None = None  # DATA frames until the link breaks
        self.acked: list[int] = []
        self.fetched: list[tuple[int, int]] = []
        self.times: list[tuple[int, int, int]] = []
        self.connections = 0
        self.sent_bytes = 0  # in notifications that were listened to, but for TRUST
        self.in_reach = True
        self.slot = PlanSlot(self)
        self.key: bytes | None = KEY
        self.prove_wrongly = False
        self.erased: list[int] = []  # logs that an order took
        self.erase_answer = auth.pack(auth.ERASED)
        self.calibrated: list[tuple[int, ...]] = []  # (action, plate, first_g, step_g) of orders taken
        self.calibrate_answer = auth.pack(auth.CALIBRATING)
        self._asked: auth.Session | None = None
        self._session: auth.Session | None = None
        self.client: FakeClient | None = None
        self._receiver = transfer.Receiver({transfer.PLAN: self.slot})
        self._wake = asyncio.Event()
        self._stream: asyncio.Task | None = None
        self._seq = 0
        self._limit = 0

    def append(self, kind: int, payload: bytes, version: int = 1) -> int:
        seq = self.next_seq
        self.log[seq] = records.encode(seq, kind, version, self.boot, 500_000 + seq, payload)
        self.next_seq += 1
        self._wake.set()
        return seq

    def info(self) -> bytes:
        if self.info_override is not None:
            return self.info_override
        revision = self.slot.current.revision if self.slot.current else 0
        oldest = min(self.log, default=self.next_seq)
        return frames.pack_info(
            gatt.LAYOUT, self.log_id, oldest, self.next_seq, self.boot, 600_000, revision, self.device_id
        )

    def trust(self, message: bytes) -> None:
        """HELLO and PROOF as the firmware answers them."""
        kind, *values = auth.unpack(message)
        if self.key is None:
            self.notify(gatt.TRUST, auth.pack(auth.REFUSED, auth.UNKNOWN_KEY))
        elif kind == auth.HELLO:
            own = bytes(auth.NONCE_SIZE)
            self._asked = auth.Session(self.key, values[1], self.device_id, values[2], own)
            self.notify(gatt.TRUST, auth.pack(auth.CHALLENGE, own))
        elif not self._asked.proves(auth.COMPANION, values[0]):
            self.notify(gatt.TRUST, auth.pack(auth.REFUSED, auth.UNKNOWN_KEY))
        else:
            self._session = self._asked
            proof = bytes(16) if self.prove_wrongly else self._session.proof(auth.DEVICE)
            self.notify(gatt.TRUST, auth.pack(auth.TRUSTED, proof))

    def written(self, uuid: str, data: bytes) -> None:
        if uuid == gatt.TRUST:
            if data[0] == auth.ERASE:
                _, log_id = auth.unpack(self._session.open(auth.ON_TRUST, data))
                self.erased.append(log_id)
                self.notify(gatt.TRUST, self.erase_answer)
            elif data[0] == auth.CALIBRATE:
                self.calibrated.append(auth.unpack(self._session.open(auth.ON_TRUST, data))[1:])
                self.notify(gatt.TRUST, self.calibrate_answer)
            else:
                self.trust(data)
        elif uuid == gatt.CONTROL:
            self.control(self._session.open(auth.ON_CONTROL, data))
        else:
            self.transfer(self._session.open(auth.ON_TRANSFER, data))

    def control(self, frame: bytes) -> None:
        kind, *values = frames.unpack_control(frame)
        if kind == frames.SET_TIME:
            self.times.append(tuple(values))
            if self.logs_time:
                self.append(records.TIME, records.pack(records.TIME, 1, (*values, 1)))
        elif values[0] != self.log_id:
            self.notify(gatt.DATA, frames.pack_answer(frames.REFUSAL, frames.NOT_THIS_LOG, self.log_id))
        elif kind == frames.FETCH:
            self.fetched.append((values[1], values[2]))
            self._seq, self._limit = values[1], values[1] + values[2]
            if self._stream is None:
                self._stream = asyncio.ensure_future(self._send())
        else:
            self.acked.append(values[1])
            self._limit = max(self._limit, values[1] + values[2])
        self._wake.set()

    async def _send(self) -> None:
        told = -1
        while True:
            await asyncio.sleep(0)
            if self._seq >= self.next_seq and told != self.next_seq:
                told = self.next_seq
                self.notify(gatt.DATA, frames.pack_answer(frames.HEAD, told))
            elif self._seq < min(self._limit, self.next_seq):
                self._send_records()
            else:
                self._wake.clear()
                await self._wake.wait()

    def _send_records(self) -> None:
        present = min((seq for seq in self.log if seq >= self._seq), default=self.next_seq)
        if present > self._seq:
            self.notify(gatt.DATA, frames.pack_answer(frames.GAP, self._seq, present))
            self._seq = present
            return
        first, body = self._seq, b""
        while self._seq < self._limit and self._seq in self.log:
            raw = self.log[self._seq]
            if body and len(body) + len(raw) > PAYLOAD - frames.DATA_HEAD:
                break
            body += raw
            self._seq += 1
        for offset in range(0, len(body), PAYLOAD - frames.DATA_HEAD):
            piece = body[offset : offset + PAYLOAD - frames.DATA_HEAD]
            self.notify(gatt.DATA, struct.pack("<BIB", frames.DATA, first, offset) + piece)
        if self.cut_after is not None:
            self.cut_after -= 1
            if self.cut_after <= 0:
                self.cut_after = None
                self.cut()

    def notify(self, uuid: str, value: bytes) -> None:
        for frame in self.tamper(value) if uuid == gatt.DATA else [value]:
            if self.client is not None:
                self.client.deliver(uuid, frame)

    def transfer(self, message: bytes) -> None:
        self.notify(gatt.TRANSFER, self._receiver.handle(message))

    def cut(self) -> None:
        """The link breaks."""
        if self._stream is not None:
            self._stream.cancel()
            self._stream = None
        if self.client is not None:
            client, self.client = self.client, None
            client.lost()


class FakeClient(BaseBleakClient):
    """bleak's client backend onto a FakeBand of the same address."""

    bands: dict[str, FakeBand] = {}  # noqa: RUF012 (set in a subclass by `backends`)

    def __init__(self, address_or_ble_device: object, services: object = None, **kwargs: object) -> None:
        wanted = {name: kwargs[name] for name in ("disconnected_callback", "timeout")}
        super().__init__(address_or_ble_device, **wanted)
        self._band = self.bands[self.address]
        self._takers: dict[str, Callable] = {}
        self._up = False

    name = property(lambda self: self.address)
    mtu_size = property(lambda self: PAYLOAD + 3)
    is_connected = property(lambda self: self._up)

    async def connect(self, pair: bool, **kwargs: object) -> None:
        if not self._band.in_reach:
            raise BleakError("out of reach")
        if self._band.client is not None:
            raise BleakError("the band has a connection already")
        self._band.connections += 1
        self._band.client = self
        self._up = True
        self.services = self._discover()

    def _discover(self) -> BleakGATTServiceCollection:
        found = BleakGATTServiceCollection()
        own = BleakGATTService(None, 1, gatt.SERVICE)
        found.add_service(own)
        names = [gatt.CONTROL, gatt.DATA, gatt.TRANSFER, gatt.INFO, gatt.LIVE, gatt.TRUST]
        names += [normalize_uuid_16(gatt.HEART_RATE_MEASUREMENT), normalize_uuid_16(gatt.FIRMWARE_REVISION)]
        for handle, uuid in enumerate(names, start=2):
            if uuid not in self._band.services_missing:
                found.add_characteristic(
                    BleakGATTCharacteristic(
                        uuid, handle, uuid, ["read", "write", "notify"], lambda: PAYLOAD, own
                    )
                )
        return found

    async def disconnect(self) -> None:
        if self._up:
            self._band.cut()

    def lost(self) -> None:
        self._up = False
        if self._disconnected_callback:
            self._disconnected_callback()

    def deliver(self, uuid: str, value: bytes) -> None:
        if uuid in self._takers:
            self._band.sent_bytes += len(value) if uuid != gatt.TRUST else 0
            self._takers[uuid](bytearray(value))

    async def read_gatt_char(self, characteristic: BleakGATTCharacteristic, **kwargs: object) -> bytearray:
        self._check()
        return bytearray(self._band.info() if characteristic.uuid == gatt.INFO else b"0.1.0")

    async def write_gatt_char(self, characteristic: object, data: bytes, response: bool) -> None:
        self._check()
        self._band.written(characteristic.uuid, bytes(data))

    async def start_notify(self, characteristic: object, callback: Callable, **kwargs: object) -> None:
        self._check()
        self._takers[characteristic.uuid] = callback

    async def stop_notify(self, characteristic: object) -> None:
        self._takers.pop(characteristic.uuid, None)

    async def pair(self, *args: object, **kwargs: object) -> None:
        raise BleakError("no pairing here")

    async def unpair(self) -> None:
        raise BleakError("no pairing here")

    async def read_gatt_descriptor(self, descriptor: object, **kwargs: object) -> bytearray:
        raise BleakError("no descriptors here")

    async def write_gatt_descriptor(self, descriptor: object, data: bytes) -> None:
        raise BleakError("no descriptors here")

    def _check(self) -> None:
        if not self._up:
            raise BleakError("Not connected")


class FakeScanner(BaseBleakScanner):
    """Hears every band in reach each `every_s`."""

    bands: dict[str, FakeBand] = {}  # noqa: RUF012 (set in a subclass by `backends`)
    every_s = 0.01

    def __init__(
        self, detection_callback: Callable, service_uuids: list, scanning_mode: str, **_: object
    ) -> None:
        super().__init__(detection_callback, service_uuids)
        self._task: asyncio.Task | None = None

    async def start(self) -> None:
        self.seen_devices = {}
        self._task = asyncio.ensure_future(self._advertise())

    async def stop(self) -> None:
        self._task.cancel()

    async def _advertise(self) -> None:
        while True:
            for address, band in self.bands.items():
                if not band.in_reach:
                    continue
                advertisement = AdvertisementData(
                    f"Band {band.device_id}", {}, {}, [gatt.SERVICE], None, -50, (time.monotonic(),)
                )
                device = self.create_or_update_device(
                    address, address, f"Band {band.device_id}", None, advertisement
                )
                if self.is_allowed_uuid([gatt.SERVICE]):
                    self.call_detection_callbacks(device, advertisement)
            await asyncio.sleep(self.every_s)


def backends(*bands: FakeBand, every_s: float = FakeScanner.every_s) -> tuple:
    """(scanner, client) for bleak, bound to these bands."""
    known = {"bands": {band.address: band for band in bands}}
    return type("Scanner", (FakeScanner,), {**known, "every_s": every_s}), type(
        "Client", (FakeClient,), known
    )
