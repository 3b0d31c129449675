"""The hub against bands that behave, and bands that lose, double, damage and lie: the same bytes at last."""

import asyncio
import random
import struct

import pytest
from hub.collecting import BAND_ID, PATIENCE, QUICK, ended_by, long_log, planned, run_until, synced, whole
from hub.fake_band import FakeBand, backends

from repbeat.hub import Hub, events, fetch
from repbeat.store import Database, devices, plans, records
from repbeat_protocol import frames, gatt, live
from repbeat_protocol import records as wire
from repbeat_tools.trusted import KnownKeys


def test_a_log_comes_over_whole_and_is_acknowledged(db: Database) -> None:
    band = FakeBand("A1", 0xB1, long_log())
    told = run_until(db, synced(band, db), band)
    assert [flag.flag for flag in records.flags(db, BAND_ID)] == ["unknown_type"] * 7
    device = devices.get(db, BAND_ID)
    assert (device.firmware, device.problem, device.head_seq) == ("0.1.0", "", band.next_seq)
    assert device.last_sync_ms is not None
    assert band.connections == 1
    assert any(isinstance(event, events.CaughtUp) for event in told)


def test_the_device_gets_the_time_with_its_uncertainty(db: Database) -> None:
    band = FakeBand("A1", 0xB1, [])
    run_until(db, synced(band, db), band)
    ((unix_ms, uncertainty_ms, _),) = band.times
    assert frames.EARLIEST_UNIX_S * 1000 < unix_ms < frames.LATEST_UNIX_S * 1000
    assert 50 <= uncertainty_ms < 5000


def test_an_acknowledgement_never_runs_ahead_of_the_store(db: Database) -> None:
    band = FakeBand("A1", 0xB1, long_log())
    ahead = []
    control = band.control

    def watched(frame: bytes) -> None:
        if frame[0] == frames.ACK:
            _, _, next_seq, _ = frames.unpack_control(frame)
            held = records.present(db, BAND_ID, band.log_id, 0, next_seq)
            if len(held) != next_seq:
                ahead.append(next_seq)
        control(frame)

    band.control = watched
    run_until(db, synced(band, db), band)
    assert ahead == []


def test_what_is_written_later_follows(db: Database) -> None:
    band = FakeBand("A1", 0xB1, long_log(20))
    grown = []

    def done(hub: Hub) -> bool:
        if synced(band, db)(hub) and len(grown) < 3:
            grown.append(band.append(wire.BATTERY, wire.pack(wire.BATTERY, 1, (3900, 77, 0))))
            return False
        return len(grown) == 3 and synced(band, db)(hub)

    run_until(db, done, band)
    assert devices.get(db, BAND_ID).battery_percent == 77


@pytest.mark.parametrize("seed", range(8))
def test_lost_doubled_and_damaged_frames_end_in_the_same_bytes(db: Database, seed: int) -> None:
    draw = random.Random(seed)
    band = FakeBand("A1", 0xB1, long_log())

    def tamper(frame: bytes) -> list[bytes]:
        fate = draw.random()
        if fate < 0.05:
            return []
        if fate < 0.10:
            return [frame, frame]
        if fate < 0.15:
            at = draw.randrange(1, len(frame))
            return [frame[:at] + bytes([frame[at] ^ 1 << draw.randrange(8)]) + frame[at + 1 :]]
        if fate < 0.18:
            return [frame[: draw.randrange(len(frame))]]
        return [frame]

    band.tamper = tamper
    run_until(db, synced(band, db), band, limit_s=60)
    assert records.absent(db, BAND_ID, band.log_id, band.next_seq) == []


@pytest.mark.parametrize("cut_after", [1, 2, 7, 20])
def test_a_link_cut_in_the_middle_goes_on_where_it_was(db: Database, cut_after: int) -> None:
    band = FakeBand("A1", 0xB1, long_log())
    band.cut_after = cut_after
    run_until(db, synced(band, db), band)
    assert band.connections == 2


def test_what_came_before_a_cut_does_not_come_again(db: Database) -> None:
    band = FakeBand("A1", 0xB1, long_log())
    band.cut_after = 20  # within the time that a batch of a backlog may grow
    run_until(db, synced(band, db), band)
    assert band.fetched[1][0] > 20


