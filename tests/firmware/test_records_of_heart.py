"""HEART and RR blocks: every second once, at its time; when blocks end; what a source change does."""

from device.session.heart_log import HeartLog
from device.store.log import LogFull
from device.system.faults import Faults
from device.system.journal import LOST, Journal
from repbeat_protocol import heart, records

OPTICAL, STRAP = records.SOURCE_OPTICAL, records.SOURCE_STRAP


class FakeClock:
    def __init__(self) -> None:
        self.now = 50_000

    def uptime_ms(self) -> int:
        return self.now


class FakeLog:
    def __init__(self) -> None:
        self.kept: list[tuple[int, bytes, int]] = []
        self.full = False

    @property
    def next_seq(self) -> int:
        return len(self.kept)

    def append(self, kind: int, version: int, payload: memoryview, uptime_ms: int) -> int:
        if self.full:
            raise LogFull("sync the device")
        self.kept.append((kind, bytes(payload), uptime_ms))
        return len(self.kept) - 1


class Bench:
    def __init__(self) -> None:
        self.log, self.clock = FakeLog(), FakeClock()
        self.heart = HeartLog(self.log, self.clock)

    def second(self, bpm: int, state: int = heart.GOOD, source: int = OPTICAL, after_ms: int = 1000) -> None:
        self.clock.now += after_ms
        self.heart.second(bpm, state, source)

    def seconds(self) -> list[tuple[int, int, int, int]]:
        """(uptime, bpm, state, source) of all that was written."""
        found = []
        for kind, payload, uptime_ms in self.log.kept:
            if kind == records.HEART:
                first_ago_ms, source, samples = heart.read_heart(payload)
                for i, (bpm, state) in enumerate(samples):
                    found.append((uptime_ms - first_ago_ms + 1000 * i, bpm, state, source))
        return found

    def blocks(self, kind: int = records.HEART) -> list[bytes]:
        return [payload for of, payload, _ in self.log.kept if of == kind]


def test_every_second_is_written_once_at_its_time() -> None:
    bench = Bench()
    for i in range(500):
        bench.second(60 + i % 90)
    bench.heart.flush()
    assert bench.seconds() == [(51_000 + 1000 * i, 60 + i % 90, heart.GOOD, OPTICAL) for i in range(500)]
    assert all(len(heart.read_heart(block)[2]) <= 120 for block in bench.blocks())
    bench.heart.flush()
    assert len(bench.seconds()) == 500, "nothing is written twice"


def test_a_late_second_begins_a_block_with_its_own_time() -> None:
    bench = Bench()
    for _ in range(5):
        bench.second(70)
    bench.second(80, after_ms=9000)
    bench.second(81)
    bench.heart.flush()
    times = [second[0] for second in bench.seconds()]
    assert times == [51_000, 52_000, 53_000, 54_000, 55_000, 64_000, 65_000]


def test_another_source_begins_another_block() -> None:
    bench = Bench()
    bench.second(70)
    bench.second(71, source=STRAP)
    bench.second(72, source=STRAP)
    bench.heart.flush()
    assert [second[3] for second in bench.seconds()] == [OPTICAL, STRAP, STRAP]
    assert len(bench.blocks()) == 2


def test_an_empty_wrist_is_written_for_a_minute_and_then_no_more() -> None:
    bench = Bench()
    bench.second(70)
    for _ in range(1000):
        bench.second(0, heart.NO_CONTACT)
    assert len(bench.seconds()) == 61
    bench.second(75)
    bench.heart.flush()
    assert bench.seconds()[-1][:2] == (bench.clock.now, 75)


def test_intervals_stay_in_order_and_a_break_parts_them() -> None:
    bench = Bench()
    for rr in (800, 810, 790, 805, 795, 820):
        bench.clock.now += 800
        bench.heart.interval(rr, OPTICAL)
    bench.heart.broken()
    for rr in (900, 910):
        bench.heart.interval(rr, OPTICAL)
    bench.heart.broken()
    for rr in (500, 510):
        bench.heart.interval(rr, STRAP)
    bench.heart.flush()
    read = [heart.read_rr(block) for block in bench.blocks(records.RR)]
    assert [intervals for _, _, intervals in read] == [[800, 810, 790, 805, 795, 820], [500, 510]]
    assert [source for _, source, _ in read] == [OPTICAL, STRAP], "two optical intervals tell nothing"


def test_intervals_are_written_at_least_every_two_minutes() -> None:
    bench = Bench()
    for _ in range(400):
        bench.clock.now += 1000
        bench.heart.interval(1024, STRAP)
    assert len(bench.blocks(records.RR)) == 3
    assert all(len(heart.read_rr(block)[2]) <= 122 for block in bench.blocks(records.RR))


def test_a_full_log_stops_no_training_and_is_remembered() -> None:
    log = FakeLog()
    journal = Journal(log)
    told = []
    journal.on_append = lambda: told.append(log.next_seq)
    assert journal.append(records.BATTERY, 1, b"1234", 5) == 0
    log.full = True
    assert journal.append(records.BATTERY, 1, b"1234", 6) == LOST
    assert (journal.lost, told) == (1, [1])
    assert isinstance(journal.error, LogFull)
    log.full = False
    assert journal.append(records.BATTERY, 1, b"1234", 7) == 1
    assert journal.error is None


def test_a_fault_that_keeps_coming_is_written_once_in_ten_minutes() -> None:
    log, clock = FakeLog(), FakeClock()
    faults = Faults(log, clock)
    for _ in range(2000):
        clock.now += 1000
        faults.record(3, "lsm6dso: no answer")
    assert 3 <= len(log.kept) <= 5
    assert b"(and 599 before)" in log.kept[1][1]
    assert faults.record(4, "x" * 300)
    assert len(log.kept[-1][1]) <= 82
