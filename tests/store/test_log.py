"""The record log's rules, each as a test."""

from __future__ import annotations

from binascii import crc32
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.store.flash import FlashFault, NotFlash
from device.store.log import Log, LogFull
from device.store.sector import FIRST_RECORD, pack_header
from device.store.space import OtherFormat
from repbeat_protocol import records
from repbeat_tools.faults.nor import SECTOR, Dice, Nor, PowerCut

Flash = Callable[..., Any]


def mounted(nor: Nor) -> Any:
    log = Log(nor)
    log.mount()
    return log


def contents(log: Any) -> dict[int, bytes]:
    """Every record present, in reading order."""
    buf = bytearray(records.MAX_RECORD)
    found: dict[int, bytes] = {}
    seq = log.oldest
    while seq < log.next_seq:
        size = log.read_into(seq, buf)
        assert size
        found[seq] = bytes(buf[:size])
        seq = log.next_present(seq + 1)
    return found


def fill(log: Any, kinds: tuple[int, ...], count: int, size: int = 120) -> dict[int, bytes]:
    """Append that many records of these types in turn; what each must read as."""
    kept = {}
    for i in range(count):
        payload = i.to_bytes(4, "little") + bytes(size - 4)
        seq = log.append(kinds[i % len(kinds)], 1, payload, i)
        kept[seq] = records.encode(seq, kinds[i % len(kinds)], 1, log.boot, i, payload)
    return kept


def losses(present: dict[int, bytes]) -> list[dict[str, int]]:
    found = []
    for seq, raw in present.items():
        if raw[0] == records.LOSS:
            found.append(records.unpack(records.LOSS, 1, records.decode(raw, seq)[4]))
    return found


def test_a_blank_partition_becomes_an_empty_log(flash: Flash) -> None:
    nor = flash(8)
    log = mounted(nor)
    assert (log.oldest, log.next_seq, log.boot, log.torn_bytes) == (0, 0, 1, 0)
    assert mounted(nor).log_id == log.log_id


def test_records_read_back_as_they_travel(flash: Flash) -> None:
    nor = flash(8)
    log = mounted(nor)
    seq = log.append(records.REP, 1, memoryview(b"payload"), (1 << 39) + 5)
    buf = bytearray(300)
    size = log.read_into(seq, buf)
    assert buf[:size] == records.encode(seq, records.REP, 1, log.boot, (1 << 39) + 5, b"payload")
    assert log.read_into(seq + 1, buf) == 0


@pytest.mark.parametrize(("kind", "size"), [(records.REP, 241), (0x00, 4), (0xFF, 4)])
def test_what_is_no_record_is_refused(flash: Flash, kind: int, size: int) -> None:
    log = mounted(flash(8))
    with pytest.raises(records.BadPayload):
        log.append(kind, 1, bytes(size), 0)
    assert log.next_seq == 0


def test_every_boot_has_its_own_id_and_keeps_everything(flash: Flash) -> None:
    nor = flash(16)
    kept: dict[int, bytes] = {}
    for boot in range(1, 8):
        log = mounted(nor)
        assert log.boot == boot
        kept |= fill(log, (records.BOOT, records.HEART, records.RAW_WINDOW, 200), 20)
    assert contents(mounted(nor)) == kept


def test_the_boot_id_goes_round_without_zero(flash: Flash) -> None:
    nor = flash(8)
    log = mounted(nor)
    log.boot = 0xFFFF
    log.append(records.BOOT, 1, bytes(6), 0)
    assert mounted(nor).boot == 1


def test_reading_writes_nothing_and_costs_one_read_a_record(flash: Flash) -> None:
    nor = flash(16)
    log = mounted(nor)
    kept = fill(log, (records.REP, records.HEART, records.RR), 300)
    done, nor.reads = nor.operations, 0
    assert contents(log) == kept
    log.stats()
    assert nor.operations == done
    assert nor.reads < 1.2 * len(kept)


def test_reading_may_jump_back_and_forth(flash: Flash) -> None:
    nor = flash(16)
    log = mounted(nor)
    kept = fill(log, (records.REP, records.HEART, records.RAW_WINDOW), 250)
    dice = Dice(5)
    buf = bytearray(300)
    for _ in range(500):
        seq = dice.below(260)
        size = log.read_into(seq, buf)
        assert bytes(buf[:size]) == kept.get(seq, b"")
        assert log.next_present(seq) == min(seq, log.next_seq)


