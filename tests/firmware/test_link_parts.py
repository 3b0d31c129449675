"""Parts of the link that need no radio: measurements, the event queue, live value, transfers, fairness."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.link import measurement
from device.link.live import Live
from device.link.ring import EventRing
from device.link.transfer import Transfer
from repbeat_protocol import live, plan, transfer


def packed(*args: object) -> bytes:
    buf = bytearray(20)
    return bytes(buf[: measurement.pack_measurement(buf, *args)])


def test_measurements_have_the_bytes_that_the_service_defines() -> None:
    assert packed(72, measurement.CONTACT, []) == b"\x06\x48"
    assert packed(72, measurement.NO_CONTACT, []) == b"\x04\x48"
    assert packed(72, measurement.CONTACT_UNKNOWN, []) == b"\x00\x48"
    assert packed(72, measurement.CONTACT, [1024, 0x0102]) == b"\x16\x48\x00\x04\x02\x01"
    assert packed(300, measurement.CONTACT, [512], 1000) == b"\x1f\x2c\x01\xe8\x03\x00\x02"
    assert len(packed(72, measurement.CONTACT, [800] * 12)) == 20, "as many intervals as MTU 23 carries"


@given(
    st.integers(0, 300),
    st.sampled_from((0, 1, 2)),
    st.lists(st.integers(0, 0xFFFF), max_size=7),
    st.sampled_from((-1, 0, 500)),
)
def test_a_measurement_reads_as_it_was_packed(bpm: int, contact: int, rr: list[int], energy: int) -> None:
    read = measurement.Measurement()
    assert read.parse(memoryview(packed(bpm, contact, rr, energy)))
    assert (read.bpm, read.contact, read.rr[: read.rr_count]) == (bpm, contact, rr)


@given(st.binary(max_size=24))
def test_no_bytes_from_a_strap_break_the_reader(data: bytes) -> None:
    measurement.Measurement().parse(memoryview(data))


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=60), st.booleans()), max_size=60))
def test_the_ring_keeps_order_and_counts_what_is_lost(
    steps: list[tuple[int, bytes, bool]],
) -> None:
    ring = EventRing(300)
    waiting: list[tuple[int, bytes]] = []
    out = bytearray(64)
    lost = 0
    for event, data, take in steps:
        if ring.put(event, 7, 9, data):
            waiting.append((event, data))
        else:
            lost += 1
        if take and waiting:
            size = ring.take(out)
            assert (ring.event, bytes(out[:size])) == waiting.pop(0)
            assert (ring.connection, ring.attribute) == (7, 9)
    for event, data in waiting:
        size = ring.take(out)
        assert (ring.event, bytes(out[:size])) == (event, data)
    assert ring.take(out) == -1
    assert ring.lost == lost


def test_a_ring_full_of_writes_still_takes_a_disconnect() -> None:
    ring = EventRing(512)
    while ring.put(3, 1, 5, bytes(50)):
        pass
    for _ in range(8):
        assert ring.put(2, 1)


class Central:
    def __init__(self, index: int) -> None:
        self.index = index
        self.trusted = True
        self.payload = 244


def test_live_is_sent_to_all_when_it_changed_and_only_then() -> None:
    value = Live()
    assert value.update(2, 1, 5, 3, 8, 12, 0, 400, 130, 2, 0, 9, 70000, 112, 87)
    for central in (Central(0), Central(2)):
        frame = value.next(central)
        assert frame is not None
        read = live.read(bytes(frame))
        assert (read["phase"], read["reps"], read["bpm"], read["plan_revision"]) == (2, 5, 130, 9)
        value.sent(central)
        assert value.next(central) is None
    assert not value.update(2, 1, 5, 3, 8, 12, 0, 400, 130, 2, 0, 9, 70000, 112, 87)
    assert value.next(Central(0)) is None


def test_live_is_cut_for_the_smallest_link() -> None:
    value = Live()
    value.update(2, 1, 5, 3, 8, 12, 0, 400, 130, 2, 0, 9, 4321, 112, 87)
    narrow = Central(0)
    narrow.payload = 20
    frame = value.next(narrow)
    assert frame is not None
    assert live.read(bytes(frame))["plan_revision"] == 9
    whole = value.next(Central(1))
    assert whole is not None
    read = live.read(bytes(whole))
    assert (read["steps"], read["cadence"], read["strain_x10"]) == (4321, 112, 87)


def test_live_is_kept_from_strangers() -> None:
    value = Live()
    value.update(2, 1, 5, 3, 8, 12, 0, 400, 130, 2, 0, 9, 0, 0, 0)
    stranger = Central(1)
    stranger.trusted = False
    assert value.next(stranger) is None


class MemorySlot(transfer.Slot):
    limit = 100

    def __init__(self) -> None:
        self.blob = b""
        self.reason = 0

    def resume(self, ident: int, length: int, digest8: bytes) -> int:
        return len(self.blob)

    def write(self, offset: int, data: memoryview) -> None:
        self.blob = self.blob[:offset] + bytes(data)

    def held(self, size: int) -> bytes:
        return self.blob[:size]

    def digest(self) -> bytes:
        from hashlib import sha256

        return sha256(self.blob[32:]).digest()

    def accept(self) -> int:
        return self.reason


class FakeClock:
    now = 0

    def uptime_ms(self) -> int:
        return self.now


class Bench:
    def __init__(self) -> None:
        self.slot = MemorySlot()
        self.clock = FakeClock()
        self.refused: list[tuple[int, int, bytes]] = []
        self.transfer = Transfer({transfer.PLAN: self.slot}, 2, self.clock, lambda *a: self.refused.append(a))
        self.transfer.wake = lambda: None

    def say(self, message: bytes, central: int = 0) -> tuple[int, ...]:
        connection = Central(central)
        self.transfer.message(connection, memoryview(message))
        state = self.transfer.next(connection)
        assert state is not None
        self.transfer.sent(connection)
        assert self.transfer.next(connection) is None
        return transfer.unpack_state(state)

    def send(self, content: bytes, ident: int = 5, kind: int = transfer.PLAN) -> tuple[int, ...]:
        state = self.say(transfer.pack_begin(kind, ident, content))
        blob = transfer.blob(content)
        while state[3] == transfer.WANTED:
            at = state[2]
            state = self.say(transfer.pack_chunk(at, blob[at : at + 12]))
        return state


def test_a_plan_goes_through_and_its_refusal_is_told() -> None:
    bench = Bench()
    assert bench.send(b"content")[3] == transfer.ACCEPTED
    assert bench.refused == []
    bench.slot.blob = b""
    bench.slot.reason = plan.PlanOlder.reason
    assert bench.send(b"older")[3:] == (transfer.REFUSED, plan.PlanOlder.reason)
    (told,) = bench.refused
    assert told[:2] == (5, plan.PlanOlder.reason)
    assert told[2] == transfer.blob(b"older")[:8]


def test_a_plan_too_long_is_told_too_but_nonsense_is_not() -> None:
    bench = Bench()
    assert bench.send(bytes(101))[4] == transfer.TOO_LONG
    assert bench.say(b"nonsense")[4] == transfer.BAD_MESSAGE
    assert bench.say(transfer.pack_chunk(0, b"x"))[4] == transfer.NOT_BEGUN
    assert bench.send(b"settings", kind=77)[4] == transfer.UNKNOWN_KIND
    assert [told[1] for told in bench.refused] == [transfer.TOO_LONG]


def test_a_second_central_waits_until_the_first_is_done_or_silent() -> None:
    bench = Bench()
    begin = transfer.pack_begin(transfer.PLAN, 5, b"content")
    assert bench.say(begin, 0)[3] == transfer.WANTED
    assert bench.say(begin, 1)[3:] == (transfer.REFUSED, transfer.BUSY)
    bench.clock.now += 11_000
    assert bench.say(begin, 1)[3] == transfer.WANTED
    bench.transfer.closed(Central(1))
    assert bench.say(begin, 0)[3] == transfer.WANTED


class Source:
    """Has `n` frames for each central."""

    def __init__(self, name: str, n: int, log: list[tuple[str, int]]) -> None:
        self.name = name
        self.left = [n] * 3
        self.log = log
        self.attribute = 1
        self.wake = None

    def next(self, connection: Central) -> bytes | None:
        return self.name.encode() if self.left[connection.index] else None

    def sent(self, connection: Central) -> None:
        self.left[connection.index] -= 1
        self.log.append((self.name, connection.index))


class Radio:
    """Takes `room` frames, then is full until time passes."""

    def __init__(self) -> None:
        self.connections = [Central(i) for i in range(3)]
        for connection in self.connections:
            connection.is_open = True  # type: ignore[attr-defined]
        self.room = 4

    def notify(self, connection: Central, attribute: int, frame: bytes) -> bool:
        if not self.room:
            return False
        self.room -= 1
        return True


def test_the_sender_puts_live_first_serves_all_and_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from device.link import sender

    log: list[tuple[str, int]] = []
    radio = Radio()

    async def sleep_ms(ms: int) -> None:
        if ms:
            radio.room = 4
        await asyncio.sleep(0)

    monkeypatch.setattr(sender.asyncio, "sleep_ms", sleep_ms, raising=False)
    stream, urgent = Source("stream", 30, log), Source("live", 0, log)

    async def scenario() -> None:
        made = sender.Sender(radio, (urgent, stream))
        task = asyncio.create_task(made.run())
        for _ in range(20):
            await asyncio.sleep(0)
        urgent.left = [1, 1, 1]
        before = len(log)
        while sum(stream.left) or sum(urgent.left):
            await asyncio.sleep(0)
        first_live = next(i for i, (name, _) in enumerate(log[before:]) if name == "live")
        assert first_live <= 4, "live data does not wait behind the stream"
        stream.left = [1, 0, 0]
        made.wake()
        for _ in range(5):
            await asyncio.sleep(0)
        assert stream.left == [0, 0, 0], "it wakes up again"
        assert made.full > 0
        task.cancel()

    asyncio.run(asyncio.wait_for(scenario(), 10))
    streamed = [index for name, index in log if name == "stream"][:60]
    counts = [streamed.count(i) for i in range(3)]
    assert max(counts) - min(counts) <= 2, "no central starves"
