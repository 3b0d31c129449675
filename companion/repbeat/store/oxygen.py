"""Muscle oxygen: which sensor an athlete wears, and what it told, in streams sealed for the athlete.

A stream is one wearing of one sensor, at most an hour: its samples packed as columns and deflated. Where a
measurement gave no value the stream has why, and no number.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from itertools import accumulate
from operator import sub
from typing import Any

import msgspec

from repbeat.store import vault
from repbeat.store.database import Database
from repbeat.store.errors import StoreCorrupt
from repbeat.store.sessions import Session

OK, AMBIENT_LIGHT, NO_VALUE = 0, 1, 2
LONGEST_MS = 3_600_000
GAP_MS = 60_000  # silent for longer, and a new stream begins; a step has 16 bits

_TABLE = "oxygen_streams"
_VERSION = b"\x01"
_NONE = 0xFFFF  # of haemoglobin; beyond its range
_COUNT = struct.Struct("<I")


class Sample(msgspec.Struct, frozen=True):
    """At `at_ms` (unix): SmO2 in 0.1 % while `state` is OK; haemoglobin in 0.01 g/dl where there is one."""

    at_ms: int
    state: int
    smo2_permille: int | None
    thb_cg_dl: int | None = None


def packed(start_ms: int, samples: Sequence[Sample]) -> bytes:
    """Samples in order, the first at or after `start_ms`, none more than 65 s after the one before."""
    good = [one for one in samples if one.state == OK]
    at_ms = [one.at_ms for one in samples]
    columns = (
        list(map(sub, at_ms, [start_ms, *at_ms])),
        [one.smo2_permille for one in good],
        [_NONE if one.thb_cg_dl is None else one.thb_cg_dl for one in good],
    )
    body = [_COUNT.pack(len(samples)), bytes(one.state for one in samples)]
    body += [struct.pack(f"<{len(column)}H", *column) for column in columns]
    return _VERSION + zlib.compress(b"".join(body))


def unpacked(start_ms: int, stream: bytes) -> list[Sample]:
    """The samples again; StoreCorrupt if the stream is damaged or of a newer RepBeat."""
    if stream[:1] != _VERSION:
        raise StoreCorrupt("a muscle oxygen stream is of a format that this RepBeat does not know: update it")
    try:
        body = zlib.decompress(stream[1:])
        (count,) = _COUNT.unpack_from(body)
        states = body[_COUNT.size : _COUNT.size + count]
        good = states.count(OK)
        words = struct.unpack(f"<{count + 2 * good}H", body[_COUNT.size + count :])
    except (zlib.error, struct.error) as error:
        raise StoreCorrupt("a muscle oxygen stream is damaged: restore the last backup") from error
    at_ms = list(accumulate(words[:count], initial=start_ms))[1:]
    values = iter(zip(words[count : count + good], words[count + good :], strict=True))
    out = []
    for at, state in zip(at_ms, states, strict=True):
        smo2, thb = next(values) if state == OK else (None, None)
        out.append(Sample(at, state, smo2, None if thb == _NONE else thb))
    return out


def keep(db: Database, athlete_id: str, address: str, samples: Sequence[Sample]) -> None:
    """Keep a stream, in place of what was kept of it while it was shorter."""
    row: dict[str, Any] = {
        "athlete_id": athlete_id,
        "address": address.upper(),
        "start_ms": samples[0].at_ms,
        "end_ms": samples[-1].at_ms,
        "sealed": packed(samples[0].at_ms, samples),
    }
    db.upsert(_TABLE, ("athlete_id", "address", "start_ms"), [vault.sealed_row(db, _TABLE, row)])


def between(db: Database, athlete_id: str, from_ms: int, until_ms: int) -> list[Sample]:
    """An athlete's samples of from_ms … until_ms, in order; none once the key is forgotten."""
    rows = db.rows(
        f"""SELECT * FROM {_TABLE} WHERE athlete_id = :athlete_id
             AND start_ms >= :earliest_ms AND start_ms <= :until_ms AND end_ms >= :from_ms""",  # noqa: S608
        athlete_id=athlete_id,
        earliest_ms=from_ms - LONGEST_MS,
        from_ms=from_ms,
        until_ms=until_ms,
    )
    opened = [vault.opened_row(db, _TABLE, row) for row in rows]
    found = [one for row in opened if row["sealed"] for one in unpacked(row["start_ms"], row["sealed"])]
    return sorted((one for one in found if from_ms <= one.at_ms <= until_ms), key=lambda one: one.at_ms)


def of_session(db: Database, session: Session) -> list[Sample]:
    """What its athlete's sensors told while a session lasted; none for one that no clock has dated."""
    if session.athlete_id is None or session.start_ms is None:
        return []
    lasted_ms = LONGEST_MS if session.duration_s is None else session.duration_s * 1000
    return between(db, session.athlete_id, session.start_ms, session.start_ms + lasted_ms)


def wear(db: Database, address: str, athlete_id: str | None) -> None:
    """Say whose a sensor (by its radio address) is from now on; None: nobody's, and it is not read."""
    if athlete_id is None:
        db.run("DELETE FROM oxygen_sensors WHERE address = :address", address=address.upper())
        return
    row = {"address": address.upper(), "athlete_id": athlete_id}
    db.upsert("oxygen_sensors", ("address",), [row])


def wearer(db: Database, address: str) -> str | None:
    """The athlete who wears a sensor; None: nobody does."""
    found: str | None = db.value(
        "SELECT athlete_id FROM oxygen_sensors WHERE address = :address", address=address.upper()
    )
    return found


def worn(db: Database) -> dict[str, str]:
    """Athlete by the address of the sensor they wear."""
    rows = db.rows("SELECT address, athlete_id FROM oxygen_sensors ORDER BY address")
    return {row["address"]: row["athlete_id"] for row in rows}