def test_a_reader_at_the_end_sees_what_is_appended_later(flash: Flash) -> None:
    log = mounted(flash(8))
    buf = bytearray(300)
    for i in range(200):
        assert log.next_present(i) == log.next_seq == i
        assert log.read_into(i, buf) == 0
        log.append((records.REP, records.HEART)[i % 2], 1, bytes(90), 0)
        assert log.read_into(i, buf) == 104


@pytest.mark.parametrize("at", range(38))
def test_a_torn_tail_is_zeroed_and_its_sector_used_on(flash: Flash, at: int) -> None:
    nor = flash(8)
    log = mounted(nor)
    kept = fill(log, (records.REP,), 3, 20)
    erased = sum(nor.erases)
    nor.cut(0, at)
    with pytest.raises(PowerCut):
        log.append(records.SET, 1, bytes([0x5A]) * 20, 7)
    log = mounted(nor)
    assert contents(log) == kept
    first = nor.cells.find(b"RL") + FIRST_RECORD + 3 * 38
    tail = bytes(nor.cells[first : first + 38])
    assert set(tail) <= {0x00, 0xFF}
    assert log.torn_bytes <= at + 1
    seq = log.append(records.SET, 1, b"next", 8)
    assert seq == 3
    assert sum(nor.erases) == erased
    assert list(contents(mounted(nor))) == [0, 1, 2, 3]


def test_zeroing_may_itself_be_cut(flash: Flash) -> None:
    for at in range(30):
        nor = flash(8)
        log = mounted(nor)
        kept = fill(log, (records.REP,), 3, 40)
        nor.cut(0, 50)
        with pytest.raises(PowerCut):
            log.append(records.SET, 1, bytes(range(40)), 7)
        nor.cut(0, at)
        with pytest.raises(PowerCut):
            mounted(nor)
        log = mounted(nor)
        assert contents(log) == kept
        assert mounted(nor).torn_bytes == 0


def test_two_hundred_brown_outs_keep_every_record(flash: Flash) -> None:
    nor = flash(8)
    kept = fill(mounted(nor), (records.REP, records.HEART, records.SET), 300, 60)
    free = mounted(nor).stats()["free"]
    dice = Dice(9)
    for _ in range(200):
        nor.cut(dice.below(2), dice.bits() >> 8)
        try:
            mounted(nor).append(records.BOOT, 1, bytes(6), 0)
            mounted(nor).append(records.BOOT, 1, bytes(6), 0)
        except PowerCut:
            pass
    nor.steady()
    present = contents(mounted(nor))
    assert {seq: present.get(seq) for seq in kept} == kept
    assert all(raw[0] == records.BOOT for seq, raw in present.items() if seq not in kept)
    # Two hundred BOOT records, whole or torn, fill two sectors; none was opened for being dirty.
    assert free - mounted(nor).stats()["free"] <= 2


