"""Sync over a link that refuses, read by the protocol's Assembler: byte-identical, in order, once each."""

import random

import pytest

from device.link.sync import Sync
from device.store.flash import FlashFault
from device.system.clock import ClockRefused
from repbeat_protocol import frames, records

LOG_ID = 0xB0B0CAFE


class FakeLog:
    """Records in memory; `gone` are no longer there."""

    def __init__(self, sizes: list[int]) -> None:
        self.log_id = LOG_ID
        self.records: list[bytes] = []
        self.gone: set[int] = set()
        self.acked_seq = 0
        self.broken = -1
        for size in sizes:
            self.append(size)

    @property
    def next_seq(self) -> int:
        return len(self.records)

    def append(self, size: int) -> None:
        seq = len(self.records)
        payload = bytes((seq + i) & 0xFF for i in range(size))
        self.records.append(records.encode(seq, records.FAULT, 1, 1, seq * 10, payload))

    def read_into(self, seq: int, buf: memoryview) -> int:
        if seq == self.broken:
            raise FlashFault("sector 3 cannot be read")
        if seq in self.gone or seq >= self.next_seq:
            return 0
        raw = self.records[seq]
        buf[: len(raw)] = raw
        return len(raw)

    def next_present(self, seq: int) -> int:
        while seq < self.next_seq and seq in self.gone:
            seq += 1
        return min(seq, self.next_seq)

    def acked(self, seq: int) -> None:
        self.acked_seq = max(self.acked_seq, seq)


class Central:
    def __init__(self, index: int, mtu: int) -> None:
        self.index = index
        self.payload = mtu - 3
        self.is_open = True


class Bench:
    """A Sync and its centrals; `pump` does what the sender does, with a radio that may refuse."""

    def __init__(self, log: FakeLog, mtus: tuple[int, ...] = (247,)) -> None:
        self.log = log
        self.times: list[tuple[int, ...]] = []
        self.faults: list[Exception] = []
        self.sync = Sync(log, [log] * len(mtus), 509, self.set_time, self.faults.append)
        self.sync.wake = lambda: None
        self.centrals = [Central(i, mtu) for i, mtu in enumerate(mtus)]

    def set_time(self, *values: int) -> None:
        if not frames.EARLIEST_UNIX_S <= values[0] // 1000 < frames.LATEST_UNIX_S:
            raise ClockRefused("no")
        self.times.append(values)

    def write(self, frame: bytes, central: int = 0) -> None:
        self.sync.control(self.centrals[central], memoryview(frame))

    def fetch(self, since: int, credit: int, central: int = 0, log_id: int = LOG_ID) -> None:
        self.write(frames.pack_control(frames.FETCH, log_id, since, credit), central)

    def ack(self, seq: int, credit: int, central: int = 0) -> None:
        self.write(frames.pack_control(frames.ACK, LOG_ID, seq, credit), central)

    def frame(self, central: int = 0, radio_full: bool = False) -> bytes | None:
        connection = self.centrals[central]
        frame = self.sync.next(connection)
        if frame is None:
            return None
        assert len(frame) <= connection.payload
        taken = bytes(frame)
        if not radio_full:
            self.sync.sent(connection)
        return taken

    def all(self, central: int = 0) -> list[bytes]:
        sent = []
        while (frame := self.frame(central)) is not None:
            sent.append(frame)
            assert len(sent) < 100000
        return sent


def assemble(sent: list[bytes], since: int = 0) -> tuple[list[bytes], list[tuple[int, ...]]]:
    """(records, answers) as a companion gets them."""
    assembler = frames.Assembler(since)
    got = []
    answers = []
    for frame in sent:
        if frame[0] == frames.DATA:
            got += [raw for _, raw in assembler.feed(frame)]
        else:
            answer = frames.unpack_answer(frame)
            answers.append(answer)
            if answer[0] == frames.GAP:
                assembler.skip(answer[2])
    return got, answers


SIZES = [28, 0, 240, 37, 12, 240, 240, 3, 60, 6] * 5


