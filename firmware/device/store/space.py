"""The log's sectors: which are free, who gets the next one, which goes when none is left."""

from device.store.flash import SECTOR, Flash, FlashFault, StoreError
from device.store.index import DETAIL, KEEP, RAW, RINGS, Index
from device.store.sector import (
    ACKED_FLAG,
    CLEAN_FLAG,
    FIRST_RECORD,
    FORMAT,
    HEADER_SIZE,
    find,
    pack_header,
    read_header,
    stored_seq,
    stored_size,
)
from repbeat_protocol import records


class OtherFormat(StoreError):
    """The log on flash has a format this firmware does not know. Update it, or reset to factory."""


class Space:
    """Sectors and their headers; `buf` (MAX_STORED bytes) is scratch that it shares with the log."""

    def __init__(self, flash: Flash, buf: bytearray) -> None:
        self.flash = flash
        self._buf = buf
        self._view = memoryview(buf)
        self.index = Index(flash.sectors)
        self.at = [SECTOR] * RINGS  # where each ring's next record goes
        self.opened = -1  # the sector opened last
        self.generation = 0  # of that sector
        self._newest = bytearray(HEADER_SIZE)

    def header(self, sector: int) -> tuple[int, ...] | None:
        """sector.read_header of a sector. OtherFormat."""
        self.flash.read(sector, 0, self._view[:FIRST_RECORD])
        header = read_header(self._buf)
        if header is not None and header[0] != FORMAT:
            raise OtherFormat("the log has format %d, this firmware reads %d" % (header[0], FORMAT))
        return header

    def newest_header(self) -> tuple[int, ...] | None:
        """The header of the sector opened last; None on a partition without a log."""
        newest = None
        for sector in range(self.flash.sectors):
            header = self.header(sector)
            if header is not None and (newest is None or header[2] > newest[2]):
                newest = header
                self.opened = sector
                self._newest[:] = self._view[:HEADER_SIZE]
        if newest is not None:
            self.generation = newest[2]
            self.flash.refresh(self.opened, 0, memoryview(self._newest))
        return newest

    def read_headers(self, log_id: int) -> tuple[int, int]:
        """Fill the index; (acknowledged up to, the log's first sector if a reset is unfinished or -1)."""
        index = self.index
        used = []
        flagged = []
        unclean = -1
        acked_seq = 0
        for sector in range(self.flash.sectors):
            header = self.header(sector)
            if header is None:
                self._settle(sector)
                continue
            if header[6] != log_id:
                continue
            _, ring, generation, first, ring_end, acked, _, _ = header
            index.use(sector, ring, generation, first)
            index.end[sector] = ring_end  # of the ring's sector before: moved there below
            acked_seq = max(acked_seq, acked)
            used.append(sector)
            if self._buf[ACKED_FLAG] != records.ERASED:
                flagged.append(sector)
            if ring == KEEP and first == 0 and self._buf[CLEAN_FLAG] == records.ERASED:
                unclean = sector
        used.sort(key=lambda sector: index.generation[sector])
        before = [-1] * RINGS
        for sector in used:
            ring = index.ring[sector]
            index.tail[ring] = index.end[sector]
            if before[ring] >= 0:
                index.end[before[ring]] = index.end[sector]
            index.end[sector] = index.first[sector]
            before[ring] = sector
        for sector in flagged:
            acked_seq = max(acked_seq, index.end[sector])
        return acked_seq, unclean

    def _settle(self, sector: int) -> None:
        """A header that a cut has left half done must not read as whole at another boot."""
        if self._buf[0] not in (records.ZEROED, records.ERASED):
            self.flash.zero(sector, 0, HEADER_SIZE)

    def take(self, ring: int, first_seq: int, acked: int, log_id: int, boot: int) -> None:
        """Make an erased free sector the ring's active one; one that fails is passed over. FlashFault."""
        index = self.index
        while index.free:
            sector = index.next_free(self.opened)
            self.opened = sector
            self.generation += 1
            pack_header(self._buf, ring, self.generation, first_seq, index.tail[ring], acked, log_id, boot)
            try:
                self.flash.erase(sector)
                self.flash.program(sector, 0, self._view[:HEADER_SIZE])
            except FlashFault:
                index.condemn(sector)
                continue
            index.use(sector, ring, self.generation, first_seq)
            self.at[ring] = FIRST_RECORD
            return
        raise FlashFault("no free sector can be erased and written: the flash is worn out")

    def retire(self, sector: int) -> None:
        """Take a sector out of the log: without its header nothing in it is read. FlashFault."""
        ring = self.index.ring[sector]
        self.flash.zero(sector, 0, HEADER_SIZE)
        if self.header(sector) is not None:
            raise FlashFault("sector %d takes no program any more: replace the part" % sector)
        if self.index.active[ring] == sector:
            self.at[ring] = SECTOR
        self.index.release(sector)

    def victim(self, ring: int, acked: int) -> int:
        """The sector that goes for this ring's sake: never one of a ring above it; -1 when none may."""
        victim = self.index.acknowledged(acked)
        for lower in (RAW, DETAIL):
            if victim < 0 and lower >= ring:
                victim = self.index.following(lower, -1)
        return victim

    def unacknowledged(self, sector: int, acked: int) -> tuple[int, int]:
        """(first sequence, count) of the sector's records that no companion has."""
        first = count = 0
        at = find(self.flash, sector, FIRST_RECORD, self.index.first[sector], self._buf)
        while at:
            seq = stored_seq(self._buf)
            if seq >= acked:
                if not count:
                    first = seq
                count += 1
            at = find(self.flash, sector, at + stored_size(self._buf), seq + 1, self._buf)
        return first, count

    def mark_acked(self, before: int, acked: int) -> None:
        """Note on flash which full sectors an acknowledgement from `before` to `acked` has completed."""
        index = self.index
        for sector in range(index.sectors):
            ring = index.ring[sector]
            full = ring < RINGS and index.active[ring] != sector
            if full and before < index.end[sector] <= acked:
                self.flash.zero(sector, ACKED_FLAG, 1)

    def mark_clean(self, first: int) -> None:
        """Note in the log's first sector that nothing of an earlier log is left."""
        self.flash.zero(first, CLEAN_FLAG, 1)

    def erase_unused(self, first: int) -> None:
        """Erase all that is not in use, then say so in the log's first sector."""
        for sector in range(self.index.sectors):
            if self.index.ring[sector] >= RINGS:
                self.flash.erase(sector)
        self.mark_clean(first)