def test_mounting_reads_headers_and_one_sector_a_ring(flash: Flash) -> None:
    nor = flash(64)
    log = mounted(nor)
    fill(log, (records.REP, records.HEART, records.RAW_WINDOW), 1500)
    nor.reads = 0
    mounted(nor)
    records_in_a_sector = SECTOR // 138
    assert nor.reads <= 2 * 64 + 3 * (records_in_a_sector + SECTOR // 64 + 2)


def test_a_full_log_drops_raw_then_detail_and_says_so(flash: Flash) -> None:
    nor = flash(12)
    log = mounted(nor)
    kept = fill(log, (records.REP, records.RAW_WINDOW, records.HEART), 240)
    assert log.lost == 0
    stages = []
    for i in range(1000):
        before = log.stats()
        try:
            seq = log.append(records.SET, 1, bytes(100), i)
        except LogFull:
            break
        kept[seq] = records.encode(seq, records.SET, 1, log.boot, i, bytes(100))
        after = log.stats()
        stages += ["raw"] * (after["raw"] < before["raw"]) + ["detail"] * (after["detail"] < before["detail"])
    else:
        pytest.fail("the log never said that it is full")
    assert stages == sorted(stages, reverse=True)  # all raw before any detail
    assert set(stages) == {"raw", "detail"}
    present = contents(log)
    gone = sorted(set(kept) - set(present))
    assert {kept[seq][0] for seq in gone} == {records.RAW_WINDOW, records.HEART}
    said: list[int] = []
    for loss in losses(present):
        kind = {records.LOST_RAW: records.RAW_WINDOW, records.LOST_DETAIL: records.HEART}[loss["what"]]
        ring = sorted(seq for seq in kept if kept[seq][0] == kind and seq >= loss["first_seq"])
        assert ring[0] == loss["first_seq"]
        said += ring[: loss["count"]]
    assert sorted(said) == gone
    assert log.lost == len(gone)


def test_a_loss_said_before_a_cut_is_said_anew_when_more_has_come_to_it(
    flash: Flash, monkeypatch: pytest.MonkeyPatch
) -> None:
    nor = flash(8)
    log = mounted(nor)
    fill(log, (records.RAW_WINDOW,), 3, 30)

    def power_cut(sector: int) -> None:
        raise PowerCut

    monkeypatch.setattr(log, "_retire", power_cut)  # after the LOSS record, before the sector goes
    with pytest.raises(PowerCut):
        fill(log, (records.SET,), 1000)
    log = mounted(nor)
    assert log.stats()["raw"] == 1
    assert [loss["count"] for loss in losses(contents(log))] == [3]
    fill(log, (records.RAW_WINDOW,), 2, 30)
    for _ in range(100):
        fill(log, (records.SET,), 1)
        if not log.stats()["raw"]:
            break
    assert [loss["count"] for loss in losses(contents(log))] == [3, 5]


def test_what_is_full_of_unfetched_sets_refuses_and_recovers(flash: Flash) -> None:
    nor = flash(8)
    log = mounted(nor)
    kept: dict[int, bytes] = {}
    try:
        for _ in range(1000):
            kept |= fill(log, (records.SET,), 1)
    except LogFull:
        pass
    for kind in (records.RAW_WINDOW, records.HEART, records.SET):
        with pytest.raises(LogFull):
            log.append(kind, 1, bytes(200), 0)
    assert contents(log) == kept
    log.acked(log.next_seq - 1)
    assert contents(log) == kept
    seq = log.append(records.SET, 1, bytes(200), 0)
    assert seq == max(kept) + 1
    assert log.lost == 0


def test_acknowledged_sectors_go_first_and_silently_even_after_a_reboot(flash: Flash) -> None:
    nor = flash(10)
    log = mounted(nor)
    fill(log, (records.REP, records.RAW_WINDOW), 200)
    log.acked(log.next_seq)
    log.acked(3)  # a late one changes nothing
    log = mounted(nor)
    assert log.acked_seq > 150
    old = contents(log)
    fill(log, (records.HEART,), 60)
    present = contents(log)
    assert set(old) - set(present)
    assert losses(present) == []
    assert log.lost == 0


def test_an_ack_beyond_the_end_counts_only_what_exists(flash: Flash) -> None:
    log = mounted(flash(8))
    fill(log, (records.REP,), 5)
    log.acked(0xFFFFFFFF)
    assert log.acked_seq == 5


def test_sectors_wear_alike(flash: Flash) -> None:
    nor = flash(16)
    log = mounted(nor)
    for _ in range(60):
        fill(log, (records.REP, records.HEART, records.RAW_WINDOW), 100)
        log.acked(log.next_seq)
    assert max(nor.erases) - min(nor.erases) <= 3
    assert min(nor.erases) > 8


def test_one_damaged_record_hides_no_other(flash: Flash) -> None:
    nor = flash(8)
    log = mounted(nor)
    kept = fill(log, (records.REP,), 20)
    at = nor.cells.find(kept[7])
    for place in (0, 2, 50, len(kept[7]) - 1, len(kept[7])):  # type, length, payload, CRC, sequence
        cells = bytearray(nor.cells)
        cells[at + place] ^= 0x10
        hurt = flash(8)
        hurt.cells[:] = cells
        found = contents(mounted(hurt))
        assert found == {seq: raw for seq, raw in kept.items() if seq != 7}
        assert mounted(hurt).append(records.REP, 1, b"", 0) == 20


@given(seed=st.integers(0, 1 << 20), flips=st.integers(1, 40))
def test_rot_never_makes_a_record(seed: int, flips: int) -> None:
    dice = Dice(seed)
    nor = Nor(6, dice)
    kept = fill(mounted(nor), (records.REP, records.HEART), 60, 40)
    for _ in range(flips):
        nor.cells[dice.below(len(nor.cells))] ^= 1 << dice.below(8)
    found = contents(mounted(nor))
    assert all(kept.get(seq) == raw for seq, raw in found.items())


@given(
    appends=st.lists(st.tuples(st.integers(1, 254), st.binary(max_size=240)), max_size=60),
    operation=st.integers(0, 80),
    byte=st.integers(0, 5000),
)
def test_one_cut_anywhere_loses_nothing(appends: list[tuple[int, bytes]], operation: int, byte: int) -> None:
    nor = Nor(8, Dice(byte))
    nor.cut(operation, byte)
    kept: dict[int, bytes] = {}
    flight = b""
    try:
        log = mounted(nor)
        for kind, payload in appends:
            flight = records.encode(log.next_seq, kind, 1, log.boot, 9, payload)
            kept[log.append(kind, 1, payload, 9)] = flight
    except PowerCut:
        pass
    nor.steady()
    found = contents(mounted(nor))
    if found != kept:
        assert found == kept | {len(kept): flight}


def test_flash_that_fails_in_places_costs_nothing(flash: Flash) -> None:
    nor = flash(10)
    log = mounted(nor)
    kept = fill(log, (records.REP,), 10)
    nor.stuck = nor.cells.find(b"RL") // SECTOR  # the sector in use takes no byte any more
    seq = log.append(records.SET, 1, b"elsewhere", 5)
    kept[seq] = records.encode(seq, records.SET, 1, log.boot, 5, b"elsewhere")
    assert seq == 10
    assert log.stats()["flash_faults"] == 2
    assert contents(log) == kept
    assert contents(mounted(nor)) == kept


def test_flash_that_fails_throughout_is_said_and_nothing_is_lost(flash: Flash) -> None:
    class Worn(Nor):
        worn = False

        def writeblocks(self, sector: int, buf: Any, offset: int = -1) -> None:
            if self.worn:
                raise OSError(5)
            super().writeblocks(sector, buf, offset)

    nor = Worn(8, Dice(1))
    log = mounted(nor)
    kept = fill(log, (records.REP, records.HEART), 50)
    nor.worn = True
    for _ in range(3):
        with pytest.raises(FlashFault):
            log.append(records.SET, 1, b"nowhere", 0)
    assert log.next_seq == 50
    assert contents(log) == kept
    nor.worn = False
    assert contents(mounted(nor)) == kept


def test_factory_reset_changes_the_log_id_and_leaves_no_byte(flash: Flash) -> None:
    nor = flash(8)
    log = mounted(nor)
    fill(log, (records.REP,), 100)
    before = log.log_id
    log.factory_reset()
    assert log.log_id != before
    assert (log.oldest, log.next_seq, log.boot) == (0, 0, 1)
    assert len(nor.cells.replace(b"\xff", b"")) <= FIRST_RECORD
    assert mounted(nor).log_id == log.log_id


def test_a_factory_reset_cut_short_is_finished_by_the_next_boot(flash: Flash) -> None:
    for operation in range(10):
        for at in (0, 7, 31, 4000):
            nor = flash(8, at + 1)
            log = mounted(nor)
            fill(log, (records.REP, records.HEART), 120)
            before = log.log_id
            nor.cut(operation, at)
            try:
                log.factory_reset()
                nor.steady()
            except PowerCut:
                pass
            log = mounted(nor)
            if log.log_id != before:
                assert log.next_seq == 0
                assert len(nor.cells.replace(b"\xff", b"")) <= FIRST_RECORD
            log.append(records.BOOT, 1, bytes(6), 0)
            assert mounted(nor).log_id == log.log_id


def test_a_log_of_another_format_is_left_alone(flash: Flash) -> None:
    nor = flash(8)
    header = bytearray(64)
    pack_header(header, 0, 1, 0, 0, 0, 5, 1)
    header[2] = 9
    header[28:32] = crc32(header[:28]).to_bytes(4, "little")
    nor.writeblocks(3, header[:32], 0)
    done = nor.operations
    with pytest.raises(OtherFormat, match="format 9"):
        mounted(nor)
    assert nor.operations == done


def test_too_small_a_partition_is_refused(flash: Flash) -> None:
    with pytest.raises(NotFlash):
        Log(flash(5))
