"""Sync: records to companions, in order, as fast as the link takes them (protocol/frames.md).

Each central has a cursor of its own. What it may be sent is a window, set by FETCH and moved by ACK; a
frame becomes part of the cursor only when the radio has taken it, so a full queue loses nothing.
"""

import struct
from collections import deque

from device.store.flash import StoreError
from device.system import clock as clocks
from repbeat_protocol import frames, records

ANSWERS = 4  # refusals waiting for one central; a central that ignores them loses the oldest
U32 = 0xFFFFFFFF


class Cursor:
    """How far one central is: the next byte to send is `offset` of record `seq`; below `limit` it may go."""

    def __init__(self, reader) -> None:
        self.reader = reader
        self.answers = deque((), ANSWERS)  # noqa: RUF037 - MicroPython takes both, in this order
        self.stop()

    def stop(self) -> None:
        """Nothing is being fetched."""
        self.fetching = False
        self.seq = 0
        self.offset = 0
        self.limit = 0
        self.head_told = -1  # the head that the last HEAD frame named


class Sync:
    """A source of the sender: CONTROL frames in, DATA frames out. Log as in device/store/log.py."""

    def __init__(self, log, readers, payload_max: int, set_time, fault) -> None:
        """`readers`: a LogReader for each central; `fault(error)`: storage errors; `set_time`: see App."""
        self.attribute = 0
        self.wake = None
        self._log = log
        self._set_time = set_time
        self._fault = fault
        self._cursors = [Cursor(reader) for reader in readers]
        self._frame = bytearray(payload_max)
        self._view = memoryview(self._frame)
        self._record = memoryview(bytearray(records.MAX_RECORD))
        # where the cursor stands once the frame just built is sent
        self._answering = False
        self._then_seq = 0
        self._then_offset = 0
        self._then_head = -1

    # CONTROL

    def opened(self, connection) -> None:
        """A central came: it has fetched nothing yet."""
        self.closed(connection)

    def closed(self, connection) -> None:
        """A central is gone, and its cursor with it: it will FETCH from what it holds."""
        cursor = self._cursors[connection.index]
        cursor.stop()
        while cursor.answers:
            cursor.answers.popleft()

    def control(self, connection, frame: memoryview) -> None:
        """Obey one CONTROL frame, or answer with a REFUSAL."""
        cursor = self._cursors[connection.index]
        first = frame[0] if len(frame) else 0
        try:
            values = frames.unpack_control(frame)
        except frames.UnknownFrame:
            self._refuse(cursor, frames.UNKNOWN_FRAME, first)
        except frames.FrameError:
            self._refuse(cursor, frames.BAD_FRAME, first)
        else:
            if first == frames.STOP:
                cursor.stop()
            elif first == frames.SET_TIME:
                self._time(cursor, values)
            elif values[1] != self._log.log_id:
                self._refuse(cursor, frames.NOT_THIS_LOG, self._log.log_id)
            elif values[2] > self._log.next_seq:
                self._refuse(cursor, frames.BAD_FRAME, first)
            elif first == frames.FETCH:
                cursor.stop()
                cursor.fetching = True
                cursor.seq = values[2]
                cursor.limit = values[2] + values[3]
            else:
                cursor.limit = max(cursor.limit, values[2] + values[3])
                self._acked(values[2])
        self.wake()

    def refuse_stranger(self, connection, frame: memoryview) -> None:
        """A frame came without a trusted companion's seal."""
        self._refuse(self._cursors[connection.index], frames.NOT_TRUSTED, frame[0] if len(frame) else 0)
        self.wake()

    def _time(self, cursor: Cursor, values: tuple[int, ...]) -> None:
        try:
            self._set_time(values[1], values[2], values[3], clocks.FROM_COMPANION)
        except clocks.ClockRefused:
            self._refuse(cursor, frames.CLOCK_REFUSED, min(max(values[1] // 1000, 0), U32))

    def _acked(self, seq: int) -> None:
        try:
            self._log.acked(seq)
        except StoreError as error:
            self._fault(error)

    def _refuse(self, cursor: Cursor, code: int, argument: int) -> None:
        cursor.answers.append(frames.pack_answer(frames.REFUSAL, code, argument))

    # DATA

    def next(self, connection) -> memoryview | None:
        """The frame this central should get now, or None; it counts only when `sent` is called."""
        cursor = self._cursors[connection.index]
        self._answering = len(cursor.answers) > 0
        if self._answering:
            return self._answer(cursor.answers[0])
        if not cursor.fetching:
            return None
        self._then_seq, self._then_offset, self._then_head = cursor.seq, cursor.offset, cursor.head_told
        head = self._log.next_seq
        if cursor.seq >= head:
            if cursor.head_told == head:
                return None
            self._then_head = head
            return self._answer(frames.pack_answer(frames.HEAD, head))
        if cursor.seq >= cursor.limit:
            return None
        try:
            return self._records(cursor, connection.payload)
        except StoreError as error:
            self._fault(error)
            cursor.fetching = False
            self._refuse(cursor, frames.LOG_FAULT, cursor.seq)
            return self.next(connection)

    def sent(self, connection) -> None:
        """The frame that `next` gave is with the radio."""
        cursor = self._cursors[connection.index]
        if self._answering:
            cursor.answers.popleft()
        else:
            cursor.seq, cursor.offset, cursor.head_told = self._then_seq, self._then_offset, self._then_head

    def _answer(self, frame: bytes) -> memoryview:
        self._frame[: len(frame)] = frame
        return self._view[: len(frame)]

    def _records(self, cursor: Cursor, payload: int) -> memoryview:
        """A DATA frame of whole records or of one piece; a GAP where records are gone."""
        reader = cursor.reader
        seq, offset = cursor.seq, cursor.offset
        at = frames.DATA_HEAD
        room = min(payload, len(self._frame))
        end = min(cursor.limit, self._log.next_seq)
        while seq < end and at < room:
            try:
                size = reader.read_into(seq, self._record)
            except StoreError:
                if at == frames.DATA_HEAD:
                    raise
                break  # what has been read goes first
            if not size:
                break
            left = size - offset
            if left > room - at:
                if at == frames.DATA_HEAD:  # too long for a frame: a piece, alone
                    self._view[at:room] = self._record[offset : offset + room - at]
                    offset += room - at
                    at = room
                break
            self._view[at : at + left] = self._record[offset:size]
            at += left
            seq += 1
            if offset:
                offset = 0
                break  # the last piece of a record goes alone too
        if at == frames.DATA_HEAD:
            self._then_seq, self._then_offset = reader.next_present(seq), 0
            return self._answer(frames.pack_answer(frames.GAP, seq, self._then_seq))
        struct.pack_into("<BIB", self._frame, 0, frames.DATA, cursor.seq, cursor.offset)
        self._then_seq, self._then_offset = seq, offset
        return self._view[:at]