def test_a_backlog_comes_in_few_commits(db: Database) -> None:
    band = FakeBand("A1", 0xB1, long_log(1100))
    told = run_until(db, synced(band, db), band)
    stored = [event.stored.stored for event in told if isinstance(event, events.Progress)]
    assert max(stored) >= fetch.BATCH
    assert sum(count > 1 for count in stored) <= 4


def test_every_byte_that_came_is_counted_over_connections(db: Database) -> None:
    band = FakeBand("A1", 0xB1, long_log())
    band.tamper = lambda frame: [frame, frame]  # what comes twice was on the air twice
    band.cut_after = 7

    async def thrice() -> list[int]:
        counts = []
        for honest in (True, True, False):
            band.prove_wrongly = not honest
            hub = Hub(db, backends=backends(band), patience=PATIENCE, keys=KnownKeys())
            await hub.sync_once(scan_s=0.1, limit_s=20)
            counts.append(devices.get(db, BAND_ID).received_bytes)
        return counts

    cut, both, impostor = asyncio.run(thrice())
    assert band.connections == 3
    assert whole(db, band)
    assert 0 < cut < both == impostor == band.sent_bytes
    assert both > 2 * sum(map(len, band.log.values()))


def test_records_gone_from_the_device_are_a_named_gap(db: Database) -> None:
    log = [entry for entry in long_log() if not 100 <= entry[0] < 130]
    band = FakeBand("A1", 0xB1, log)
    run_until(db, synced(band, db), band)
    (gap,) = records.absent(db, BAND_ID, band.log_id, band.next_seq)
    assert (gap.first_seq, gap.next_seq) == (100, 130)
    assert "overwritten" in gap.why


def test_a_record_damaged_on_the_device_is_a_named_gap_and_the_rest_comes(db: Database) -> None:
    band = FakeBand("A1", 0xB1, long_log(60))
    bad = bytearray(band.log[30])
    bad[12] ^= 4
    sound = band.log[30]
    band.log[30] = bytes(bad)
    run_until(db, lambda _: bool(band.acked) and band.acked[-1] == band.next_seq, band)
    (gap,) = records.absent(db, BAND_ID, band.log_id, band.next_seq)
    assert (gap.first_seq, gap.next_seq, gap.why) == (30, 31, "came damaged 5 times")
    band.log[30] = sound


def test_a_factory_reset_begins_another_log(db: Database) -> None:
    band = FakeBand("A1", 0xB1, long_log(30))
    run_until(db, synced(band, db), band)
    other = FakeBand("A1", 0xB1, long_log(10), log_id=7)
    run_until(db, synced(other, db), other)
    assert records.logs(db, BAND_ID) == [(BAND_ID, 0xC0FFEE), (BAND_ID, 7)]
    assert whole(db, band)


def test_a_log_that_changes_under_the_connection_is_begun_anew(db: Database) -> None:
    band = FakeBand("A1", 0xB1, long_log(30))
    stale = band.info()
    reads = []

    def info() -> bytes:
        reads.append(1)
        return stale if len(reads) == 1 else FakeBand.info(band)

    band.info = info
    band.log_id = 8
    run_until(db, synced(band, db), band)
    assert band.connections == 1


def test_a_rewound_log_is_named_not_mixed(db: Database) -> None:
    band = FakeBand("A1", 0xB1, long_log(30))
    run_until(db, synced(band, db), band)
    copy = FakeBand("A1", 0xB1, long_log(5))
    run_until(db, ended_by("restored from a copy"), copy)
    assert "restored from a copy" in devices.get(db, BAND_ID).problem
    assert whole(db, band)


@pytest.mark.parametrize(
    ("info", "cause"),
    [
        (b"", "INFO cannot be read"),
        (b"\x01\x01\x02", "INFO cannot be read"),
        (b"\x02" + bytes(32), "update RepBeat on this computer"),
        (b"\x00" + bytes(32), "update the device"),
        (b"\x01\x09" + bytes(31), "layout 9"),
    ],
)
def test_a_device_of_another_version_gets_a_clear_error(db: Database, info: bytes, cause: str) -> None:
    band = FakeBand("A1", 0xB1, [])
    band.info_override = info
    run_until(db, ended_by(cause), band)


