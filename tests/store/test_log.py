"""The record log's rules, each as a test: what is written, read back, and found at a boot."""

from __future__ import annotations

from binascii import crc32

import pytest
from store.filled import Flash, contents, fill, mounted

from device.store.flash import NotFlash
from device.store.log import Log
from device.store.sector import pack_header
from device.store.space import OtherFormat
from repbeat_protocol import records
from repbeat_tools.faults.nor import SECTOR, Dice


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


def test_mounting_reads_headers_and_one_sector_a_ring(flash: Flash) -> None:
    nor = flash(64)
    log = mounted(nor)
    fill(log, (records.REP, records.HEART, records.RAW_WINDOW), 1500)
    nor.reads = 0
    mounted(nor)
    records_in_a_sector = SECTOR // 138
    assert nor.reads <= 2 * 64 + 3 * (records_in_a_sector + SECTOR // 64 + 2)


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
