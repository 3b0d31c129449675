"""Keeping records: each once, in any order and cut, before they are acknowledged; nothing odd is dropped."""

import itertools
import struct
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ingest import made

from repbeat import store
from repbeat.coach import breathing
from repbeat.ingest import ingest, rederive
from repbeat.ingest.summary import by_set
from repbeat.store import Database, clocks, devices, measured, records, sessions
from repbeat.store.sessions import Key
from repbeat_protocol import records as wire

TABLES = (
    "sessions",
    "sets",
    "strain",
    "session_values",
    "clocks",
    "flags",
    "losses",
    "breathings",
    "gaps",
)


@pytest.fixture
def db(either: Database) -> Database:
    return either


def dump(db: Database) -> dict:
    """All records and rows but the moment of arrival; how records lie in blocks depends on the batches."""
    out = {"records": [record for part in records.of_log(db, made.DEVICE, made.LOG) for record in part]}
    out["reps"] = [rep for session in every_session(db) for rep in sessions.reps(db, session)]
    for table in TABLES:
        query = f"SELECT * FROM {table}"  # noqa: S608
        rows = [tuple(sorted({**row, "received_ms": 0}.items())) for row in db.rows(query)]
        out[table] = sorted(rows, key=repr)
    return out


def every_session(db: Database) -> list:
    rows = db.rows("SELECT device_id, log_id, session_seq FROM sessions ORDER BY session_seq")
    return [Key(**row) for row in rows]


def keep(db: Database, batch: list):
    return ingest(db, made.DEVICE, made.LOG, batch, made.NOW_MS)


def test_a_session_becomes_rows(db: Database) -> None:
    log = made.session_log()
    done = keep(db, log)
    assert (done.next_seq, done.stored, done.duplicates, done.flags) == (len(log), len(log), 0, ())
    key = Key(made.DEVICE, made.LOG, 1)
    session = sessions.get(db, key)
    # TIME said: uptime 120 s was an hour before now; the session began at uptime 5 s.
    assert session.start_ms == made.NOW_MS - 3_600_000 - 115_000
    assert (session.utc_offset_min, session.duration_s, session.rpe) == (60, 95, 7)
    assert [row.reps for row in sessions.sets(db, key)] == [3, 3]
    assert len(sessions.reps(db, key)) == 6
    assert sessions.strain(db, key).trimp_x100 == 1234
    summary = store.values.of_session(db, key)["session_summary"]
    assert summary.value["reps"] == 6
    assert summary.value["volume_kg"] == 360
    assert by_set(sessions.sets(db, key), sessions.reps(db, key))[0]["eccentric_ms"] == 1200
    assert summary.value["heart"]["zones_s"] == [10, 20, 30, 40, 5, 0]


def test_again_changes_nothing(db: Database) -> None:
    log = made.session_log()
    keep(db, log)
    before = dump(db)
    done = keep(db, log + log)
    assert (done.stored, done.duplicates) == (0, 2 * len(log))
    assert dump(db) == before


def test_rederive_gives_the_same_rows(db: Database) -> None:
    log = made.session_log()
    keep(db, log)
    before = dump(db)
    db.run("DELETE FROM sets WHERE set_index = 1")
    db.run("UPDATE sessions SET duration_s = 1")
    steps: list[int] = []
    # Years later: what was judged of the clocks when they arrived stays.
    assert rederive(db, made.NOW_MS + 10**11, progress=steps.append) == len(log)
    assert dump(db) == before
    assert steps[-1] == len(log)


LOG = made.session_log()


@settings(max_examples=50)
@given(order=st.permutations(range(len(LOG))), cuts=st.sets(st.integers(1, len(LOG) - 1)), again=st.data())
def test_any_order_cut_and_repetition_gives_the_same_rows(
    order: list, cuts: set, again: st.DataObject
) -> None:
    extra = again.draw(st.lists(st.sampled_from(range(len(LOG))), max_size=5))
    with tempfile.TemporaryDirectory() as folder:
        with Database(Path(folder) / "straight.sqlite3") as db:
            keep(db, LOG)
            wanted = dump(db)
        with Database(Path(folder) / "shuffled.sqlite3") as db:
            edges = [0, *sorted(cuts), len(order)]
            for low, high in itertools.pairwise(edges):
                keep(db, [LOG[n] for n in order[low:high] + extra])
            assert dump(db) == wanted
            assert records.cursor(db, made.DEVICE, made.LOG) == len(LOG)


def test_the_cursor_waits_for_what_is_missing(db: Database) -> None:
    log = made.session_log()
    assert keep(db, log[5:]).next_seq == 0
    assert records.absent(db, made.DEVICE, made.LOG, len(log)) == [
        records.Absent(first_seq=0, next_seq=5, why="")
    ]
    assert keep(db, log[:3]).next_seq == 3
    at = records.add_gap(db, made.DEVICE, made.LOG, 3, 5, "overwritten", made.NOW_MS)
    assert at == len(log)
    assert records.absent(db, made.DEVICE, made.LOG, len(log)) == [
        records.Absent(first_seq=3, next_seq=5, why="overwritten")
    ]


