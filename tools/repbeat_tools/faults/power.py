"""Power cuts at a random byte of a random flash write, and the oracle that knows what must have survived.

A Life is one device: it appends records as a training band does, is synced now and then, loses power, boots
(and may lose power in the boot), and is then read from end to end. Written in the subset that MicroPython
runs: the same lives are led on both interpreters.
"""

from device.store.log import Log, LogFull  # type: ignore[import-not-found]
from repbeat_protocol import records
from repbeat_tools.faults.nor import Dice, Nor, PowerCut

KINDS = (
    (records.REP, 20),
    (records.SET, 5),
    (records.HEART, 25),
    (records.RR, 15),
    (records.RAW_WINDOW, 25),
    (records.BATTERY, 5),
    (200, 5),  # a type that no firmware knows yet
)
DETAIL = (records.HEART, records.RR, records.REST)
BOOT_TRIES = 200  # a device that does not come up after so many is stuck
LONGEST_LIFE = 100000  # appends without a cut: the cut would never come


def ring_name(kind: int) -> str:
    """What a LOSS record calls the ring of a record type; "keep" for what is never lost."""
    return "raw" if kind == records.RAW_WINDOW else "detail" if kind in DETAIL else "keep"


LOST = {records.LOST_RAW: "raw", records.LOST_DETAIL: "detail"}


