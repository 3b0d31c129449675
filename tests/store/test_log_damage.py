"""The record log on flash that was cut, rots or fails, and a factory reset."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store.filled import Flash, contents, fill, mounted

from device.store.flash import FlashFault
from device.store.sector import FIRST_RECORD
from repbeat_protocol import records
from repbeat_tools.faults.nor import SECTOR, Dice, Nor, PowerCut


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