def test_a_damaged_record_keeps_the_whole_batch_out(db: Database) -> None:
    log = made.session_log()
    seq, raw = log[4]
    log[4] = (seq, raw[:-1] + bytes([raw[-1] ^ 1]))
    with pytest.raises(wire.BadChecksum, match="fetch it again"):
        keep(db, log)
    assert records.count(db, made.DEVICE) == 0


def test_one_wrong_bit_anywhere_keeps_the_whole_batch_out(db: Database) -> None:
    """A batch is looked at together: no place in it may be overlooked."""
    log = made.session_log()
    for at, (seq, raw) in enumerate(log):
        for place in {0, 1, 2, len(raw) // 2, len(raw) - 1}:
            damaged = bytearray(raw)
            damaged[place] ^= 0x10
            with pytest.raises(wire.RecordError):
                ingest(db, made.DEVICE, made.LOG, [*log[:at], (seq, bytes(damaged)), *log[at + 1 :]], 0)
        for cut in (b"", raw[:2], raw[:-1], raw + b"x"):
            with pytest.raises(wire.RecordError):
                ingest(db, made.DEVICE, made.LOG, [*log[:at], (seq, cut), *log[at + 1 :]], 0)
    assert records.count(db, made.DEVICE) == 0


def test_a_record_under_another_number_is_refused(db: Database) -> None:
    _, raw = made.session_log()[2]
    with pytest.raises(wire.BadChecksum):
        keep(db, [(3, raw)])


def test_an_unknown_type_is_kept_and_acknowledged(db: Database) -> None:
    unknown = wire.encode(0, 99, 7, 1, 1000, b"what a newer device knows")
    newer = wire.encode(1, wire.REP, 200, 1, 2000, b"a newer repetition")
    done = keep(db, [(0, unknown), (1, newer)])
    assert done.next_seq == 2
    assert [flag.flag for flag in done.flags] == ["unknown_type", "unknown_type"]
    assert records.get(db, made.DEVICE, made.LOG, 0).raw == unknown


@pytest.mark.parametrize("kind", sorted(wire.NAMES))
def test_a_known_type_that_misfits_is_kept_and_flagged(db: Database, kind: int) -> None:
    raw = wire.encode(0, kind, 1, 1, 1000, b"")
    done = keep(db, [(0, raw)])
    assert done.next_seq == 1
    assert [flag.flag for flag in done.flags] == ["bad_payload"]
    assert records.get(db, made.DEVICE, made.LOG, 0).raw == raw


@settings(max_examples=50)
@given(kind=st.integers(1, 254), version=st.integers(0, 2), payload=st.binary(max_size=240))
def test_no_payload_can_break_the_store(kind: int, version: int, payload: bytes) -> None:
    raw = wire.encode(7, kind, version, 65535, (1 << 40) - 1, payload)
    with tempfile.TemporaryDirectory() as folder, Database(Path(folder) / "a.sqlite3") as db:
        assert keep(db, [(7, raw)]).stored == 1
        assert rederive(db, made.NOW_MS) == 1
        assert records.get(db, made.DEVICE, made.LOG, 7).raw == raw


@settings(max_examples=60)
@given(values=st.data())
def test_every_value_of_every_layout_is_taken(values: st.DataObject) -> None:
    kind = values.draw(st.sampled_from(sorted(wire.NAMES)))
    size = struct.calcsize(wire.layout_format(kind, 1))
    payload = values.draw(st.binary(min_size=size, max_size=size))
    with tempfile.TemporaryDirectory() as folder, Database(Path(folder) / "a.sqlite3") as db:
        assert keep(db, [(0, wire.encode(0, kind, 1, 1, 5, payload))]).next_seq == 1


def test_of_two_records_with_one_number_the_first_stays(db: Database) -> None:
    first = wire.encode(0, wire.BATTERY, 1, 1, 5, wire.pack(wire.BATTERY, 1, (3900, 80, 0)))
    other = wire.encode(0, wire.BATTERY, 1, 1, 5, wire.pack(wire.BATTERY, 1, (3700, 30, 0)))
    keep(db, [(0, first)])
    done = keep(db, [(0, other)])
    assert [flag.flag for flag in done.flags] == ["conflict"]
    assert records.get(db, made.DEVICE, made.LOG, 0).raw == first


@pytest.mark.parametrize(
    ("unix_ms", "why"),
    [
        (0, "before 2025"),
        (5_000, "before 2025"),
        (2_208_988_800_000, "2040 or later"),
        (made.NOW_MS + 2 * 86_400_000, "ahead of the companion"),
        (-(1 << 63), "before 2025"),
        ((1 << 63) - 1, "2040 or later"),
    ],
)
def test_an_impossible_clock_is_refused_and_its_records_stay(db: Database, unix_ms: int, why: str) -> None:
    done = keep(db, made.session_log(unix_ms=unix_ms))
    assert [flag.flag for flag in done.flags] == ["clock_refused"]
    assert why in done.flags[0].detail
    key = Key(made.DEVICE, made.LOG, 1)
    assert sessions.get(db, key).start_ms is None
    assert len(sessions.reps(db, key)) == 6
    # A right clock of the same boot dates what came before.
    keep(db, [made.time(done.next_seq, made.NOW_MS, uptime_ms=200_000)])
    assert sessions.get(db, key).start_ms == made.NOW_MS - 195_000
    assert clocks.latest(db, made.DEVICE, made.LOG).refused == ""


def test_a_clock_dates_its_own_boot_only(db: Database) -> None:
    keep(db, [made.start(0, 0, uptime_ms=1000), made.time(1, made.NOW_MS, uptime_ms=500, boot=2)])
    assert sessions.get(db, Key(made.DEVICE, made.LOG, 0)).start_ms is None


def test_an_unset_companion_clock_cannot_call_a_device_early(db: Database) -> None:
    done = ingest(db, made.DEVICE, made.LOG, [made.time(0, made.NOW_MS, uptime_ms=9)], now_ms=5_000)
    assert done.flags == ()


def test_a_set_without_its_session_start_still_has_a_session(db: Database) -> None:
    keep(db, [made.set_(9, 4, uptime_ms=70_000)])
    session = sessions.get(db, Key(made.DEVICE, made.LOG, 4))
    assert (session.start_seq, session.uptime_ms) == (None, 70_000)
    keep(db, [made.end(12, 4, uptime_ms=90_000, sets=1, reps=8, duration_s=60)])
    assert sessions.get(db, Key(made.DEVICE, made.LOG, 4)).uptime_ms == 30_000


def test_sessions_belong_to_whom_the_device_was_assigned_then(db: Database) -> None:
    ann = store.athletes.add(db, "Ann", made.NOW_MS).athlete_id
    ben = store.athletes.add(db, "Ben", made.NOW_MS).athlete_id
    keep(db, [made.start(0, 0, uptime_ms=1000)])
    assert sessions.get(db, Key(made.DEVICE, made.LOG, 0)).athlete_id is None
    devices.assign(db, made.DEVICE, made.LOG, ann)
    devices.assign(db, made.DEVICE, made.LOG, ben)
    keep(db, [made.start(1, 1, uptime_ms=9000)])
    rederive(db, made.NOW_MS)
    assert [s.session_seq for s in sessions.latest(db, ann)] == [0]
    assert [s.session_seq for s in sessions.latest(db, ben)] == [1]
    # A factory reset begins another log: nobody's until it is assigned.
    ingest(db, made.DEVICE, 77, [made.start(0, 0, uptime_ms=1000)], made.NOW_MS)
    assert [s.log_id for s in sessions.latest(db, None)] == [77]


def test_recovery_and_breathing_have_rows(db: Database) -> None:
    log = made.session_log()
    n = len(log)
    log += [
        made.recovery(n, 1, uptime_ms=130_000, set_index=1),
        made.breathing(n + 1, 1, uptime_ms=500_000),
        made.breathing(n + 2, wire.NO_SESSION, uptime_ms=900_000),
    ]
    keep(db, log)
    assert measured.recoveries(db, sessions.get(db, Key(made.DEVICE, made.LOG, 1))) == [(1, 31)]
    within, alone = measured.breathings(db, made.DEVICE, made.LOG, 0, n + 3)
    assert (within.in_session, alone.in_session) == (1, None)
    heart = measured.around(db, within)
    assert (within.paced_s, heart["before_rmssd_x10"], heart["after_rmssd_x10"]) == (300, 412, 0)
    assert len(every_session(db)) == 1
    before = dump(db)
    rederive(db, made.NOW_MS)
    assert dump(db) == before
    # Row 56: whoever wore the device sees the heart before and after.
    ann, ben = (store.athletes.add(db, name, made.NOW_MS).athlete_id for name in ("Ann", "Ben"))
    devices.assign(db, made.DEVICE, made.LOG, ann)
    keep(db, [made.breathing(n + 3, wire.NO_SESSION, uptime_ms=990_000)])
    devices.assign(db, made.DEVICE, made.LOG, ben)
    keep(db, [made.breathing(n + 4, wire.NO_SESSION, uptime_ms=1_990_000)])
    (hers, *earlier), (his,) = breathing.of_athlete(db, ann), breathing.of_athlete(db, ben)
    assert len(earlier) == 2  # from before anybody wore it
    assert (hers.paced_s, hers.before_rmssd_ms, hers.after_rmssd_ms) == (300, 41.2, None)
    assert his.end_ms == hers.end_ms + 1_000_000
