"""A whole band on the air, and a companion of a few lines that speaks to it through bleak."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from bleak import BleakClient, BleakScanner
from firmware.flash_file import prepare

from repbeat_protocol import auth, frames, gatt, transfer
from repbeat_tools import boards, trusted
from repbeat_tools.simulator import Air, Central, Device, Scaled

ROOT = Path(__file__).resolve().parents[2]
BOARD = ROOT / "hardware/boards/xiao_esp32s3_band.toml"
HEAP_KB = 1024  # bytecode that a chip has in flash, and the compiler's garbage, are on this heap
SPEED = 10
LIMIT_S = 60
BETWEEN_PRESSES_MS = 100
_up_ms: WeakKeyDictionary[Device, float] = WeakKeyDictionary()


def standard(number: int) -> str:
    """A Bluetooth SIG number as bleak writes it."""
    return f"0000{number:04x}-0000-1000-8000-00805f9b34fb"


def run(scenario: Callable[..., Coroutine[Any, Any, None]], *args: Any) -> None:
    """Run a test's coroutine with a hard limit."""
    asyncio.run(asyncio.wait_for(scenario(*args), LIMIT_S))


@asynccontextmanager
async def world(flash_dir: Path, speed: float = SPEED) -> AsyncIterator[tuple[Air, Device]]:
    """An air with one band on it, claimed; its last lines are added to what goes wrong."""
    if not (flash_dir / "flash.bin").exists():
        prepare(flash_dir)
    async with Air(clock=Scaled(speed)) as air:
        band = await air.device(
            "band", flash_dir=flash_dir, board=boards.compile_json(BOARD), heap_kb=HEAP_KB
        )
        try:
            yield air, band
        except BaseException as error:
            error.add_note("\n".join(("the band's last lines:", *band.lines[-30:])))
            raise


