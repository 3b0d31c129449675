"""NOR flash that can lose power inside any write: an esp32.Partition for the firmware's store.

Programming turns bits from 1 to 0, erasing turns a sector to 0xFF. A cut inside a program leaves the bytes
before it done and one byte half done; a cut inside an erase leaves random bits. Of the half done byte some
bits are weak: they read as 0 or 1, anew each time, until they are programmed again or erased. Written in the
subset that MicroPython runs: both interpreters use it.
"""

SECTOR = 4096


class PowerCut(BaseException):
    """The supply is gone. Not an Exception: no firmware code can go on after it."""


class Dice:
    """Pseudo-random numbers that are the same on CPython and MicroPython (xorshift32)."""

    def __init__(self, seed: int) -> None:
        self._state = (seed * 2654435761 + 0x9E3779B9) & 0xFFFFFFFF or 1

    def bits(self) -> int:
        """32 random bits."""
        x = self._state
        x ^= x << 13 & 0xFFFFFFFF
        x ^= x >> 17
        x ^= x << 5 & 0xFFFFFFFF
        self._state = x
        return x

    def draw(self, bits: int) -> int:
        """A number of that many bits, 32 at most (as random.getrandbits)."""
        return self.bits() >> 32 - bits

    def below(self, limit: int) -> int:
        """A whole number from 0 to limit - 1."""
        return (self.bits() >> 4) % limit

    def octets(self, size: int) -> bytes:
        """`size` random bytes."""
        return b"".join([self.bits().to_bytes(4, "little") for _ in range((size + 3) // 4)])[:size]


class Nor:
    """A partition of `sectors` x 4 KiB in RAM that counts its work and can be told to lose power."""

    def __init__(self, sectors: int, dice: Dice) -> None:
        self.cells = bytearray(b"\xff" * (sectors * SECTOR))
        self.erases = [0] * sectors
        self.operations = 0  # programs and erases so far
        self.cuts = 0
        self.weak: dict[int, int] = {}  # place in `cells`: bits that read at random
        self.stuck = -1  # a sector whose cells no longer take a program
        self._sectors = sectors
        self._dice = dice
        self._cut_in = -1  # operations until the cut, -1: none
        self._cut_at = 0  # byte within that operation (modulo its size)

    def cut(self, operations: int, at: int) -> None:
        """Lose power inside the operation that many from now, at this byte (modulo the operation's size)."""
        self._cut_in = operations
        self._cut_at = at

    def steady(self) -> None:
        """No cut is to come."""
        self._cut_in = -1

    def readblocks(self, sector: int, buf: bytearray | memoryview, offset: int = 0) -> None:
        """Fill `buf` from a sector."""
        at = self._place(sector, offset, len(buf))
        buf[0 : len(buf)] = memoryview(self.cells)[at : at + len(buf)]
        if self.weak:
            for place in sorted(self.weak):
                if at <= place < at + len(buf):
                    buf[place - at] |= self._dice.bits() >> 9 & self.weak[place]

    def writeblocks(self, sector: int, buf: bytes | bytearray | memoryview, offset: int = -1) -> None:
        """Program `buf`; without an offset the sectors are erased first, as on the chip."""
        if offset < 0:
            for number in range(sector, sector + (len(buf) + SECTOR - 1) // SECTOR):
                self.ioctl(6, number)
            offset = 0
        at = self._place(sector, offset, len(buf))
        size = len(buf)
        cut = self._due()
        if cut:
            size = self._cut_at % len(buf)
        if sector == self.stuck:
            return
        for i in range(size):
            self.cells[at + i] &= buf[i]
        if self.weak:
            for place in sorted(self.weak):
                if at <= place < at + size:
                    self.weak[place] &= buf[place - at]
        if cut:
            self._half_program(at + size, buf[size])
            self._lose()

    def ioctl(self, command: int, argument: int) -> int:
        """4: sectors, 5: bytes a sector, 6: erase one."""
        if command == 4:
            return self._sectors
        if command == 5:
            return SECTOR
        if command != 6:
            raise ValueError(f"ioctl {command} is not modelled")
        at = self._place(argument, 0, SECTOR)
        cut = self._due()
        self.erases[argument] += 1
        for place in sorted(self.weak):
            if at <= place < at + SECTOR:
                del self.weak[place]
        if cut:
            self._half_erase(at)
            self._lose()
        self.cells[at : at + SECTOR] = b"\xff" * SECTOR
        return 0

    def _half_program(self, place: int, byte: int) -> None:
        falling = self.cells[place] & ~byte & self._dice.bits() >> 7
        self.cells[place] &= ~falling & 0xFF
        self.weak[place] = self.weak.get(place, 0) & byte | falling & self._dice.bits() >> 7

    def _half_erase(self, at: int) -> None:
        # Charge leaves the cells unevenly: any bit may have risen already.
        for start in range(at, at + SECTOR, 16):
            charge = self._dice.octets(16)
            for i in range(16):
                self.cells[start + i] |= charge[i]

    def _due(self) -> bool:
        self.operations += 1
        if self._cut_in < 0:
            return False
        self._cut_in -= 1
        return self._cut_in < 0

    def _lose(self) -> None:
        self.cuts += 1
        raise PowerCut()

    def _place(self, sector: int, offset: int, size: int) -> int:
        at = sector * SECTOR + offset
        if sector < 0 or offset < 0 or at + size > len(self.cells):
            raise OSError(22)
        return at
