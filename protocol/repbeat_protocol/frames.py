"""Frames: how records travel. FETCH asks, DATA answers, ACK says what is safe.

The sequence number is the only cursor. A window of records is granted, never counted: FETCH(since, credit)
and ACK(next, credit) both allow the device to send records below `next + credit`, so a lost, doubled or
late ACK cannot drift. The companion commits before it acks; an ACK only marks what may be overwritten.
A record that does not fit one frame is cut; `offset` says where the piece begins.
"""

import struct

from repbeat_protocol import records

PROTOCOL_VERSION = 1

# companion -> device, written to CONTROL
FETCH = 0x01  # log_id u32, since u32, credit u16
ACK = 0x02  # log_id u32, next u32, credit u16
STOP = 0x03
SET_TIME = 0x04  # unix_ms i64, uncertainty_ms u16, utc_offset_min i16

# device -> companion, notified on DATA
DATA = 0x81  # seq u32, offset u8, then bytes of whole records, or of one piece
HEAD = 0x82  # next u32: everything below it has been sent
GAP = 0x83  # first u32, next u32: records first … next-1 are no longer on the device
REFUSAL = 0x84  # code u8, argument u32

DATA_HEAD = 6
MIN_PAYLOAD = 20  # ATT_MTU 23 less the three bytes of a notification

# REFUSAL codes
NOT_THIS_LOG = 1  # argument: the device's log_id; read INFO and start from its oldest
UNKNOWN_FRAME = 2  # argument: the frame's first byte
BAD_FRAME = 3  # argument: the frame's first byte
CLOCK_REFUSED = 4  # argument: unix seconds that were offered
LOG_FAULT = 5  # argument: the sequence number that could not be read
NOT_TRUSTED = 6  # argument: the frame's first byte; prove the key on TRUST first

# Clocks outside are refused by both ends: before this project, or more than a device's life ahead
EARLIEST_UNIX_S = 1735689600  # 2025-01-01
LATEST_UNIX_S = 2208988800  # 2040-01-01

INFO = "<BBIIIHIBIQ"  # see read_info


class FrameError(ValueError):
    """A frame cannot be used; each cause is a subclass."""


class UnknownFrame(FrameError):
    """The first byte names no frame of this protocol version: update the older side."""


class TruncatedFrame(FrameError):
    """The frame has another length than its kind: it was cut or is not ours."""


class MissingRecords(FrameError):
    """A DATA frame skipped ahead: FETCH again from the last good sequence number."""


_CONTROL = {FETCH: "<BIIH", ACK: "<BIIH", STOP: "<B", SET_TIME: "<BqHh"}
_ANSWER = {HEAD: "<BI", GAP: "<BII", REFUSAL: "<BBI"}


def pack_control(kind: int, *values: int) -> bytes:
    """FETCH or ACK(log_id, seq, credit), STOP(), SET_TIME(unix_ms, uncertainty_ms, utc_offset_min)."""
    return struct.pack(_CONTROL[kind], kind, *values)


def pack_answer(kind: int, *values: int) -> bytes:
    """HEAD(next), GAP(first, next) or REFUSAL(code, argument)."""
    return struct.pack(_ANSWER[kind], kind, *values)


def _unpack(table: dict[int, str], frame: bytes) -> tuple[int, ...]:
    if not frame:
        raise TruncatedFrame("an empty frame")
    form = table.get(frame[0])
    if form is None:
        raise UnknownFrame("frame 0x%02x is not known in protocol %d" % (frame[0], PROTOCOL_VERSION))
    if len(frame) != struct.calcsize(form):
        raise TruncatedFrame(
            "frame 0x%02x has %d bytes where it has %d" % (frame[0], len(frame), struct.calcsize(form))
        )
    return struct.unpack(form, frame)


def unpack_control(frame: bytes) -> tuple[int, ...]:
    """(kind, values…) of a frame written to CONTROL."""
    return _unpack(_CONTROL, frame)


def unpack_answer(frame: bytes) -> tuple[int, ...]:
    """(kind, values…) of a HEAD, GAP or REFUSAL frame."""
    return _unpack(_ANSWER, frame)


def pack_info(
    layout: int,
    log_id: int,
    oldest: int,
    next_seq: int,
    boot: int,
    uptime_ms: int,
    plan_revision: int,
    device_id: int,
) -> bytes:
    """The INFO characteristic's value: what a companion must know before it fetches."""
    return struct.pack(
        INFO,
        PROTOCOL_VERSION,
        layout,
        log_id,
        oldest,
        next_seq,
        boot,
        uptime_ms & 0xFFFFFFFF,
        uptime_ms >> 32,
        plan_revision,
        device_id,
    )


def read_info(value: bytes) -> dict[str, int]:
    """INFO as a dict: protocol, layout, log_id, oldest, next, boot, uptime_ms, plan_revision, device_id."""
    size = struct.calcsize(INFO)
    if len(value) < size:
        raise TruncatedFrame("INFO has %d bytes where it has %d" % (len(value), size))
    protocol, layout, log_id, oldest, head, boot, low, high, revision, device_id = struct.unpack_from(
        INFO, value, 0
    )
    return {
        "protocol": protocol,
        "layout": layout,
        "log_id": log_id,
        "oldest": oldest,
        "next": head,
        "boot": boot,
        "uptime_ms": high << 32 | low,
        "plan_revision": revision,
        "device_id": device_id,
    }


class Assembler:
    """Turns DATA frames back into records, in order, once each.

    `next` is the sequence number wanted next. Frames that repeat are ignored. A frame that skips raises
    MissingRecords and a damaged one RecordError; neither moves `next`, so the caller can FETCH again from it.
    """

    def __init__(self, since: int) -> None:
        self.next = since
        self._piece = b""

    def feed(self, frame: bytes) -> list[tuple[int, bytes]]:
        """[(seq, raw record), …] that this DATA frame completes."""
        if len(frame) <= DATA_HEAD or frame[0] != DATA:
            raise TruncatedFrame("a DATA frame of %d bytes" % len(frame))
        seq, offset = struct.unpack_from("<IB", frame, 1)
        body = bytes(frame[DATA_HEAD:])
        if seq > self.next or (seq == self.next and offset > len(self._piece)):
            raise MissingRecords("wanted record %d, got %d: fetch again" % (self.next, seq))
        if offset:
            if seq < self.next or offset < len(self._piece):
                return []  # a piece that came before
            body = self._piece + body
            self._piece = b""  # when the whole turns out damaged, it is begun anew
        out = []
        wanted = self.next
        at = 0
        while at < len(body):
            rest = len(body) - at
            if rest < records.OVERHEAD or rest < body[at + 2] + records.OVERHEAD:
                break
            size = records.verify(body, at, len(body), seq)
            if seq == wanted:
                out.append((seq, body[at : at + size]))
                wanted += 1
            seq += 1
            at += size
        if seq == wanted:
            self._piece = body[at:]
        self.next = wanted
        return out

    def skip(self, to: int) -> None:
        """Go on from `to`: the device said (GAP) that the records before it are gone."""
        if to > self.next:
            self.next = to
            self._piece = b""
