"""A place of its own in the log for each companion: reading on costs one flash read, wherever others are."""

from device.store.cursor import NONE, Cursor
from device.store.index import RINGS
from repbeat_protocol import records


class LogReader:
    """Reads a store.Log in sequence; FlashFault as there."""

    def __init__(self, log) -> None:
        self._log = log
        self._index = None
        self._cursors = ()

    def _each(self) -> tuple[Cursor, ...]:
        """The cursors, made anew when the log was mounted anew or reset."""
        log = self._log
        if self._index is not log.space.index:
            self._index = log.space.index
            self._cursors = tuple([Cursor(log.flash, log.space.index, ring) for ring in range(RINGS)])
        return self._cursors

    def next_present(self, seq: int) -> int:
        """The smallest present sequence number >= `seq`; the log's `next_seq` when there is none."""
        found = NONE
        for cursor in self._each():
            found = min(found, cursor.seek(seq))
        return self._log.next_seq if found == NONE else found

    def read_into(self, seq: int, buf: memoryview) -> int:
        """Put the wire record `seq` at buf[0:]; its size, 0 when it is gone."""
        for cursor in self._each():
            if cursor.seek(seq) == seq:
                size = cursor.buf[2] + records.OVERHEAD
                buf[0:size] = memoryview(cursor.buf)[:size]
                return size
        return 0
