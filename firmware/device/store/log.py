"""The record log: append-only, in raw flash, whole after a power cut at any byte.

One pool of 4 KiB sectors serves three rings (index.KEEP, DETAIL, RAW) with one sequence number. When free
sectors run out, the oldest acknowledged one is used anew; then the oldest raw one, then the oldest detail
one, each with a LOSS record written before it goes. What a companion does not have of repetitions, sets and
sessions is never overwritten: `append` raises LogFull instead. One free sector is held back, so that the LOSS
record always fits.

Three rules, each found by cutting power at random: a torn tail is zeroed and its sector used on; a boot never
opens a sector; reading writes nothing.
"""

import struct
from random import getrandbits

from device.store.cursor import NONE, Cursor
from device.store.flash import SECTOR, Flash, FlashFault, StoreError
from device.store.index import DETAIL, KEEP, RAW, RINGS
from device.store.sector import (
    FIRST_RECORD,
    MAX_STORED,
    SEQ_SIZE,
    STORED_OVERHEAD,
    find,
    stored_seq,
    stored_size,
)
from device.store.space import Space
from repbeat_protocol import records

LEAST_SECTORS = 6  # an active one for each ring, the spare, and two to turn over
TRIES = 3  # places tried for one record before the flash is given up

_DETAIL_KINDS = (records.HEART, records.RR, records.REST)
_WHAT = {RAW: records.LOST_RAW, DETAIL: records.LOST_DETAIL}
_LOSS_SIZE = 9 + STORED_OVERHEAD


class LogFull(StoreError):
    """Every sector holds records that no companion has. Nothing was overwritten: sync, then append again."""


def ring_of(kind: int) -> int:
    """The ring of a record type; types this firmware does not know are kept as dearly as repetitions."""
    if kind == records.RAW_WINDOW:
        return RAW
    return DETAIL if kind in _DETAIL_KINDS else KEEP