class Companion:
    """One connection: what came on each characteristic, and the frames that a companion writes."""

    def __init__(self, client: BleakClient) -> None:
        self.client = client
        self.got: dict[str, list[bytes]] = {}
        self.info: dict[str, int] = {}
        self.session: auth.Session | None = None

    async def read(self, uuid: str | int) -> bytes:
        return bytes(await self.client.read_gatt_char(standard(uuid) if isinstance(uuid, int) else uuid))

    async def prove(self, key: bytes = trusted.KEY, slot: int = trusted.SLOT) -> tuple[int | bytes, ...]:
        """Show the key and be shown it; the last answer (auth.TRUSTED, or REFUSED and its code)."""
        answers = await self.listen(gatt.TRUST)
        await self.read_info()
        nonce = bytes(range(auth.NONCE_SIZE))
        await self.write(gatt.TRUST, auth.pack(auth.HELLO, frames.PROTOCOL_VERSION, slot, nonce))
        answer = auth.unpack(await until(lambda: answers and answers.pop(0), 20))
        if answer[0] != auth.CHALLENGE:
            return answer
        session = auth.Session(key, slot, self.info["device_id"], nonce, bytes(answer[1]))
        await self.write(gatt.TRUST, auth.pack(auth.PROOF, session.proof(auth.COMPANION)))
        answer = auth.unpack(await until(lambda: answers and answers.pop(0), 20))
        if answer[0] == auth.TRUSTED:
            assert session.proves(auth.DEVICE, bytes(answer[1]))
            self.session = session
        return answer

    async def write(self, uuid: str | int, data: bytes) -> None:
        """Sealed, where the band wants it, once the key is proved."""
        channel = {gatt.CONTROL: auth.ON_CONTROL, gatt.TRANSFER: auth.ON_TRANSFER}.get(uuid)
        if channel and self.session:
            data = self.session.seal(channel, data)
        await self.client.write_gatt_char(
            standard(uuid) if isinstance(uuid, int) else uuid, data, response=True
        )

    async def listen(self, uuid: str | int) -> list[bytes]:
        """The list that notifications of this characteristic go to."""
        key = standard(uuid) if isinstance(uuid, int) else uuid
        got = self.got[key] = []
        await self.client.start_notify(key, lambda _, data: got.append(bytes(data)))
        return got

    async def read_info(self) -> dict[str, int]:
        self.info = frames.read_info(await self.read(gatt.INFO))
        return self.info

    async def control(self, kind: int, *values: int) -> None:
        await self.write(gatt.CONTROL, frames.pack_control(kind, *values))

    async def answer(self, kind: int, limit_s: float = 20) -> tuple[int, ...]:
        """The first frame of this kind on DATA, taken out of what came."""
        data = self.got[gatt.DATA]
        found = await until(lambda: next((frame for frame in data if frame[0] == kind), None), limit_s)
        data.remove(found)
        return frames.unpack_answer(found)[1:]

    async def sync(
        self, since: int = 0, credit: int = 64, stop_after: int = 1 << 30
    ) -> list[tuple[int, bytes]]:
        """Fetch until HEAD (or so many records), acknowledging in windows as a companion does."""
        data = await self.listen(gatt.DATA)
        await self.read_info()
        assembler = frames.Assembler(since)
        records: list[tuple[int, bytes]] = []
        granted = since + credit
        await self.control(frames.FETCH, self.info["log_id"], since, credit)
        at = 0
        while True:
            await until(lambda at=at: len(data) > at, 20)
            for frame in data[at:]:
                at += 1
                if frame[0] == frames.DATA:
                    records += assembler.feed(frame)
                elif frame[0] == frames.GAP:
                    assembler.skip(frames.unpack_answer(frame)[2])
                elif frame[0] == frames.HEAD and assembler.next >= frames.unpack_answer(frame)[1]:
                    await self.control(frames.ACK, self.info["log_id"], assembler.next, credit)
                    return records
            if len(records) >= stop_after:
                return records
            if assembler.next >= granted - credit // 2:
                granted = assembler.next + credit
                await self.control(frames.ACK, self.info["log_id"], assembler.next, credit)

    async def send_plan(self, ident: int, content: bytes) -> tuple[int, ...]:
        """Transfer a plan; the last STATE as (kind, id, next offset, status, reason)."""
        states = await self.listen(gatt.TRANSFER)
        blob = transfer.blob(content)
        message = transfer.pack_begin(transfer.PLAN, ident, content)
        room = self.client.mtu_size - 8 - auth.SEAL_SIZE
        while True:
            seen = len(states)
            await self.write(gatt.TRANSFER, message)
            await until(lambda seen=seen: len(states) > seen, 20)
            state = transfer.unpack_state(states[-1])
            if state[3] != transfer.WANTED:
                return state
            message = transfer.pack_chunk(state[2], blob[state[2] : state[2] + room])


async def until(ready: Callable[[], Any], limit_s: float) -> Any:
    """Wait (wall time) for a truth."""
    deadline = asyncio.get_running_loop().time() + limit_s
    while not (value := ready()):
        if asyncio.get_running_loop().time() > deadline:
            raise TimeoutError("it did not come")
        await asyncio.sleep(0.005)
    return value


async def advertisement(phone: Central) -> tuple[Any, Any]:
    """(device, advertisement data) of the band as bleak sees it."""
    scanner, _ = phone.backends
    async with BleakScanner(backend=scanner) as scanning:

        def found() -> tuple[Any, Any] | None:
            heard = scanning.discovered_devices_and_advertisement_data.values()
            return next(((d, a) for d, a in heard if gatt.SERVICE in a.service_uuids and a.local_name), None)

        return await until(found, 20)


@asynccontextmanager
async def connected(air: Air, name: str = "phone", trust: bool = True) -> AsyncIterator[Companion]:
    """A companion with a connection of its own, and the band's trust."""
    phone = air.centrals.get(name) or await air.central(name)
    device, _ = await advertisement(phone)
    async with BleakClient(device, backend=phone.backends[1]) as client:
        companion = Companion(client)
        if trust:
            assert (await companion.prove())[0] == auth.TRUSTED
        yield companion


def press(air: Air, band: Device, hold_ms: float = 200) -> None:
    """The athlete presses the button: now, or when it is up again after the last press."""
    down_ms = max(band.now_ms + 20, _up_ms.get(band, 0) + BETWEEN_PRESSES_MS)
    _up_ms[band] = down_ms + hold_ms
    band.send({"type": "button", "t_ms": down_ms, "down": True})
    band.send({"type": "button", "t_ms": down_ms + hold_ms, "down": False})
