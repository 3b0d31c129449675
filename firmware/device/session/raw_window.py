"""The raw motion around a doubtful repetition, so that a person can look at it: two seconds to either side.

Samples are means over 40 ms in thousandths of g. They go into RAW_WINDOW records, the first to be overwritten
when the log fills.
"""

from array import array

from repbeat_protocol.raw_window import RawWriter

DOUBTFUL = 40  # confidence below which somebody may want to look
INTERVAL_MS = 40
BEFORE_MS = AFTER_MS = 2000
LONGEST_MS = 8000  # a slower repetition is kept from its end backwards
CELLS = 512  # 20 s
CHANNELS = 3
PART_CELLS = 36  # raw_window.rows_in_part: so many fit however the hand jerks
A_SET = 4  # windows: a set that is doubtful throughout needs no more


class RawWindow:
    """`motion` each sample; `want` after a doubtful REP; `tick` writes what has come due."""

    def __init__(self, recorder) -> None:
        """`recorder.raw_window(payload)` writes one part."""
        self._recorder = recorder
        self._cells = array("h", bytes(2 * CHANNELS * CELLS))
        self._writer = RawWriter(CHANNELS)
        self.begin()

    def begin(self) -> None:
        """A set may start: forget the last one's samples and wishes."""
        self._cell = -1  # number of the newest cell, from the session's start
        self._count = 0
        self._sx = self._sy = self._sz = 0
        self._first = -1  # oldest cell known
        self._wanted = None  # (REP's sequence number, first ms, last ms)
        self._left = A_SET

    def motion(self, t_ms: int, ax: int, ay: int, az: int) -> None:
        """One sample: ms since the session's start, mg."""
        cell = t_ms // INTERVAL_MS
        if cell != self._cell:
            self._close()
            if self._first < 0 or cell < self._cell or cell - self._cell > CELLS:
                self._first = cell
            for missed in range(max(self._cell + 1, self._first), cell):  # a gap repeats what was before it
                self._copy(missed - 1, missed)
            self._cell = cell
            self._first = max(self._first, cell - CELLS + 2)
        self._sx += ax
        self._sy += ay
        self._sz += az
        self._count += 1

    def want(self, rep_seq: int, rep) -> None:
        """Keep the surroundings of this repetition if it is doubtful, and none is waited for yet."""
        if rep.confidence >= DOUBTFUL or self._wanted or not self._left:
            return
        start_ms = max(rep.start_ms, rep.end_ms - LONGEST_MS) - BEFORE_MS
        self._wanted = (rep_seq, start_ms, rep.end_ms + AFTER_MS)
        self._left -= 1

    def tick(self, now_ms: int) -> None:
        """Write the window that is waited for once its last sample is there."""
        if self._wanted is None or now_ms < self._wanted[2]:
            return
        rep_seq, start_ms, end_ms = self._wanted
        self._wanted = None
        first = max(self._first, start_ms // INTERVAL_MS)
        last = min(self._cell, end_ms // INTERVAL_MS)
        parts = (last - first + PART_CELLS - 1) // PART_CELLS
        for part in range(parts):
            at = first + part * PART_CELLS
            cells = min(PART_CELLS, last - at)
            for i in range(cells):
                self._writer.add(self._cells, (at + i) % CELLS * CHANNELS)
            ago_ms = max(0, now_ms - at * INTERVAL_MS)
            self._recorder.raw_window(self._writer.take(rep_seq, part, parts, ago_ms, INTERVAL_MS))

    def _close(self) -> None:
        count = self._count
        if not count:
            return
        slot = self._cell % CELLS * CHANNELS
        self._cells[slot] = self._sx // count
        self._cells[slot + 1] = self._sy // count
        self._cells[slot + 2] = self._sz // count
        self._sx = self._sy = self._sz = self._count = 0

    def _copy(self, source: int, target: int) -> None:
        for k in range(CHANNELS):
            self._cells[target % CELLS * CHANNELS + k] = self._cells[source % CELLS * CHANNELS + k]
