"""Which clock dates a moment: pure rules."""

from hypothesis import given
from hypothesis import strategies as st

from repbeat.ingest import clock
from repbeat.store.clocks import Clock


def reading(uptime_ms: int, unix_ms: int, uncertainty_ms: int = 20, seq: int = 0, refused: str = "") -> Clock:
    return Clock(
        device_id="d",
        log_id=1,
        boot=1,
        seq=seq,
        uptime_ms=uptime_ms,
        unix_ms=unix_ms,
        uncertainty_ms=uncertainty_ms,
        utc_offset_min=60,
        source=1,
        received_ms=0,
        refused=refused,
    )


T = 1_795_000_000_000


def test_without_a_believed_clock_there_is_no_moment() -> None:
    assert clock.BootClock([]).at(5) is None
    assert clock.BootClock([reading(0, 0, refused="1970")]).at(5) is None


def test_one_clock_dates_before_and_after() -> None:
    assert clock.BootClock([reading(10_000, T)]).at(4_000) == (T - 6_000, 60, 20)
    # An hour away the crystal's 50 ppm add 180 ms.
    assert clock.BootClock([reading(0, T)]).at(3_600_000) == (T + 3_600_000, 60, 200)


def test_between_two_readings_the_drift_is_taken_out() -> None:
    # The device runs 20 ppm slow: after a day of its uptime, 1.728 s more have passed.
    day = 86_400_000
    clocks = [reading(0, T), reading(day, T + day + 1728, seq=1)]
    assert clock.BootClock(clocks).at(day // 2) == (T + day // 2 + 864, 60, 20)


def test_of_readings_that_disagree_the_surer_counts() -> None:
    clocks = [reading(0, T, 20), reading(10_000, T + 500_000, 2000, seq=1)]
    assert clock.BootClock(clocks).at(9_000)[0] == T + 9_000


@given(
    st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**6)), min_size=1, max_size=6),
    st.integers(-(10**6), 2 * 10**9),
    st.randoms(),
)
def test_the_order_of_readings_does_not_matter(points: list, uptime_ms: int, random: object) -> None:
    clocks = [reading(up, T + up + off, seq=n) for n, (up, off) in enumerate(points)]
    shuffled = list(clocks)
    random.shuffle(shuffled)
    assert clock.BootClock(clocks).at(uptime_ms) == clock.BootClock(shuffled).at(uptime_ms)


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(-50, 50)), min_size=1, max_size=6),
    st.tuples(st.integers(0, 10**6), st.integers(-(10**5), 10**5)),
    st.integers(-(10**5), 2 * 10**6),
)
def test_a_reading_has_no_say_beyond_its_reach(points: list, late: tuple, uptime_ms: int) -> None:
    before = [reading(up, T + up + off, seq=n) for n, (up, off) in enumerate(points)]
    after = [*before, reading(late[0], T + sum(late), seq=99)]
    low, high = clock.BootClock(after).reach(late[0])
    if not low < uptime_ms < high:
        assert clock.BootClock(before).at(uptime_ms) == clock.BootClock(after).at(uptime_ms)