@pytest.mark.parametrize("mtu", [23, 24, 50, 100, 185, 247, 512])
def test_every_record_comes_once_byte_identical_at_any_mtu(mtu: int) -> None:
    bench = Bench(FakeLog(SIZES), (mtu,))
    bench.fetch(0, 1000)
    got, answers = assemble(bench.all())
    assert got == bench.log.records
    assert answers == [(frames.HEAD, 50)]


@pytest.mark.parametrize("mtu", [23, 247])
def test_a_frame_holds_whole_records_or_one_piece(mtu: int) -> None:
    bench = Bench(FakeLog(SIZES), (mtu,))
    bench.fetch(0, 1000)
    for frame in bench.all()[:-1]:
        seq = int.from_bytes(frame[1:5], "little")
        body = frame[frames.DATA_HEAD :]
        raw = bench.log.records[seq]
        if frame[5] or len(body) < len(raw):
            assert raw[frame[5] : frame[5] + len(body)] == body
        else:
            while body:
                raw = bench.log.records[seq]
                assert body[: len(raw)] == raw
                body = body[len(raw) :]
                seq += 1


def test_a_full_radio_loses_and_doubles_nothing() -> None:
    bench = Bench(FakeLog(SIZES), (64,))
    rng = random.Random(3)
    bench.fetch(0, 1000)
    sent = []
    while True:
        full = rng.random() < 0.6
        frame = bench.frame(radio_full=full)
        if frame is None:
            break
        if not full:
            sent.append(frame)
    assert assemble(sent)[0] == bench.log.records


def test_the_window_holds_and_an_ack_moves_it() -> None:
    bench = Bench(FakeLog([20] * 30))
    bench.fetch(0, 10)
    assert len(assemble(bench.all())[0]) == 10
    assert bench.log.acked_seq == 0, "a FETCH proves nothing"
    bench.ack(10, 10)
    assert bench.log.acked_seq == 10
    assert len(assemble(bench.all(), 10)[0]) == 10
    bench.ack(10, 10)
    assert bench.all() == [], "a doubled ACK grants nothing"
    bench.ack(5, 10)
    assert bench.all() == [], "a late one takes nothing back"
    assert bench.log.acked_seq == 10
    bench.ack(20, 100)
    got, answers = assemble(bench.all(), 20)
    assert len(got) == 10
    assert answers == [(frames.HEAD, 30)]


def test_new_records_follow_the_head() -> None:
    bench = Bench(FakeLog([20] * 3))
    bench.fetch(0, 100)
    assert bench.all()[-1] == frames.pack_answer(frames.HEAD, 3)
    assert bench.all() == [], "HEAD is said once"
    bench.log.append(30)
    got, answers = assemble(bench.all(), 3)
    assert got == bench.log.records[3:]
    assert answers == [(frames.HEAD, 4)]


def test_what_is_gone_is_named() -> None:
    log = FakeLog([20] * 20)
    log.gone = {0, 1, 2, 7, 8, 19}
    bench = Bench(log)
    bench.fetch(0, 100)
    got, answers = assemble(bench.all())
    assert got == [log.records[i] for i in range(20) if i not in log.gone]
    gaps = [answer[1:] for answer in answers if answer[0] == frames.GAP]
    assert gaps == [(0, 3), (7, 9), (19, 20)]


def test_a_record_that_goes_while_in_pieces_becomes_a_gap() -> None:
    log = FakeLog([200, 20, 20])
    bench = Bench(log, (64,))
    bench.fetch(0, 100)
    sent = [bench.frame(), bench.frame()]
    log.gone = {0}
    got, answers = assemble([frame for frame in sent if frame] + bench.all())
    assert got == log.records[1:]
    assert (frames.GAP, 0, 1) in answers


def test_resume_from_any_record_gives_the_same_bytes() -> None:
    log = FakeLog(SIZES)
    for since in range(len(SIZES) + 1):
        bench = Bench(log, (100,))
        bench.fetch(since, 1000)
        assert assemble(bench.all(), since)[0] == log.records[since:]


