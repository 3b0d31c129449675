"""Reading one ring of the log in order: the record under the cursor is held in a buffer, checked."""

from device.store.flash import Flash
from device.store.index import Index
from device.store.sector import FIRST_RECORD, MAX_STORED, find, stored_seq, stored_size

NONE = 0xFFFFFFFF  # no such record


class Cursor:
    """Stands on the ring's first record at or after the sequence last sought."""

    def __init__(self, flash: Flash, index: Index, ring: int) -> None:
        self._flash = flash
        self._index = index
        self._ring = ring
        self.buf = bytearray(MAX_STORED)
        self._low = NONE  # the ring holds nothing from `_low` to `_seq`, which is in `buf`
        self._seq = 0
        self._sector = -1
        self._generation = -1
        self._next = FIRST_RECORD  # offset in the sector where the search goes on

    def seek(self, seq: int) -> int:
        """Sequence of the first record at or after `seq`, now in `buf`; NONE when there is none."""
        index = self._index
        if seq >= index.tail[self._ring]:
            return NONE
        sector = self._sector
        here = (
            sector >= 0
            and index.ring[sector] == self._ring
            and index.generation[sector] == self._generation
            and self._low <= seq <= index.end[sector]
        )
        if here and seq <= self._seq:
            return self._seq
        if not here:
            self._enter(index.holding(self._ring, seq))
        self._low = NONE  # until the search has ended well
        while self._sector >= 0:
            at = find(self._flash, self._sector, self._next, seq, self.buf)
            if at:
                self._low = seq
                self._seq = stored_seq(self.buf)
                self._next = at + stored_size(self.buf)
                return self._seq
            self._enter(index.following(self._ring, self._generation))
        return NONE

    def _enter(self, sector: int) -> None:
        self._sector = sector
        self._next = FIRST_RECORD
        if sector >= 0:
            self._generation = self._index.generation[sector]
