"""A batch of records into the store: verified, kept in one transaction, and only then to be acknowledged."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from repbeat.ingest import expand
from repbeat.store import devices
from repbeat.store import records as store
from repbeat.store.database import Database
from repbeat.store.owners import Owners
from repbeat.store.plans import Plan
from repbeat.store.records import Flag, Record
from repbeat.store.sessions import Key

CONFLICT = "conflict"


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a batch; acknowledge `next_seq`. `answered`: plans that a device applied or refused.

    `sessions` are those that records came of, `dated` those of a boot whose clock became known better.
    """

    next_seq: int
    stored: int
    duplicates: int
    flags: tuple[Flag, ...] = ()
    sessions: tuple[Key, ...] = ()
    dated: tuple[Key, ...] = ()
    answered: tuple[Plan, ...] = ()


def ingest(
    db: Database, device_id: str, log_id: int, batch: Iterable[tuple[int, bytes]], now_ms: int
) -> Stored:
    """Keep (seq, raw record) pairs, in any order, again or for the first time.

    Returns when they are on disk. A record damaged on its way raises repbeat_protocol.records.RecordError
    and nothing of the batch is kept: fetch it again. Types not known here and payloads that misfit their
    type are kept and flagged. Of two different records with one key the first stays; the other is flagged.
    """
    incoming: dict[int, Record] = {}
    duplicates = 0
    flags = []
    for record in store.decoded_all(device_id, log_id, batch):
        first = incoming.setdefault(record.seq, record)
        if first is not record:
            duplicates += 1
            flags += _conflict(record, first.raw)
    with db.atomic():
        db.hold("log", device_id, log_id)
        cursor = devices.begin_log(db, device_id, log_id, now_ms)
        if not incoming:
            return Stored(next_seq=cursor, stored=0, duplicates=0)
        ordered = [incoming[seq] for seq in sorted(incoming)]
        owners = Owners(db, device_id, log_id)
        held = store.insert(db, ordered, owners)
        for seq in sorted(held):
            duplicates += 1
            flags += _conflict(incoming[seq], held[seq])
        fresh = [record for record in ordered if record.seq not in held] if held else ordered
        expanded = expand.expand(db, fresh, now_ms, owners)
        flags += expanded.flags
        store.add_flags(db, flags)
        first_seq, end_seq = ordered[0].seq, ordered[-1].seq + 1
        unbroken = first_seq <= cursor < end_seq and end_seq - first_seq == len(ordered)
        next_seq = store.advance(db, device_id, log_id, cursor, end_seq if unbroken else cursor)
    return Stored(
        next_seq=next_seq,
        stored=len(fresh),
        duplicates=duplicates,
        flags=tuple(flags),
        sessions=expanded.sessions,
        dated=expanded.dated,
        answered=expanded.answered,
    )


def _conflict(record: Record, kept: bytes | None) -> list[Flag]:
    if kept is None or record.raw == kept:
        return []
    return [
        Flag(
            device_id=record.device_id,
            log_id=record.log_id,
            seq=record.seq,
            flag=CONFLICT,
            detail=f"the device sent another record under this number: {record.raw.hex()}",
        )
    ]
