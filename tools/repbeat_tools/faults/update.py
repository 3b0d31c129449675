"""Updates cut anywhere: at every chunk, at random bytes of the flash, in every stage of a start.

A life is one device that is brought bundles: good ones, and such as crash, hang, stay silent, are signed by
another key, are for another board, or are older. The firmware's own slots, choice at the start, trial and log
run on flash that loses power; the application itself is played, its files are read from the slot as an import
would. After any start some whole application must run, the log must be there, and a reason must be told.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from repbeat_protocol import records, transfer
from repbeat_tools.device import bundle_file
from repbeat_tools.faults import bundle_keys
from repbeat_tools.faults.nor import Dice, Nor, PowerCut

SLOT_SECTORS = 8
LOG_SECTORS = 12
BOARD = "faults"
TRIES = 3  # as device/system/start.py has it
BOOTS = 40  # starts until something runs for good; more is a brick
KINDS = ("good", "good", "crash", "hang", "silent", "other key", "older", "other board")
REFUSED = {"other key": 66, "older": 70, "other board": 68}
FINDINGS = ("bricked", "log_lost", "lost", "doubled", "ghost", "crashed", "stuck")


class Reset(BaseException):
    """machine.reset()."""


class Brick(BaseException):
    """Nothing runs, however often the device is started."""


FLASH: dict[str, Nor] = {}  # of the life that is led
_machine = ModuleType("machine")
_esp32 = ModuleType("esp32")


def _reset() -> None:
    raise Reset


def _stand_in() -> None:
    """What of the chip start.py and updates.py import: the flash of this life, and no watchdog."""
    vars(_machine).update(PWRON_RESET=1, WDT_RESET=3, reset=_reset, WDT=lambda timeout: None)
    partition = type("Partition", (), {"TYPE_DATA": 1, "find": lambda kind, label: [FLASH[label]]})
    vars(_esp32).update(Partition=partition, NVS=object)
    for module in (_machine, _esp32, ModuleType("vfs")):
        sys.modules.setdefault(module.__name__, module)


class Clock:
    """Milliseconds that go on by themselves."""

    def __init__(self) -> None:
        self.now_ms = 0

    def uptime_ms(self) -> int:
        self.now_ms += 5
        return self.now_ms


class Running:
    """The application that runs in one boot: what Updates asks of the device it serves."""

    SAFE = False

    def __init__(self, life: UpdateLife, number: int) -> None:
        from device.store.app_slots import AppSlots, open_images  # type: ignore[import-not-found]
        from device.store.image import pack_version  # type: ignore[import-not-found]
        from device.store.log import Log  # type: ignore[import-not-found]
        from device.system.faults import Faults  # type: ignore[import-not-found]
        from device.system.journal import Journal  # type: ignore[import-not-found]
        from device.system.updates import Updates  # type: ignore[import-not-found]

        self.clock = Clock()
        self.log = Log(life.nors["log"], life.dice.draw)
        self.log.mount()
        self.journal = Journal(life.watched(self.log))
        self.faults = Faults(self.journal, self.clock)
        self.link = self
        self.proved = False
        images = open_images(life.nors.get)
        version = images[number].version if number >= 0 else pack_version((0, 1, 0))
        self.slots = AppSlots(
            images,
            number,
            version,
            BOARD,
            self.obstacle,
            lambda: 3,
            lambda text: None,
            lambda: bundle_keys.OWN.public_key().public_numbers().n,
        )
        self.updates = Updates(self.slots, None, self)
        self.updates.tell()
        self.receiver = transfer.Receiver({transfer.FIRMWARE: self.slots})

    def obstacle(self) -> int:
        return 0

    def well_parts(self) -> int:
        return 3

    def rest(self) -> None:
        """Nothing is collected here."""


class UpdateLife:
    """One device, what it was brought, and what must be true of it."""

    def __init__(self, seed: int) -> None:
        self.dice = Dice(seed)
        self.nors = {
            "app0": Nor(SLOT_SECTORS, Dice(seed + 1)),
            "app1": Nor(SLOT_SECTORS, Dice(seed + 2)),
            "log": Nor(LOG_SECTORS, Dice(seed + 3)),
        }
        FLASH.update(self.nors)
        _stand_in()
        self.found = dict.fromkeys(FINDINGS, 0)
        self.cuts = 0
        self.kept: dict[int, bytes] = {}  # records appended, by sequence
        self.flight = b""
        self.brought: dict[int, str] = {}  # what a packed version is: one of KINDS
        self.good = 0x100  # the newest version known to have proved itself, packed
        self.patch = 0
        self.app = Running(self, -1)

    def watched(self, log: Any) -> Any:
        """A log that notes here what was appended."""
        append = log.append

        def noted(kind: int, version: int, payload: bytes, uptime_ms: int) -> int:
            self.flight = payload
            seq: int = append(kind, version, payload, uptime_ms)
            self.kept[seq] = bytes(payload)
            self.flight = b""
            return seq

        log.append = noted
        return log

    # Starts

    def start(self) -> Running:
        """Boot, with cuts in any stage, until an application runs that stays."""
        from device.system import start  # type: ignore[import-not-found]

        hung = False
        for attempt in range(BOOTS):
            if attempt < BOOTS // 2 and self.dice.below(3) == 0:
                self._plan_cut(self.dice.below(12))
            number = start.BASE
            try:
                number, _ = start.prepare(0, hung)
                hung = False
                kind = self._import(number)
                if kind == "crash":
                    raise ImportError("no module named 'x'")
                if kind == "hang":
                    hung = True
                    continue
                app = Running(self, number)
                app.journal.append(records.BATTERY, 1, b"\x00\x00\x00\x00", app.clock.uptime_ms())
                if number >= 0:
                    self._trial(app, kind)
                self._steady()
                self._check(app, number, kind)
                return app
            except PowerCut:
                self.cuts += 1
                self._steady()
            except Reset:
                self._steady()
            except Exception as error:
                try:
                    start.crashed(number, error, type("None", (), {"add": lambda self: None})())
                except PowerCut:
                    self.cuts += 1
                self._steady()
        raise Brick

    def _import(self, number: int) -> str:
        """Read all files of the image, as its start would; what it plays."""
        from device.store.bundle_fs import BundleFs  # type: ignore[import-not-found]
        from device.store.image import Image

        if number < 0:
            return "base"
        held = Image(self.nors[f"app{number}"]).bundle()
        files = BundleFs(held)
        for place in held.places():
            files.open("/" + held.entry(place)[0], "rb").read()
        return str(files.open("/device/plays", "rb").read().decode())

    def _trial(self, app: Running, kind: str) -> None:
        """Time goes on until the application on trial is good, or gives itself up."""
        one = app.slots.images[app.slots.running]
        app.proved = kind != "silent"
        for _ in range(12):
            if one.good:
                return
            app.clock.now_ms += 30_000
            app.updates.look()
        self.found["stuck"] += not one.good

    # Faults

    def _plan_cut(self, operations: int) -> None:
        name = ("app0", "app1", "log")[self.dice.below(3)]
        self.nors[name].cut(operations, self.dice.bits() >> 8)

    def _steady(self) -> None:
        for nor in self.nors.values():
            nor.steady()

    # Bundles

    def run(self, cuts: int) -> None:
        """Bring bundles until there were so many cuts."""
        while self.cuts < cuts and not any(self.found.values()):
            self.bring(KINDS[self.dice.below(len(KINDS))], every_chunk=self.dice.below(4) == 0)

    def bring(self, kind: str, every_chunk: bool) -> None:
        """One bundle, whatever happens on the way, and what becomes of it."""
        self.patch += 1
        version = (0, 0, 1) if kind == "older" else (0, 1 + self.patch // 200, self.patch % 200 + 1)
        content = self._make(kind, version)
        packed = version[0] << 16 | version[1] << 8 | version[2]
        self.brought[packed] = kind
        status, reason = self._send(packed, content, every_chunk)
        if status == transfer.REFUSED:
            self.found["lost"] += REFUSED.get(kind) != reason
            return
        if kind in REFUSED:
            self.found["ghost"] += 1
            return
        before = self.cuts
        try:
            self._plan_cut(self.dice.below(30))
            for _ in range(10):
                self.app.clock.now_ms += 2000
                self.app.updates.look()
            self.found["stuck"] += self.app.slots.waiting >= 0
        except PowerCut:
            self.cuts += 1
        except Reset:
            pass
        self._steady()
        self.app = self.start()
        if kind == "good" and self.good != packed and self.cuts - before < TRIES:
            self.found["lost"] += 1  # accepted, well, not cut off in each of its trials, and not what runs
        if kind != "good" and packed == self.good:
            self.found["ghost"] += 1

    def _make(self, kind: str, version: tuple[int, int, int]) -> bytes:
        files = {f"device/part{i}": self.dice.octets(200 + self.dice.below(2500)) for i in range(5)}
        files["device/plays"] = kind.encode()
        board = "another" if kind == "other board" else BOARD
        key = bundle_keys.OTHER if kind == "other key" else bundle_keys.OWN
        return bundle_file.pack(files, board, version, key)

    def _send(self, ident: int, content: bytes, every_chunk: bool) -> tuple[int, int]:
        """The transfer, begun again after each cut; (status, reason) of its end."""
        blob = transfer.blob(content)
        begin = transfer.pack_begin(transfer.FIRMWARE, ident, content)
        room = 30 + self.dice.below(470)
        for tries in range(len(blob)):
            try:
                if not every_chunk and tries < 20:
                    self._plan_cut(self.dice.below(60))
                state = transfer.unpack_state(self.app.receiver.handle(begin))
                while state[3] == transfer.WANTED:
                    chunk = transfer.pack_chunk(state[2], blob[state[2] : state[2] + room])
                    state = transfer.unpack_state(self.app.receiver.handle(chunk))
                    if every_chunk and state[3] == transfer.WANTED:
                        raise PowerCut
                self._steady()
                return state[3], state[4]
            except PowerCut:
                self.cuts += 1
                self._steady()
                self.app = self.start()
        self.found["stuck"] += 1
        return transfer.REFUSED, 0

    # The oracle

    def _check(self, app: Running, number: int, kind: str) -> None:
        """What runs is whole, good and newest; the log has all; each bundle given up was told of."""
        running = app.slots.images[number].version if number >= 0 else 0x100
        self.found["lost"] += running < self.good
        self.found["ghost"] += kind not in ("base", "good")
        if number >= 0 and running not in self.brought:
            self.found["ghost"] += 1
        self.good = max(self.good, running)
        self._check_log(app.log)

    def _check_log(self, log: Any) -> None:
        buf = bytearray(records.MAX_RECORD)
        present: dict[int, bytes] = {}
        seq = log.oldest
        while seq < log.next_seq:
            size = log.read_into(seq, buf)
            present[seq] = records.decode(bytes(buf[:size]), seq)[4] if size else b""
            seq = log.next_present(seq + 1)
        for seq, payload in self.kept.items():
            if seq >= log.oldest and present.get(seq) != payload:
                self.found["log_lost"] += 1
        unknown = [one for seq, one in present.items() if seq not in self.kept]
        self.found["ghost"] += sum(one not in (self.flight, b"") for one in unknown[1:])
        told = [one for seq, one in present.items() if one[:2] == b"\x08\x00"]
        self.found["doubled"] += len(told) - len(set(told)) > self.cuts
        self.kept = present
        self.flight = b""


def batch(seed: int, cuts: int) -> dict[str, int]:
    """One life with at least that many cuts: how many were tried, and what went wrong."""
    life = UpdateLife(seed)
    try:
        life.run(cuts)
    except Brick:
        life.found["bricked"] += 1
    except Exception as error:
        life.found["crashed"] += 1
        sys.stderr.write(f"seed {seed} crashed: {error!r}\n")
    return {**life.found, "tried": life.cuts}
