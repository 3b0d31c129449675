"""Records in blocks: some hundred of a log in a row, packed, their heart data sealed for its owner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from repbeat.store import packing
from repbeat.store.database import Database
from repbeat.store.errors import NotFound
from repbeat.store.owners import Owners
from repbeat.store.record import Record, kept
from repbeat.store.vault import SEALED

SMALL_BLOCK = 64  # records: one with fewer is filled up by what follows it
LARGEST_BLOCK = 512  # an hour's session is one, with what it says of heart and RR


class _Block(msgspec.Struct, frozen=True):
    """Records first_seq … next_seq-1 of one boot and owner, packed; `heart` is sealed for the owner."""

    first_seq: int
    next_seq: int
    boot: int
    heart_from_ms: int | None
    heart_until_ms: int | None
    log: bytes
    heart: bytes | None


_COLUMNS = "SELECT first_seq, next_seq, boot, heart_from_ms, heart_until_ms, log, heart"

# Blocks do not overlap, so that the last one that begins at or before :first_seq is the first one wanted.
_BLOCKS = """FROM blocks WHERE device_id = :device_id AND log_id = :log_id AND first_seq < :next_seq
    AND first_seq >= COALESCE((SELECT MAX(first_seq) FROM blocks WHERE device_id = :device_id
      AND log_id = :log_id AND first_seq <= :first_seq), 0) AND next_seq > :first_seq ORDER BY first_seq"""


def _opened(db: Database, device_id: str, log_id: int, block: _Block) -> Iterator[tuple[int, bytes]]:
    """(seq, raw) of a block's records; without the sealed ones once their owner's key is forgotten."""
    heart = heart_stream(db, device_id, log_id, block.first_seq, block.heart)
    return packing.unpacked(block.first_seq, block.log, heart)


def heart_stream(
    db: Database, device_id: str, log_id: int, first_seq: int, stored: bytes | None
) -> bytes | None:
    """A block's sealed records, packed; None where there are none or their owner's key is forgotten."""
    if stored is None or stored[0] != SEALED:  # the latter was written before there was a vault
        return stored
    return db.vault.open(stored, _place(device_id, log_id, first_seq))


def _place(device_id: str, log_id: int, first_seq: int) -> str:
    return f"{device_id}/{log_id}/{first_seq}"


def present(db: Database, device_id: str, log_id: int, first_seq: int, next_seq: int) -> dict[int, bytes]:
    """seq → raw bytes of those of first_seq … next_seq-1 that are here and can be read."""
    return {
        seq: raw
        for block in _blocks(db, device_id, log_id, first_seq, next_seq)
        for seq, raw in _opened(db, device_id, log_id, block)
        if first_seq <= seq < next_seq
    }


def each(
    db: Database, device_id: str, log_id: int, first_seq: int, next_seq: int
) -> Iterator[list[tuple[int, bytes]]]:
    """What `present` finds, in order, a block at a time."""
    for first, until in spans(db, device_id, log_id, first_seq, next_seq):
        found = present(db, device_id, log_id, max(first, first_seq), min(until, next_seq))
        yield list(found.items())


def _blocks(db: Database, device_id: str, log_id: int, first_seq: int, next_seq: int) -> list[_Block]:
    return db.all(
        _Block,
        f"{_COLUMNS} {_BLOCKS}",
        device_id=device_id,
        log_id=log_id,
        first_seq=first_seq,
        next_seq=next_seq,
    )


def spans(db: Database, device_id: str, log_id: int, first_seq: int, next_seq: int) -> list[tuple[int, int]]:
    """(first_seq, next_seq) of each block that holds any of first_seq … next_seq-1, in order."""
    rows = db.rows(
        f"SELECT first_seq, next_seq {_BLOCKS}",
        device_id=device_id,
        log_id=log_id,
        first_seq=first_seq,
        next_seq=next_seq,
    )
    return [(row["first_seq"], row["next_seq"]) for row in rows]


def insert(db: Database, records: Sequence[Record], owners: Owners | None = None) -> dict[int, bytes | None]:
    """Keep records of one log, in order; those whose number is here already are left as they are.

    seq → raw bytes of what was here already, None where its owner's key is forgotten. Call inside `atomic`,
    holding the log where several processes write. `owners`: those of the log, where the caller has them.
    """
    if not records:
        return {}
    device_id, log_id = records[0].device_id, records[0].log_id
    first_seq, last_seq = records[0].seq, records[-1].seq
    near = db.rows(
        f"SELECT first_seq, next_seq, boot {_BLOCKS}",
        device_id=device_id,
        log_id=log_id,
        first_seq=max(0, first_seq - 1),  # the block that ends where these begin may be filled up
        next_seq=last_seq + 1,
    )
    held: dict[int, bytes | None] = {}
    fresh = records
    if any(block["next_seq"] > first_seq for block in near):
        there = present(db, device_id, log_id, first_seq, last_seq + 1)
        for block in near:
            for record in records:
                if block["first_seq"] <= record.seq < block["next_seq"]:
                    held[record.seq] = there.get(record.seq)
        fresh = [record for record in records if record.seq not in held]
    ends = {block["next_seq"]: block for block in near}
    owners = owners or Owners(db, device_id, log_id)
    rows = []
    for run in _runs(fresh, owners):
        before = ends.get(run[0].seq)
        small = before and before["next_seq"] - before["first_seq"] < SMALL_BLOCK
        if before and small and _fits(before["first_seq"], before["boot"], run[0], owners):
            filled = _filled(db, before["first_seq"], run, owners)
            if filled is not None:
                db.upsert("blocks", ("device_id", "log_id", "first_seq"), [filled])
                continue
        rows.append(_row(db, run[0].seq, (), run, owners))
    db.insert("blocks", rows)
    return held


def _fits(first_seq: int, boot: int, record: Record, owners: Owners) -> bool:
    return boot == record.boot and owners.span(first_seq) == owners.span(record.seq)


def _runs(records: Sequence[Record], owners: Owners) -> Iterator[Sequence[Record]]:
    """Parts without a gap, of one boot and owner, no longer than a block."""
    if records and _one_run(records, owners):
        yield records
        return
    start = 0
    for at in range(1, len(records) + 1):
        if (
            at == len(records)
            or records[at].seq != records[at - 1].seq + 1
            or at - start == LARGEST_BLOCK
            or not _fits(records[start].seq, records[start].boot, records[at], owners)
        ):
            yield records[start:at]
            start = at


def _one_run(records: Sequence[Record], owners: Owners) -> bool:
    first, last = records[0], records[-1]
    return (
        len(records) <= LARGEST_BLOCK
        and last.seq - first.seq == len(records) - 1
        and owners.span(first.seq) == owners.span(last.seq)
        and len({record.raw[3:5] for record in records}) == 1  # boots
    )


def _row(
    db: Database, first_seq: int, before: Sequence[bytes], run: Sequence[Record], owners: Owners
) -> dict[str, Any]:
    """The row of a block that begins with the records `before` and ends with `run`."""
    spans = [record.span for record in run if record.span is not None]
    log, heart = packing.packed([*before, *(record.raw for record in run)])
    device_id, log_id = run[0].device_id, run[0].log_id
    if heart is not None:
        heart = db.vault.seal(owners.at(first_seq), heart, _place(device_id, log_id, first_seq))
    return {
        "device_id": device_id,
        "log_id": log_id,
        "first_seq": first_seq,
        "next_seq": run[-1].seq + 1,
        "boot": run[0].boot,
        "heart_from_ms": min((start for start, _ in spans), default=None),
        "heart_until_ms": max((until for _, until in spans), default=None),
        "log": log,
        "heart": heart,
    }


def _filled(db: Database, first_seq: int, run: Sequence[Record], owners: Owners) -> dict[str, Any] | None:
    """The row of a small block with more records: a device always in reach sends one at a time.

    None where its heart stream cannot be opened any more.
    """
    device_id, log_id = run[0].device_id, run[0].log_id
    (old,) = _blocks(db, device_id, log_id, first_seq, first_seq + 1)
    before = [raw for _, raw in _opened(db, device_id, log_id, old)]
    if len(before) < old.next_seq - old.first_seq:
        return None
    row = _row(db, first_seq, before, run, owners)
    for name, pick in (("heart_from_ms", min), ("heart_until_ms", max)):
        known = [ms for ms in (getattr(old, name), row[name]) if ms is not None]
        row[name] = pick(known, default=None)
    return row


def reseal(db: Database, device_id: str, log_id: int, *, looking_inside: bool = False) -> None:
    """Cut a log's blocks where the owner changes, and seal each heart stream for its owner.

    `looking_inside`: and what lies open in a block that is sealed nowadays.
    """
    owners = Owners(db, device_id, log_id)
    for first_seq in [
        row["first_seq"]
        for row in db.rows(
            """SELECT first_seq FROM blocks WHERE device_id = :device_id AND log_id = :log_id
               ORDER BY first_seq""",
            device_id=device_id,
            log_id=log_id,
        )
    ]:
        (block,) = _blocks(db, device_id, log_id, first_seq, first_seq + 1)
        whole = owners.span(first_seq) == owners.span(block.next_seq - 1)
        if block.heart is None or block.heart[0] == SEALED:
            right = block.heart is None or db.vault.is_of(block.heart, owners.at(first_seq))
            if whole and right and not (looking_inside and packing.lies_open(block.log)):
                continue
        if block.heart is None or heart_stream(db, device_id, log_id, first_seq, block.heart):
            _rewrite(db, device_id, log_id, block, owners, range(0))


def _rewrite(
    db: Database, device_id: str, log_id: int, block: _Block, owners: Owners, without: range
) -> None:
    """Write a block anew, in as many as its owners need, without some of its records."""
    left = [
        kept(device_id, log_id, seq, raw)
        for seq, raw in _opened(db, device_id, log_id, block)
        if seq not in without
    ]
    db.run(
        "DELETE FROM blocks WHERE device_id = :device_id AND log_id = :log_id AND first_seq = :first_seq",
        device_id=device_id,
        log_id=log_id,
        first_seq=block.first_seq,
    )
    db.insert("blocks", [_row(db, run[0].seq, (), run, owners) for run in _runs(left, owners)])


def remove(db: Database, device_id: str, log_id: int, first_seq: int, next_seq: int) -> None:
    """Take the records first_seq … next_seq-1 out, whoever's they were; what is derived from them stays.

    The cursor stays too: a device is not asked for them again.
    """
    with db.atomic():
        db.hold("log", device_id, log_id)
        owners = Owners(db, device_id, log_id)
        for block in _blocks(db, device_id, log_id, first_seq, next_seq):
            _rewrite(db, device_id, log_id, block, owners, range(first_seq, next_seq))


def get(db: Database, device_id: str, log_id: int, seq: int) -> Record:
    """One record; NotFound otherwise."""
    for found, raw in present(db, device_id, log_id, seq, seq + 1).items():
        return kept(device_id, log_id, found, raw)
    raise NotFound(f"no record {seq} in log {log_id:08x} of device {device_id}")


def between(
    db: Database, device_id: str, log_id: int, first_seq: int, next_seq: int, kind: int
) -> list[Record]:
    """The records first_seq … next_seq-1 of one type, in order; sealed ones while their key is here."""
    heart = "heart" if kind in packing.SEALED_KINDS else "NULL AS heart"
    blocks = db.rows(
        f"SELECT first_seq, log, {heart} {_BLOCKS}",
        device_id=device_id,
        log_id=log_id,
        first_seq=first_seq,
        next_seq=next_seq,
    )
    return [
        kept(device_id, log_id, seq, raw)
        for block in blocks
        for seq, raw in packing.unpacked(
            block["first_seq"],
            block["log"],
            heart_stream(db, device_id, log_id, block["first_seq"], block["heart"]),
        )
        if raw[0] == kind and first_seq <= seq < next_seq
    ]


def payloads(
    db: Database, device_id: str, log_id: int, first_seq: int, next_seq: int, kind: int
) -> list[tuple[int, int, bytes]]:
    """(seq, version, payload) of the records first_seq … next_seq-1 of one type that is never sealed."""
    blocks = db.rows(
        f"SELECT first_seq, log {_BLOCKS}",
        device_id=device_id,
        log_id=log_id,
        first_seq=first_seq,
        next_seq=next_seq,
    )
    return [
        found
        for block in blocks
        for found in packing.payloads(block["first_seq"], block["log"], kind)
        if first_seq <= found[0] < next_seq
    ]


def of_log(db: Database, device_id: str, log_id: int) -> Iterator[list[Record]]:
    """All records of a log in order, a block at a time."""
    at = -1
    while blocks := db.all(
        _Block,
        f"""{_COLUMNS} FROM blocks WHERE device_id = :device_id
             AND log_id = :log_id AND first_seq > :at ORDER BY first_seq LIMIT 1""",
        device_id=device_id,
        log_id=log_id,
        at=at,
    ):
        yield [kept(device_id, log_id, seq, raw) for seq, raw in _opened(db, device_id, log_id, blocks[0])]
        at = blocks[0].first_seq