class Log:
    """The log on one partition. Call `mount` first; every method may raise FlashFault."""

    def __init__(self, partition, draw=getrandbits) -> None:
        """`partition`: like esp32.Partition, the log's own, of at least LEAST_SECTORS. NotFlash otherwise.

        `draw(bits)` gives the random number that a new log is known by.
        """
        self._draw = draw
        self.flash = Flash(partition, LEAST_SECTORS)
        self._buf = bytearray(MAX_STORED)
        self._view = memoryview(self._buf)
        self._clear()

    def _clear(self) -> None:
        self.space = Space(self.flash, self._buf)
        self._cursors = [Cursor(self.flash, self.space.index, ring) for ring in range(RINGS)]
        self._oldest = NONE  # NONE: to be looked up
        self._said = (-1, 0, 0)  # the last LOSS record: first sequence, count, what
        self.log_id = 0  # random, changes at factory reset only
        self.next_seq = 0  # of the next record
        self.acked_seq = 0  # a companion has all below
        self.boot = 1  # id of this boot, u16, one more than that of the newest record
        self.torn_bytes = 0  # zeroed at this mount
        self.lost = 0  # records overwritten since mount that no companion had

    def mount(self) -> None:
        """Find the log, or begin one: all headers and one sector a ring are read. OtherFormat."""
        self._clear()
        newest = self.space.newest_header()
        if newest is None:
            self.log_id = self._draw(32)
            self._take(KEEP)
            self.space.mark_clean(self.space.opened)
            return
        _, _, _, self.next_seq, _, _, self.log_id, boot = newest
        self.acked_seq, unclean = self.space.read_headers(self.log_id)
        newest_seq = self.next_seq - 1
        for ring in range(RINGS):
            if self.space.index.active[ring] >= 0:
                last_boot = self._scan_tail(ring)
                if self.space.index.tail[ring] - 1 > newest_seq and last_boot:
                    newest_seq = self.space.index.tail[ring] - 1
                    boot = last_boot
        self.next_seq = newest_seq + 1
        self.boot = boot + 1 if boot < 0xFFFF else 1
        if unclean >= 0:
            self.space.erase_unused(unclean)

    def _scan_tail(self, ring: int) -> int:
        """Find where the ring goes on, zero what a cut left; the last record's boot id, 0 without one."""
        index = self.space.index
        sector = index.active[ring]
        boot = 0
        seq = index.first[sector]
        last = end = FIRST_RECORD
        copy = memoryview(self._cursors[ring].buf)  # nothing is being read yet
        at = find(self.flash, sector, end, seq, self._buf)
        while at:
            last = at
            end = at + stored_size(self._buf)
            copy[: end - last] = self._view[: end - last]
            seq = stored_seq(self._buf) + 1
            _, _, _, boot, _, _ = struct.unpack_from(records.HEADER, self._buf, 0)
            if self._buf[0] == records.LOSS:
                self._said = struct.unpack_from("<IIB", self._buf, records.HEADER_SIZE)
            index.end[sector] = index.tail[ring] = seq
            at = find(self.flash, sector, end, seq, self._buf)
        if end > last:
            self.flash.refresh(sector, last, copy[: end - last])
        self.space.at[ring] = self._mend(sector, end)
        return boot

    def _mend(self, sector: int, start: int) -> int:
        """Zero what a cut left from `start` on; return where the next record goes.

        The byte that was half done may read as blank now and otherwise later, so the whole place of the torn
        record is given up, its first bytes (which tell its length) last; without one, a first byte is.
        """
        torn, end = self.flash.spoilt(sector, start)
        if torn == end:
            self.flash.zero(sector, end, min(1, SECTOR - end))
            return min(end + 1, SECTOR)
        self.torn_bytes += end - torn
        self._buf[2] = records.ERASED
        head = min(3, SECTOR - torn)
        self.flash.read(sector, torn, self._view[:head])
        if self._buf[2] <= records.MAX_PAYLOAD:
            end = max(end, torn + stored_size(self._buf))
        end = min(max(end, torn + head), SECTOR)
        self.flash.zero(sector, torn + head, end - torn - head)
        self.flash.zero(sector, torn, head)
        return end

    def append(self, kind: int, version: int, payload: bytes | memoryview, uptime_ms: int) -> int:
        """Keep one record; its sequence number once it is proved to be on flash.

        `payload`: 0-240 bytes; `uptime_ms`: milliseconds since boot, 40 bits. BadPayload, LogFull, or
        FlashFault after TRIES places failed: no sequence number is used then, nothing kept is touched.
        """
        size = len(payload) + STORED_OVERHEAD
        if size > MAX_STORED or kind in (records.ZEROED, records.ERASED):
            raise records.BadPayload("type %d with %d bytes is no record" % (kind, len(payload)))
        ring = ring_of(kind)
        for tried in range(1, TRIES):
            try:
                return self._place(ring, size, kind, version, payload, uptime_ms)
            except FlashFault:
                if tried > 1:
                    self.space.at[ring] = SECTOR  # failed here and beside: on to another sector
        return self._place(ring, size, kind, version, payload, uptime_ms)

    def _place(
        self, ring: int, size: int, kind: int, version: int, payload: bytes | memoryview, uptime_ms: int
    ) -> int:
        if self.space.at[ring] + size > SECTOR:
            self._open(ring, uptime_ms)
        return self._store(ring, kind, version, payload, uptime_ms)

    def _store(self, ring: int, kind: int, version: int, payload: bytes | memoryview, uptime_ms: int) -> int:
        seq = self.next_seq
        wire = records.encode_into(self._buf, 0, seq, kind, version, self.boot, uptime_ms, payload)
        struct.pack_into("<I", self._buf, wire, seq)
        sector = self.space.index.active[ring]
        at = self.space.at[ring]
        size = wire + SEQ_SIZE
        self.space.at[ring] = at + size  # the place is used even when it fails
        self.flash.program(sector, at, self._view[:size])
        self.next_seq = seq + 1
        self.space.index.end[sector] = self.space.index.tail[ring] = self.next_seq
        return seq

    def _open(self, ring: int, uptime_ms: int) -> None:
        """Give a ring a sector with room, by the order in which records may go. LogFull."""
        keep_before = self.space.index.active[KEEP]
        while self.space.index.free < 2:
            victim = self.space.victim(ring, self.acked_seq)
            if victim < 0:
                break
            self._give_up(victim, uptime_ms)
        if ring == KEEP and self.space.index.active[KEEP] != keep_before:
            return  # a LOSS record had to open one already
        if self.space.index.free < (1 if ring == KEEP else 2):
            raise LogFull("what fills the log has not been fetched by any companion: sync the device")
        self._take(ring)

    def _give_up(self, victim: int, uptime_ms: int) -> None:
        """Say what goes, then let it go: a cut in between leaves a sector whose loss is said already."""
        first, count = self.space.unacknowledged(victim, self.acked_seq)
        what = _WHAT.get(self.space.index.ring[victim], 0)
        silent = count == 0 or self._said == (first, count, what)
        fits = self.space.at[KEEP] + _LOSS_SIZE <= SECTOR
        say_first = silent or fits or self.space.index.free > 0
        if not say_first:  # a hundred cuts inside LOSS records have eaten the spare: say it straight after
            self._retire(victim)
        if not silent:
            if not fits:
                self._take(KEEP)
            self._store(KEEP, records.LOSS, 1, records.pack(records.LOSS, 1, (first, count, what)), uptime_ms)
            self._said = (first, count, what)
            self.lost += count
        if say_first:
            self._retire(victim)

    def _retire(self, sector: int) -> None:
        self.space.retire(sector)
        self._oldest = NONE

    def _take(self, ring: int) -> None:
        self.space.take(ring, self.next_seq, self.acked_seq, self.log_id, self.boot)

    @property
    def oldest(self) -> int:
        """The smallest sequence number present; `next_seq` when the log is empty."""
        if self._oldest == NONE:
            self._oldest = self.next_present(0)
        return self._oldest

    def next_present(self, seq: int) -> int:
        """The smallest present sequence number >= `seq`; `next_seq` when there is none."""
        found = NONE
        for cursor in self._cursors:
            found = min(found, cursor.seek(seq))
        return self.next_seq if found == NONE else found

    def read_into(self, seq: int, buf: bytearray | memoryview) -> int:
        """Put the wire record `seq` (records.encode form, checked) at buf[0:]; its size, 0 when it is gone.

        Going on from one record to the next costs one flash read.
        """
        for cursor in self._cursors:
            if cursor.seek(seq) == seq:
                size = cursor.buf[2] + records.OVERHEAD
                buf[0:size] = memoryview(cursor.buf)[:size]
                return size
        return 0

    def acked(self, next_seq: int) -> None:
        """A companion has committed every record below `next_seq`: they may be overwritten; none is, now."""
        next_seq = min(next_seq, self.next_seq)
        if next_seq <= self.acked_seq:
            return
        self.space.mark_acked(self.acked_seq, next_seq)
        self.acked_seq = next_seq

    def stats(self) -> dict[str, int]:
        """Sectors in all, free, in each ring; failed writes; records lost since mount; torn bytes."""
        rings = [0] * RINGS
        for sector in range(self.space.index.sectors):
            if self.space.index.ring[sector] < RINGS:
                rings[self.space.index.ring[sector]] += 1
        return {
            "sectors": self.space.index.sectors,
            "free": self.space.index.free,
            "keep": rings[KEEP],
            "detail": rings[DETAIL],
            "raw": rings[RAW],
            "flash_faults": self.flash.faults,
            "lost": self.lost,
            "torn_bytes": self.torn_bytes,
        }

    def factory_reset(self) -> None:
        """Forget everything and begin a log with another random id; `mount` finishes one that was cut."""
        before, generation, opened = self.log_id, self.space.generation, self.space.opened
        self._clear()
        self.space.generation, self.space.opened = generation, opened
        self.log_id = before
        while self.log_id == before:
            self.log_id = self._draw(32)
        self._take(KEEP)
        self.space.erase_unused(self.space.opened)
