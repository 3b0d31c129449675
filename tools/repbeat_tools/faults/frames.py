"""Random and mutated frames into every parser of both ends: only typed errors, and nothing false accepted.

Each round builds something valid, damages it (or draws plain noise), and hands it to its parser. Written in
the subset that MicroPython runs, so the device's parsers are tried where they will run.
"""

import struct
from hashlib import sha256

from repbeat_protocol import frames, heart, live, raw_window, records, transfer
from repbeat_protocol import plan as plan_format
from repbeat_tools.faults.nor import Dice

TYPE_CHECKING = False  # MicroPython has neither typing nor collections.abc
if TYPE_CHECKING:
    from collections.abc import Callable


class Rounds:
    """Draws inputs from one seed and counts what went wrong."""

    def __init__(self, seed: int) -> None:
        self.dice = Dice(seed)
        self.tried = 0
        self.found = {"lost": 0, "doubled": 0, "ghost": 0, "crashed": 0, "stuck": 0}

    def run(self, count: int) -> None:
        """Feed that many inputs, each parser in turn."""
        parsers = (
            self.control,
            self.answer,
            self.info,
            self.record,
            self.data_stream,
            self.heart,
            self.rr,
            self.raw_window,
            self.plan,
            self.receive,
            self.state,
        )
        while self.tried < count:
            parser = parsers[self.dice.below(len(parsers))]
            try:
                parser()
            except Exception as error:
                self.found["crashed"] += 1
                print("crashed:", parser, repr(error))  # noqa: T201 - to whoever reproduces the seed

    def damaged(self, whole: bytes) -> bytes:
        """`whole` with bits turned, bytes cut off, added or repeated; or noise; at times untouched."""
        self.tried += 1
        dice = self.dice
        data = bytearray(whole)
        way = dice.below(8)
        if way == 0:
            return bytes(data)
        if way == 1:
            return dice.octets(dice.below(len(data) + 8))
        if way == 2:
            return bytes(data[: dice.below(len(data) + 1)])
        if way == 3:
            return bytes(data) + dice.octets(1 + dice.below(20))
        if way == 4 and len(data) > 2:
            start = dice.below(len(data))
            return bytes(data[:start] + data[start : start + 1 + dice.below(9)] + data[start:])
        for _ in range(1 + dice.below(4)):
            if data:
                data[dice.below(len(data))] ^= 1 << dice.below(8)
        return bytes(data)

    # --- the sync's frames

    def control(self) -> None:
        """What a companion writes: FETCH, ACK, SET_TIME."""
        dice = self.dice
        whole = (
            frames.pack_control(frames.FETCH, dice.bits(), dice.bits(), dice.below(65536)),
            frames.pack_control(frames.ACK, dice.bits(), dice.bits(), dice.below(65536)),
            frames.pack_control(frames.SET_TIME, 1700000000000 + dice.bits(), 500, 60),
            frames.pack_control(frames.STOP),
        )[dice.below(4)]
        tolerate(frames.FrameError, frames.unpack_control, self.damaged(whole))

    def answer(self) -> None:
        """What a device notifies besides DATA; and LIVE."""
        dice = self.dice
        whole = (
            frames.pack_answer(frames.HEAD, dice.bits()),
            frames.pack_answer(frames.GAP, dice.bits(), dice.bits()),
            frames.pack_answer(frames.REFUSAL, dice.below(256), dice.bits()),
        )[dice.below(3)]
        tolerate(frames.FrameError, frames.unpack_answer, self.damaged(whole))
        tolerate(
            ValueError,
            live.read,
            self.damaged(struct.pack(live.ANGLE_FORM, live.ANGLES, *([0] * (len(live.FIELDS) - 1)))),
        )

    def info(self) -> None:
        """INFO, as read before a sync."""
        dice = self.dice
        whole = frames.pack_info(
            1, dice.bits(), 0, dice.bits(), 7, dice.bits() << 8, dice.bits(), dice.bits()
        )
        tolerate(frames.FrameError, frames.read_info, self.damaged(whole))

    def a_record(self, seq: int) -> bytes:
        """A valid record with random content."""
        dice = self.dice
        payload = dice.octets(dice.below(records.MAX_PAYLOAD + 1))
        return records.encode(seq, 1 + dice.below(250), 1, dice.below(65536), dice.bits() << 8, payload)

    def record(self) -> None:
        """One record: what is accepted is what was sent; known payloads unpack or say why not."""
        seq = self.dice.bits()
        whole = self.a_record(seq)
        try:
            decoded = records.decode(self.damaged(whole), seq)
        except records.RecordError:
            return
        if decoded != records.decode(whole, seq):
            self.found["ghost"] += 1
        for kind, version in records.LAYOUTS:
            tolerate(records.BadPayload, records.unpack, kind, version, decoded[4])

    def data_stream(self) -> None:
        """DATA frames lost, doubled, reordered, damaged: the assembler ends with every record, once."""
        dice = self.dice
        first = dice.below(1000)
        sent = [self.a_record(first + i) for i in range(1 + dice.below(6))]
        room = 14 + dice.below(230)
        assembler = frames.Assembler(first)
        got: list[tuple[int, bytes]] = []
        for attempt in range(4):
            stream = data_frames(sent, first, assembler.next, room)
            for frame in stream if attempt == 3 else self.disturbed(stream):
                try:
                    got.extend(assembler.feed(frame))
                except (frames.FrameError, records.RecordError):
                    break  # the companion fetches again from assembler.next
            if attempt < 3:
                rest = frames.Assembler(assembler.next)  # as after a reconnect
                assembler = rest
        for seq, raw in got:
            if not first <= seq < first + len(sent) or raw != sent[seq - first]:
                self.found["ghost"] += 1
        if len({seq for seq, _ in got}) != len(got):
            self.found["doubled"] += 1
        if len({seq for seq, _ in got}) != len(sent):
            self.found["lost"] += 1

    def disturbed(self, stream: list[bytes]) -> list[bytes]:
        """The frames as a bad link brings them."""
        dice = self.dice
        out = []
        for frame in stream:
            way = dice.below(12)
            if way == 0:
                continue
            out.append(self.damaged(frame) if way == 1 else frame)
            if way == 2:
                out.append(frame)
        if len(out) > 1 and dice.below(6) == 0:
            at = dice.below(len(out) - 1)
            out[at], out[at + 1] = out[at + 1], out[at]
        return out

    # --- payloads

    def heart(self) -> None:
        """HEART payloads."""
        dice = self.dice
        writer = heart.HeartWriter()
        bpm = 60 + dice.below(90)
        for _ in range(1 + dice.below(120)):
            bpm = max(0, min(255, bpm + dice.below(9) - 4))
            writer.add(bpm, 2 + dice.below(3))
        try:
            values = heart.read_heart(self.damaged(bytes(writer.take(5, 1))))[2]
        except records.BadPayload:
            return
        if [value for value in values if not 0 <= value[0] <= 255]:
            self.found["ghost"] += 1

    def rr(self) -> None:
        """RR payloads."""
        dice = self.dice
        writer = heart.RrWriter()
        for _ in range(1 + dice.below(100)):
            writer.add(400 + dice.below(800))
        try:
            intervals = heart.read_rr(self.damaged(bytes(writer.take(5, 1))))[2]
        except records.BadPayload:
            return
        if [rr for rr in intervals if not 1 <= rr <= 8191]:
            self.found["ghost"] += 1

    def raw_window(self) -> None:
        """RAW_WINDOW payloads."""
        dice = self.dice
        channels = 1 + dice.below(6)
        writer = raw_window.RawWriter(channels)
        for _ in range(dice.below(raw_window.rows_in_part(channels) + 1)):
            writer.add([dice.below(2 * raw_window.LIMIT) - raw_window.LIMIT for _ in range(channels)], 0)
        try:
            rows = raw_window.read(self.damaged(bytes(writer.take(dice.bits(), 1, 3, 2960, 40))))[1]
        except records.BadPayload:
            return
        if [row for row in rows if min(row) < -raw_window.LIMIT or max(row) > raw_window.LIMIT]:
            self.found["ghost"] += 1

    # --- plans and the transfer

    def a_plan(self) -> bytes:
        """A valid plan."""
        dice = self.dice
        items = [
            plan_format.Item(
                1 + dice.below(20), 1 + dice.below(6), 5, 6 + dice.below(10), dice.below(9000) * 10
            )
            for _ in range(1 + dice.below(5))
        ]
        return plan_format.encode(plan_format.Plan(1 + dice.below(9999), items, "A" + str(dice.below(99))))

    def plan(self) -> None:
        """A plan that is accepted is within bounds and has the bytes its encoder would write."""
        data = self.damaged(self.a_plan())
        try:
            found = plan_format.decode(data)
        except plan_format.PlanError:
            return
        if plan_format.encode(found) != data:
            self.found["ghost"] += 1

    def receive(self) -> None:
        """A transfer over a bad link: no message breaks the receiver, nothing false is accepted, it ends."""
        dice = self.dice
        content = dice.octets(1 + dice.below(300))
        slot = RamSlot()
        receiver = transfer.Receiver({transfer.PLAN: slot})
        begin = transfer.pack_begin(transfer.PLAN, 5, content)
        blob = transfer.blob(content)
        chunk = 8 + dice.below(120)
        for attempt in range(4):  # the first clean one may end the digest of a damaged one
            state = transfer.unpack_state(receiver.handle(begin))
            for _ in range(80):
                if state[3] != transfer.WANTED:
                    break
                message = transfer.pack_chunk(state[2], blob[state[2] : state[2] + chunk])
                way = dice.below(10) if attempt < 2 else 9
                if way == 0:
                    message = self.damaged(message)
                elif way == 1:
                    receiver.handle(self.damaged(begin))
                state = transfer.unpack_state(receiver.handle(message))
                if state[1] != 5:
                    break
        if slot.accepted and slot.accepted[-1] != content:
            self.found["ghost"] += 1
        if not slot.accepted:
            self.found["stuck"] += 1

    def state(self) -> None:
        """STATE, as a companion reads it."""
        whole = struct.pack(transfer.STATE_FORM, transfer.STATE, 1, 7, self.dice.bits(), 0, 0)
        tolerate(transfer.TransferError, transfer.unpack_state, self.damaged(whole))


