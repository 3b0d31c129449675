"""Uptime over wraps of ticks_ms; UTC from companion and phone; what is refused."""

import struct
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from device.link import current_time
from device.system import clock as clocks
from repbeat_protocol import frames

PERIOD = 1 << 30


class Ticks:
    """time.ticks_ms and ticks_diff of a 32-bit port."""

    def __init__(self, now: int = 5000) -> None:
        self.now = now

    def ms(self) -> int:
        return self.now % PERIOD

    @staticmethod
    def diff(a: int, b: int) -> int:
        return (a - b + PERIOD // 2) % PERIOD - PERIOD // 2


def made(now: int = 5000) -> tuple[clocks.Clock, Ticks]:
    ticks = Ticks(now)
    return clocks.Clock(ticks.ms, ticks.diff), ticks


def test_uptime_goes_on_over_wraps_of_the_counter() -> None:
    clock, ticks = made()
    before = clock.uptime_ms()
    for _ in range(40):
        ticks.now += 100_000_000
        assert clock.uptime_ms() - before == 100_000_000
        before = clock.uptime_ms()
    assert before == 5000 + 40 * 100_000_000
    assert before > 1 << 31


def test_utc_is_unknown_until_told_and_then_runs_with_the_uptime() -> None:
    clock, ticks = made()
    assert clock.unix_s() == 0
    clock.set_utc(1_790_000_000_500, 40, 120, clocks.FROM_COMPANION)
    ticks.now += 2_000
    assert clock.unix_ms() == 1_790_000_002_500


@pytest.mark.parametrize("unix_s", [0, -1, frames.EARLIEST_UNIX_S - 1, frames.LATEST_UNIX_S, 4_000_000_000])
def test_an_impossible_time_changes_nothing(unix_s: int) -> None:
    clock, _ = made()
    clock.set_utc(1_790_000_000_000, 40, 120, clocks.FROM_COMPANION)
    with pytest.raises(clocks.ClockRefused):
        clock.set_utc(unix_s * 1000, 0, 0, clocks.FROM_COMPANION)
    assert clock.unix_s() == 1_790_000_000
    assert clock.utc_offset_min == 120


def test_dates_agree_with_the_calendar() -> None:
    for unix_s in range(0, 4_102_444_800, 86_400 * 7 + 12_345):
        moment = datetime.fromtimestamp(unix_s, UTC)
        assert current_time.date_of(unix_s // 86_400) == (moment.year, moment.month, moment.day)
        assert current_time.days_of(moment.year, moment.month, moment.day) == unix_s // 86_400
        buf = bytearray(current_time.SIZE)
        current_time.pack(buf, unix_s + 1)
        assert current_time.parse(memoryview(buf)) == (unix_s + 1) * 1000
        assert buf[7] == moment.isoweekday()


@pytest.mark.parametrize("raw", [b"", bytes(10), struct.pack("<HBBBBBBBB", 2026, 13, 1, 0, 0, 0, 1, 0, 0)])
def test_bytes_that_are_no_date_are_refused(raw: bytes) -> None:
    with pytest.raises(clocks.ClockRefused):
        current_time.parse(memoryview(raw))


class Server:
    def __init__(self) -> None:
        self.values: dict[int, bytes] = {}

    def write(self, attribute: int, value: bytearray) -> None:
        self.values[attribute] = bytes(value)


def service() -> tuple[current_time.CurrentTime, clocks.Clock, Server]:
    clock, _ = made()
    made_service = current_time.CurrentTime(clock, clock.set_utc)
    server = Server()
    made_service.bind(server, (7,))
    return made_service, clock, server


def phone_time(moment: datetime) -> memoryview:
    fields = (*moment.timetuple()[:6], moment.isoweekday(), 128, 0)
    return memoryview(struct.pack("<HBBBBBBBB", *fields))


TRUSTED, STRANGER = SimpleNamespace(trusted=True), SimpleNamespace(trusted=False)


def test_a_stranger_sets_no_clock() -> None:
    served, clock, _ = service()
    clock.set_utc(1_790_000_000_000, 40, 120, clocks.FROM_COMPANION)
    before = clock.unix_s()
    served.written(STRANGER, 7, phone_time(datetime(2026, 11, 25, 20, 0, 0, tzinfo=UTC)))
    assert clock.unix_s() == before


def test_a_phones_time_is_local_by_the_offset_that_a_companion_told() -> None:
    served, clock, _ = service()
    clock.set_utc(1_790_000_000_000, 40, 120, clocks.FROM_COMPANION)
    served.written(TRUSTED, 7, phone_time(datetime(2026, 11, 25, 20, 0, 0, tzinfo=UTC)))
    assert datetime.fromtimestamp(clock.unix_s(), UTC).isoformat() == "2026-11-25T18:00:00+00:00"
    assert clock.uncertainty_ms == 2000


def test_a_phones_time_without_a_known_offset_is_as_uncertain_as_can_be() -> None:
    served, clock, _ = service()
    served.written(TRUSTED, 7, phone_time(datetime(2026, 11, 25, 20, 0, 0, tzinfo=UTC)))
    assert clock.uncertainty_ms == 0xFFFF


def test_a_refused_phone_time_leaves_the_clock_and_reads_as_before() -> None:
    served, clock, server = service()
    clock.set_utc(1_790_000_000_000, 40, 0, clocks.FROM_COMPANION)
    served.refresh(7)
    before = server.values[7]
    for year in (1970, 2040):
        served.written(TRUSTED, 7, phone_time(datetime(year, 1, 2, tzinfo=UTC)))
        assert clock.unix_s() == 1_790_000_000
        assert server.values[7] == before
