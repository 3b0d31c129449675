"""Records made by hand: a small log with known truth, each record as a device would encode it."""

from repbeat_protocol import heart
from repbeat_protocol import records as wire

DEVICE = "00000000000000b1"
LOG = 0xC0FFEE
NOW_MS = 1_795_000_000_000  # 2026-11-18, when the companion of these tests lives

SQUAT = 2


def record(seq: int, kind: int, values: tuple, *, uptime_ms: int, boot: int = 1, tail: bytes = b"") -> tuple:
    """(seq, raw) of one version 1 record."""
    return seq, wire.encode(seq, kind, 1, boot, uptime_ms, wire.pack(kind, 1, values, tail))


def time(
    seq: int,
    unix_ms: int,
    *,
    uptime_ms: int,
    boot: int = 1,
    uncertainty_ms: int = 20,
    offset_min: int = 60,
) -> tuple:
    return record(seq, wire.TIME, (unix_ms, uncertainty_ms, offset_min, 1), uptime_ms=uptime_ms, boot=boot)


def start(seq: int, session: int, *, uptime_ms: int, boot: int = 1, plan: int = 3) -> tuple:
    values = (wire.SESSION_START, session, plan, 60, 190, 0, 0, 0, wire.UNKNOWN_U8)
    return record(seq, wire.SESSION, values, uptime_ms=uptime_ms, boot=boot)


def end(
    seq: int, session: int, *, uptime_ms: int, sets: int, reps: int, duration_s: int, rpe: int = 7
) -> tuple:
    values = (wire.SESSION_END, session, 3, 60, 190, sets, reps, duration_s, 7)
    return record(seq, wire.SESSION, values, uptime_ms=uptime_ms)


def rep(
    seq: int,
    session: int,
    *,
    uptime_ms: int,
    set_index: int = 0,
    rep_index: int = 0,
    concentric_ms: int = 800,
    eccentric_ms: int = 1200,
    velocity: int = 600,
    rejected: int = 0,
) -> tuple:
    values = (session, SQUAT, set_index, rep_index, 100, concentric_ms, 50, eccentric_ms)
    values += (900, 1000, velocity, 2 * velocity, 0, 90, rejected)
    return record(seq, wire.REP, values, uptime_ms=uptime_ms)


def set_(
    seq: int,
    session: int,
    *,
    uptime_ms: int,
    set_index: int = 0,
    reps: int = 8,
    load_g: int = 60000,
    plan: int = 3,
    item: int = 0,
    exercise: int = SQUAT,
    low: int = 6,
    high: int = 8,
) -> tuple:
    values = (session, plan, exercise, set_index, item, reps, low, high, 0, load_g // 10, 500, 30000, 90, 150)
    values += (0, 0, 0, 0, 0, 0, wire.END_TARGET)
    return record(seq, wire.SET, values, uptime_ms=uptime_ms)


def strain(seq: int, session: int, *, uptime_ms: int) -> tuple:
    values = (session, 60, 190, 10, 20, 30, 40, 5, 0, 1234, 61, 1, 55)
    return record(seq, wire.STRAIN, values, uptime_ms=uptime_ms)


def recovery(seq: int, session: int, *, uptime_ms: int, set_index: int = 0, drop_bpm: int = 31) -> tuple:
    return record(seq, wire.RECOVERY, (session, set_index, 60, drop_bpm), uptime_ms=uptime_ms)


def breathing(seq: int, session: int, *, uptime_ms: int) -> tuple:
    """Five minutes at six breaths; no figure was had afterwards."""
    return record(seq, wire.BREATHING, (session, 300, 60, 652, 412, 990, 0, 0, 0), uptime_ms=uptime_ms)


def heart_block(
    seq: int, bpm: list, *, uptime_ms: int, boot: int = 1, source: int = wire.SOURCE_OPTICAL
) -> tuple:
    """A HEART record whose last sample was taken when it was written."""
    writer = heart.HeartWriter()
    for value in bpm:
        writer.add(value, heart.GOOD)
    payload = bytes(writer.take(1000 * (len(bpm) - 1), wire.SOURCE_OPTICAL))
    return seq, wire.encode(seq, wire.HEART, 1, boot, uptime_ms, payload)


def rr_block(seq: int, intervals: list, *, uptime_ms: int, boot: int = 1) -> tuple:
    writer = heart.RrWriter()
    for value in intervals:
        writer.add(value)
    return seq, wire.encode(seq, wire.RR, 1, boot, uptime_ms, bytes(writer.take(200, wire.SOURCE_STRAP)))


def session_log(unix_ms: int = NOW_MS - 3_600_000) -> list:
    """A whole session of two sets of three repetitions, dated at its end, with heart rate; 17 records."""
    out = [record(0, wire.BOOT, (1, 0, 1, 0, 0), uptime_ms=10), start(1, 1, uptime_ms=5000)]
    seq = 2
    for set_index in range(2):
        base = 10_000 + 60_000 * set_index
        for index in range(3):
            out.append(rep(seq, 1, uptime_ms=base + 2000 * index, set_index=set_index, rep_index=index))
            seq += 1
        out.append(set_(seq, 1, uptime_ms=base + 9000, set_index=set_index, reps=3))
        seq += 1
    out.append(heart_block(seq, [100 + n // 3 for n in range(90)], uptime_ms=95_000))
    out.append(rr_block(seq + 1, [600, 610, 605, 590], uptime_ms=95_000))
    out.append(strain(seq + 2, 1, uptime_ms=99_000))
    out.append(end(seq + 3, 1, uptime_ms=100_000, sets=2, reps=6, duration_s=95))
    out.append(time(seq + 4, unix_ms, uptime_ms=120_000))
    out.append(record(seq + 5, wire.BATTERY, (3900, 80, 0), uptime_ms=121_000))
    out.append(record(seq + 6, wire.LOSS, (0, 0, 1), uptime_ms=122_000))
    return out
