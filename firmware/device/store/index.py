"""What every sector of the log holds, in RAM: 13 bytes a sector, rebuilt from the headers at mount."""

from array import array

KEEP = (
    0  # repetitions, sets, sessions and all that explains them: never overwritten before a companion has it
)
DETAIL = 1  # one value a second: goes second when space runs out
RAW = 2  # raw windows: go first
RINGS = 3

FREE = 0xFF
BAD = 0xFE  # would not erase or take a header since boot


class Index:
    """Ring, generation, first sequence and end of each sector; "which sector" is answered by a plain scan."""

    def __init__(self, sectors: int) -> None:
        self.sectors = sectors
        self.ring = bytearray(b"\xff" * sectors)
        self.generation = array("I", [0] * sectors)
        self.first = array("I", [0] * sectors)  # no record below
        self.end = array("I", [0] * sectors)  # no record at or above; of an active sector: so far
        self.active = [-1] * RINGS  # the sector each ring writes to
        self.tail = [0] * RINGS  # no record of the ring at or above
        self.free = sectors

    def use(self, sector: int, ring: int, generation: int, first: int) -> None:
        """A free sector now belongs to a ring; it is the ring's active one when no younger is known."""
        self.free -= 1
        self.ring[sector] = ring
        self.generation[sector] = generation
        self.first[sector] = first
        self.end[sector] = first
        active = self.active[ring]
        if active < 0 or self.generation[active] < generation:
            self.active[ring] = sector

    def release(self, sector: int) -> None:
        """A sector in use may be erased and used anew."""
        ring = self.ring[sector]
        if self.active[ring] == sector:
            self.active[ring] = -1
        self.ring[sector] = FREE
        self.free += 1

    def condemn(self, sector: int) -> None:
        """A free sector that fails is left alone until the next boot."""
        self.ring[sector] = BAD
        self.free -= 1

    def next_free(self, after: int) -> int:
        """The free sector that follows `after`, round and round, so that all wear alike; -1: none."""
        for step in range(1, self.sectors + 1):
            sector = (after + step) % self.sectors
            if self.ring[sector] == FREE:
                return sector
        return -1

    def following(self, ring: int, generation: int) -> int:
        """The ring's first sector opened after `generation` (-1: its oldest); -1 when there is none."""
        found = -1
        for sector in range(self.sectors):
            if self.ring[sector] != ring or self.generation[sector] <= generation:
                continue
            if found < 0 or self.generation[sector] < self.generation[found]:
                found = sector
        return found

    def holding(self, ring: int, seq: int) -> int:
        """The ring's sector where a search for `seq` or the first record after it begins; -1: empty ring."""
        found = -1
        for sector in range(self.sectors):
            if self.ring[sector] != ring or self.first[sector] > seq:
                continue
            if found < 0 or self.generation[sector] > self.generation[found]:
                found = sector
        return found if found >= 0 else self.following(ring, -1)

    def acknowledged(self, acked: int) -> int:
        """The oldest sector no longer written to with all records below `acked`; -1 when there is none."""
        found = -1
        for sector in range(self.sectors):
            ring = self.ring[sector]
            if ring >= RINGS or self.end[sector] > acked or self.active[ring] == sector:
                continue
            if found < 0 or self.generation[sector] < self.generation[found]:
                found = sector
        return found