def test_a_device_without_our_characteristics_gets_a_clear_error(db: Database) -> None:
    band = FakeBand("A1", 0xB1, [])
    band.services_missing = {gatt.TRANSFER}
    outcome = asyncio.run(Hub(db, backends=backends(band), backoff=QUICK, keys=KnownKeys()).sync_once(0.1, 5))
    assert "update its firmware" in outcome[0].problem


@pytest.mark.parametrize("seed", range(6))
def test_a_device_that_sends_noise_cannot_stop_the_others(db: Database, seed: int) -> None:
    draw = random.Random(seed)
    mad = FakeBand("66", 0x66, long_log(50))
    mad.tamper = lambda frame: [draw.randbytes(draw.randrange(0, 40)) for _ in range(20)]
    good = FakeBand("A1", 0xB1, long_log())
    run_until(db, synced(good, db), mad, good)
    assert records.count(db, devices.name_of(0x66)) == 0


@pytest.mark.parametrize(
    "lie",
    [
        frames.pack_answer(frames.GAP, 0, 0xFFFFFFFF),
        frames.pack_answer(frames.REFUSAL, 99, 5),
        frames.pack_answer(frames.HEAD, 0xFFFFFFFF),
        struct.pack("<BIB", frames.DATA, 0xFFFFFFFF, 0) + b"x" * 30,
    ],
)
def test_a_lie_moves_no_cursor(db: Database, lie: bytes) -> None:
    band = FakeBand("A1", 0xB1, long_log(40))
    honest = iter([False] * 2)
    band.tamper = lambda frame: [frame] if next(honest, True) else [lie]
    run_until(db, synced(band, db), band)
    assert records.absent(db, BAND_ID, band.log_id, band.next_seq) == []


def test_many_bands_at_once(db: Database) -> None:
    bands = [FakeBand(f"A{n}", 0x100 + n, long_log(120), log_id=n + 1) for n in range(8)]
    run_until(db, lambda hub: all(synced(band, db)(hub) for band in bands), *bands)


def test_sync_once_ends_by_itself(db: Database) -> None:
    band = FakeBand("A1", 0xB1, long_log())
    athlete_id = planned(db, band, 5)
    (outcome,) = asyncio.run(
        Hub(db, backends=backends(band), keys=KnownKeys()).sync_once(scan_s=0.1, limit_s=20)
    )
    assert (outcome.device_id, outcome.problem) == (BAND_ID, "")
    assert whole(db, band)
    assert plans.get(db, athlete_id, 5).status == plans.APPLIED


def test_live_values_reach_the_board(db: Database) -> None:
    band = FakeBand("A1", 0xB1, [])
    values = struct.pack(live.FIRST_FORM, 1, live.IN_SET, 0, 5, 2, 6, 8, 0, 600, 131, 3, 0, 5)
    states: list = []

    def done(hub: Hub) -> bool:
        if synced(band, db)(hub):
            band.notify(gatt.LIVE, values)
            band.notify(gatt.LIVE, b"\x09junk")
            band.notify("00002a37-0000-1000-8000-00805f9b34fb", bytes([0x16, 131, 0x00, 0x02]))
            states.append(hub.board.snapshot()[BAND_ID])
        return bool(states)

    run_until(db, done, band)
    assert states[0].values["reps"] == 5
    assert (states[0].heart.bpm, states[0].heart.contact, states[0].heart.rr_1024) == (131, True, (512,))
    assert states[0].link == "connected"


def test_an_impostor_gets_nothing(db: Database) -> None:
    """A device that answers without knowing the key: nothing is written to it, and the cause is told."""
    band = FakeBand("A1", 0xB1, long_log(10))
    band.prove_wrongly = True
    (outcome,) = asyncio.run(
        Hub(db, backends=backends(band), keys=KnownKeys()).sync_once(scan_s=0.1, limit_s=5)
    )
    assert "did not prove" in outcome.problem
    assert not band.fetched
    assert not band.times


def test_a_device_that_is_not_ours_is_named_and_left_alone(db: Database) -> None:
    band = FakeBand("A1", 0xB1, long_log(10))
    (outcome,) = asyncio.run(Hub(db, backends=backends(band)).sync_once(scan_s=0.1, limit_s=5))
    assert "repbeat devices claim" in outcome.problem
    assert not band.fetched
    assert not devices.every(db)