class Life:
    """One device from its first boot, with a model of what its log must hold."""

    def __init__(self, seed: int) -> None:
        self.dice = Dice(seed)
        self.nor = Nor(6 + self.dice.below(8), Dice(seed + 1))
        self.kept: dict[int, bytes] = {}  # wire record by sequence: append returned, or read back since
        self.flight: tuple[int, int, bytes, int] | None = (
            None  # boot, kind, payload, uptime of an append cut short
        )
        self.losses: list[tuple[int, int, int, int]] = []  # sequence, first, count, what
        self.gone: set[int] = set()  # sequences that LOSS records name
        self.acked = 0
        self.appended = 0
        self.mended = 0  # records in flight that were found whole
        self.log = Log(self.nor, self.dice.draw)
        self.buf = bytearray(records.MAX_RECORD)
        self.found = {"lost": 0, "doubled": 0, "ghost": 0, "crashed": 0, "stuck": 0}

    def run(self, cuts: int) -> None:
        """Live through that many cuts and check after each."""
        self.boot()
        for _ in range(self.dice.below(self.nor.ioctl(4, 0) * 45)):
            self.append()
        while self.nor.cuts < cuts and not any(self.found.values()):
            brown_out = self.dice.below(3) == 0
            self.nor.cut(self.dice.below(3 if brown_out else 60), self.dice.bits() >> 8)
            try:
                for _ in range(LONGEST_LIFE):
                    self.append()
                self.found["stuck"] += 1
            except PowerCut:
                pass
            self.boot()
            self.check()

    def boot(self) -> None:
        """Mount, at times with a further cut inside; then record the boot."""
        for _ in range(BOOT_TRIES):
            if self.dice.below(3) == 0:
                self.nor.cut(self.dice.below(3), self.dice.bits() >> 8)
            try:
                self.log = Log(self.nor, self.dice.draw)
                self.log.mount()
                self.nor.steady()
                return
            except PowerCut:
                continue
        self.found["stuck"] += 1

    def append(self) -> None:
        """One record of a random type and size; now and then a sync comes before it."""
        dice = self.dice
        if dice.below(150) == 0:
            self.sync(dice.below(101))
        kind = self.draw_kind()
        self.appended += 1
        payload = self.appended.to_bytes(4, "little") + dice.octets(dice.below(records.MAX_PAYLOAD - 3))
        self.flight = (self.log.boot, kind, payload, self.appended)
        try:
            seq = self.log.append(kind, 1, payload, self.appended)
            self.kept[seq] = records.encode(seq, kind, 1, self.log.boot, self.appended, payload)
        except LogFull:
            self.check_full(kind)
        self.flight = None

    def draw_kind(self) -> int:
        """A record type, as often as KINDS says."""
        draw = self.dice.below(100)
        for kind, share in KINDS:
            draw -= share
            if draw < 0:
                return kind
        raise ValueError("the shares of KINDS are less than 100")

    def sync(self, percent: int) -> None:
        """A companion reads everything and commits this share of it."""
        log = self.log
        seq = log.oldest
        end = log.oldest + (log.next_seq - log.oldest) * percent // 100
        while seq < end:
            if not log.read_into(seq, self.buf):
                self.found["lost"] += 1
            seq = log.next_present(seq + 1)
        self.acked = max(self.acked, end)  # an ack cut short counts for the companion, not for the device
        log.acked(end)

    def check_full(self, kind: int) -> None:
        """LogFull is right only when nothing that may go for this type is left; a sync must mend it."""
        stats = self.log.stats()
        ring = ring_name(kind)
        if stats["raw"] or (stats["detail"] and ring != "raw"):
            self.found["stuck"] += 1
        self.flight = None
        self.sync(100)
        self.log.append(kind, 1, b"", 0)
        seq = self.log.next_seq - 1
        self.kept[seq] = records.encode(seq, kind, 1, self.log.boot, 0, b"")

    def check(self) -> None:
        """Read the whole log and hold it against the model."""
        log = self.log
        present: dict[int, bytes] = {}
        known: set[bytes] = set()
        seq = log.oldest
        while seq < log.next_seq:
            size = log.read_into(seq, self.buf)
            raw = bytes(self.buf[:size])
            if seq in present or (size > 18 and raw[10:14] in known and raw[0] != records.LOSS):
                self.found["doubled"] += 1
            if size > 18 and raw[0] != records.LOSS:
                known.add(raw[10:14])
            present[seq] = raw
            self.admit(seq, raw)
            seq = log.next_present(seq + 1)
        self.flight = None
        self.check_losses(present)
        for seq in self.kept:
            if seq not in present and seq >= self.acked and seq not in self.gone:
                self.found["lost"] += 1
        self.kept = present

    def admit(self, seq: int, raw: bytes) -> None:
        """A record that was read: it is the one that was appended, the one in flight, or a LOSS record."""
        if seq in self.kept:
            if self.kept[seq] != raw:
                self.found["ghost"] += 1
            return
        if raw and raw[0] == records.LOSS:
            payload = records.decode(raw, seq)[4]
            loss = records.unpack(records.LOSS, 1, payload)
            self.losses.append((seq, loss["first_seq"], loss["count"], loss["what"]))
        elif self.flight is not None:
            boot, kind, payload, uptime_ms = self.flight
            if raw != records.encode(seq, kind, 1, boot, uptime_ms, payload):
                self.found["ghost"] += 1
            self.flight = None
            self.mended += 1
        else:
            self.found["ghost"] += 1
        self.kept[seq] = raw

    def check_losses(self, present: dict[int, bytes]) -> None:
        """Each LOSS record names records of its ring; before detail goes, no raw window is left."""
        for at, first, count, what in self.losses:
            ring = LOST.get(what, "")
            seqs = sorted([seq for seq in self.kept if seq >= first and ring_name(self.kept[seq][0]) == ring])
            self.gone.update(seqs[:count])
            if len(seqs) < count or not seqs or seqs[0] != first:
                self.found["ghost"] += 1
            if ring == "detail":
                raws = [seq for seq in present if seq < at and ring_name(present[seq][0]) == "raw"]
                if raws:
                    self.found["lost"] += 1
        self.losses = []


def batch(seed: int, cuts: int) -> dict[str, int]:
    """One life of that many cuts: how many were tried, and what went wrong (all zero when nothing did)."""
    life = Life(seed)
    try:
        life.run(cuts)
    except Exception as error:
        life.found["crashed"] += 1
        print("seed", seed, "crashed:", repr(error))  # noqa: T201 - to whoever reproduces the seed
    tally = dict(life.found)
    tally["tried"] = life.nor.cuts
    return tally
