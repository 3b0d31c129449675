"""A full record log: what goes first, what is said of it, what is never lost unsaid."""

from __future__ import annotations

import pytest
from store.filled import Flash, contents, fill, losses, mounted

from device.store.log import LogFull
from repbeat_protocol import records
from repbeat_tools.faults.nor import PowerCut


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
