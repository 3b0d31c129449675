"""A bounded queue of radio events, filled in the IRQ handler, emptied by one task; nothing is allocated.

Layout of an entry: size u16 of what follows the head, event u8, connection u16, attribute u16, data.
`head` is moved by the writer only and `tail` by the reader only, so neither needs a lock.
"""

import struct

HEAD = 7
RESERVE = 128  # kept free of data, for connects and disconnects: those must never be lost


class EventRing:
    """`size` bytes of queue; `lost` counts what did not fit."""

    def __init__(self, size: int) -> None:
        self._buf = bytearray(size)
        self._size = size
        self._head = 0
        self._tail = 0
        self._entry = bytearray(HEAD)
        self.lost = 0
        self.event = 0
        self.connection = 0
        self.attribute = 0

    def _free(self) -> int:
        return (self._tail - self._head - 1) % self._size

    def put(self, event: int, connection: int, attribute: int = 0, data: bytes = b"") -> bool:
        """Append one event; False (and counted) when there is no room."""
        need = HEAD + len(data)
        if need > self._free() - (RESERVE if data else 0):
            self.lost += 1
            return False
        struct.pack_into("<HBHH", self._entry, 0, len(data), event, connection, attribute)
        at = self._copy_in(self._head, self._entry)
        self._head = self._copy_in(at, data)
        return True

    def take(self, out: bytearray) -> int:
        """Move the oldest event to `event`, `connection`, `attribute` and `out`; its data's size, -1: empty.

        `out` must hold the longest data ever put.
        """
        if self._tail == self._head:
            return -1
        at = self._copy_out(self._tail, self._entry, HEAD)
        size, self.event, self.connection, self.attribute = struct.unpack("<HBHH", self._entry)
        self._tail = self._copy_out(at, out, size)
        return size

    def _copy_in(self, at: int, data: bytes) -> int:
        n = len(data)
        first = min(n, self._size - at)
        self._buf[at : at + first] = data if first == n else data[:first]
        if first < n:
            self._buf[: n - first] = data[first:]
        return (at + n) % self._size

    def _copy_out(self, at: int, out: bytearray, n: int) -> int:
        view = memoryview(self._buf)
        first = min(n, self._size - at)
        out[:first] = view[at : at + first]
        if first < n:
            out[first:n] = view[: n - first]
        return (at + n) % self._size