def test_a_cut_forgets_the_cursor_and_a_new_fetch_resumes() -> None:
    bench = Bench(FakeLog(SIZES), (50,))
    bench.fetch(0, 1000)
    first = [bench.frame() for _ in range(20)]
    bench.sync.closed(bench.centrals[0])
    assert bench.frame() is None
    got = assemble([frame for frame in first if frame])[0]
    bench.sync.opened(bench.centrals[0])
    bench.fetch(len(got), 1000)
    assert got + assemble(bench.all(), len(got))[0] == bench.log.records


def test_three_companions_have_a_cursor_each() -> None:
    bench = Bench(FakeLog(SIZES), (23, 100, 512))
    for central, since in enumerate((0, 10, 30)):
        bench.fetch(since, 1000, central)
    sent: list[list[bytes]] = [[], [], []]
    busy = True
    while busy:
        busy = False
        for central in range(3):
            frame = bench.frame(central)
            if frame is not None:
                sent[central].append(frame)
                busy = True
    for central, since in enumerate((0, 10, 30)):
        assert assemble(sent[central], since)[0] == bench.log.records[since:]


def refusal(bench: Bench) -> tuple[int, ...]:
    frame = bench.frame()
    assert frame is not None
    kind, *rest = frames.unpack_answer(frame)
    assert kind == frames.REFUSAL
    return tuple(rest)


def test_another_log_is_refused_with_the_id_of_this_one() -> None:
    bench = Bench(FakeLog([20]))
    bench.fetch(0, 10, log_id=1)
    assert refusal(bench) == (frames.NOT_THIS_LOG, LOG_ID)
    assert bench.frame() is None, "nothing is sent"


def test_frames_that_are_none_are_refused() -> None:
    bench = Bench(FakeLog([20]))
    bench.write(b"\x55\x01\x02")
    assert refusal(bench) == (frames.UNKNOWN_FRAME, 0x55)
    bench.write(frames.pack_control(frames.FETCH, LOG_ID, 0, 10)[:-1])
    assert refusal(bench) == (frames.BAD_FRAME, frames.FETCH)
    bench.write(b"")
    assert refusal(bench) == (frames.BAD_FRAME, 0)
    bench.fetch(2, 10)
    assert refusal(bench) == (frames.BAD_FRAME, frames.FETCH), "beyond the head"


@pytest.mark.parametrize(
    ("unix_s", "argument"), [(0, 0), (-5, 0), (2208988800, 2208988800), (1 << 40, (1 << 32) - 1)]
)
def test_an_impossible_clock_is_refused_and_nothing_stops(unix_s: int, argument: int) -> None:
    bench = Bench(FakeLog([20] * 5))
    bench.fetch(0, 100)
    bench.write(frames.pack_control(frames.SET_TIME, unix_s * 1000, 50, 60))
    assert refusal(bench) == (frames.CLOCK_REFUSED, argument)
    assert assemble(bench.all())[0] == bench.log.records
    bench.write(frames.pack_control(frames.SET_TIME, 1790000000123, 50, -300))
    assert bench.times == [(1790000000123, 50, -300, 1)]
    assert bench.frame() is None


def test_stop_stops() -> None:
    bench = Bench(FakeLog([20] * 50))
    bench.fetch(0, 100)
    bench.frame()
    bench.write(frames.pack_control(frames.STOP))
    assert bench.frame() is None


def test_a_record_that_cannot_be_read_is_said_and_not_skipped() -> None:
    bench = Bench(FakeLog([20] * 30))
    bench.log.broken = 20
    bench.fetch(0, 100)
    got, answers = assemble(bench.all())
    assert got == bench.log.records[:20]
    assert answers == [(frames.REFUSAL, frames.LOG_FAULT, 20)]
    assert isinstance(bench.faults[0], FlashFault)


def test_refusals_that_nobody_reads_are_bounded() -> None:
    bench = Bench(FakeLog([20]))
    for i in range(50):
        bench.write(bytes((0x60 + i,)))
    assert len(bench.all()) == 4