def tolerate(error: type[Exception], parse: "Callable[..., object]", *arguments: object) -> None:
    """Call a parser that may refuse with this error and no other."""
    try:  # noqa: SIM105 - MicroPython has no contextlib
        parse(*arguments)
    except error:
        pass


def data_frames(sent: list[bytes], first: int, since: int, room: int) -> list[bytes]:
    """The DATA frames of a device that sends the records from `since` on, `room` payload bytes a frame."""
    out = []
    seq = since
    while seq < first + len(sent):
        body = b""
        start = seq
        while seq < first + len(sent) and len(body) + len(sent[seq - first]) <= room:
            body += sent[seq - first]
            seq += 1
        if body:
            out.append(struct.pack("<BIB", frames.DATA, start, 0) + body)
            continue
        raw = sent[seq - first]
        for offset in range(0, len(raw), room):
            piece = raw[offset : offset + room]
            out.append(struct.pack("<BIB", frames.DATA, seq, offset) + piece)
        seq += 1
    return out


class RamSlot(transfer.Slot):
    """A transfer slot in RAM that accepts whatever has the right digest."""

    limit = 400

    def __init__(self) -> None:
        self._key = (0, 0, b"")
        self._blob = bytearray()
        self.accepted: list[bytes] = []

    def resume(self, ident: int, length: int, digest8: bytes) -> int:
        """See transfer.Slot."""
        key = (ident, length, bytes(digest8))
        if key != self._key:
            self._key = key
            self._blob = bytearray()
        return len(self._blob)

    def write(self, offset: int, data: memoryview) -> None:
        """See transfer.Slot."""
        if offset != len(self._blob):
            raise OSError(22)
        self._blob += bytes(data)

    def held(self, size: int) -> bytes:
        """See transfer.Slot."""
        return bytes(self._blob[:size])

    def digest(self) -> bytes:
        """See transfer.Slot."""
        digest = sha256(bytes(self._blob[transfer.DIGEST_SIZE :])).digest()
        if digest != self.held(transfer.DIGEST_SIZE):
            self._key = (0, 0, b"")
        return digest

    def accept(self) -> int:
        """See transfer.Slot."""
        self.accepted.append(bytes(self._blob[transfer.DIGEST_SIZE :]))
        return 0


def batch(seed: int, count: int) -> dict[str, int]:
    """That many inputs from one seed: how many were tried, and what went wrong."""
    rounds = Rounds(seed)
    rounds.run(count)
    tally = dict(rounds.found)
    tally["tried"] = rounds.tried
    return tally
