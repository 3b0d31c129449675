"""What the database holds of one athlete: found by its tables' columns, so that a new room's are among it.

A table with athlete_id is the athlete's by that; one with device_id and log_id by the records and sessions
that are the athlete's; any other holds nothing of a person but accounts do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from repbeat.store import Database

ENDLESS = 1 << 40  # beyond every sequence number
SEQUENCES = ("session_seq", "first_seq", "seq")  # the column that says which records a row is of


class Range(msgspec.Struct, frozen=True, order=True):
    """Records first_seq … next_seq-1 of a log."""

    device_id: str
    log_id: int
    first_seq: int
    next_seq: int


class Table(msgspec.Struct, frozen=True):
    """A table whose rows are of athletes: by athlete_id, or by the records that `sequence` names."""

    name: str
    columns: tuple[str, ...]
    sequence: str = ""


def columns(db: Database, table: str) -> tuple[str, ...]:
    """A table's columns, in order."""
    return tuple(_columns(db)[table])


def tables(db: Database) -> list[Table]:
    """All tables with rows of athletes, by name."""
    out = []
    for name, found in sorted(_columns(db).items()):
        if "athlete_id" in found:
            out.append(Table(name, tuple(found)))
        elif {"device_id", "log_id"} <= set(found):
            sequence = next((column for column in SEQUENCES if column in found), "")
            if sequence:
                out.append(Table(name, tuple(found), sequence))
    return out


def ranges(db: Database, athlete_id: str) -> list[Range]:
    """The records that are an athlete's: of the devices they wore, and of the sessions they claimed.

    A session within their device's records that is somebody else's is left out.
    """
    logs: dict[tuple[str, int], list[tuple[int, str | None]]] = {}
    for row in db.rows(
        """SELECT device_id, log_id, first_seq, athlete_id FROM device_athletes
           ORDER BY device_id, log_id, first_seq"""
    ):
        logs.setdefault((row["device_id"], row["log_id"]), []).append((row["first_seq"], row["athlete_id"]))
    spans: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for log, changes in logs.items():
        ends = [first for first, _ in changes[1:]] + [ENDLESS]
        spans[log] = [
            (first, end) for (first, who), end in zip(changes, ends, strict=True) if who == athlete_id
        ]
    filed: dict[tuple[str, int], list[tuple[int, int, bool]]] = {}
    for row in db.rows(
        """SELECT device_id, log_id, first_seq, last_seq, athlete_id FROM sessions
           WHERE athlete_id IS NOT NULL ORDER BY first_seq"""
    ):
        session = row["first_seq"], row["last_seq"] + 1, row["athlete_id"] == athlete_id
        filed.setdefault((row["device_id"], row["log_id"]), []).append(session)
    return sorted(
        Range(*log, *span)
        for log in spans.keys() | filed.keys()
        for span in _filed(spans.get(log, []), filed.get(log, []))
    )


def pages(db: Database, table: Table, athlete_id: str, of: Iterable[Range]) -> Iterator[list[dict[str, Any]]]:
    """A table's rows of an athlete, whose records are `of`, some hundred at a time; inside `snapshot`."""
    # Names come from the database's own catalogue; values are parameters.
    if not table.sequence:
        sql = f"SELECT * FROM {table.name} WHERE athlete_id = :athlete_id"  # noqa: S608
        yield from db.pages(sql, athlete_id=athlete_id)
        return
    sql = f"SELECT * FROM {table.name} WHERE {_within(table)}"  # noqa: S608
    for one in of:
        yield from db.pages(sql, **msgspec.structs.asdict(one))


def delete(db: Database, table: Table, athlete_id: str, of: Iterable[Range]) -> int:
    """Delete them; how many there were."""
    if not table.sequence:
        sql = f"DELETE FROM {table.name} WHERE athlete_id = :athlete_id"  # noqa: S608
        return db.run(sql, athlete_id=athlete_id)
    sql = f"DELETE FROM {table.name} WHERE {_within(table)}"  # noqa: S608
    return sum(db.run(sql, **msgspec.structs.asdict(one)) for one in of)


def bytes_columns(db: Database, table: str) -> set[str]:
    """A table's columns whose values are bytes."""
    return {
        row["column_name"]
        for row in db.rows(_POSTGRESQL if db.engine.where.startswith("postgresql://") else _SQLITE)
        if row["table_name"] == table and row["data_type"].upper() in ("BLOB", "BYTEA")
    }


def _columns(db: Database) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for row in db.rows(_POSTGRESQL if db.engine.where.startswith("postgresql://") else _SQLITE):
        out.setdefault(row["table_name"], []).append(row["column_name"])
    return out


def _within(table: Table) -> str:
    return (
        "device_id = :device_id AND log_id = :log_id "
        f"AND {table.sequence} >= :first_seq AND {table.sequence} < :next_seq"
    )


def _filed(spans: list[tuple[int, int]], sessions: Iterable[tuple[int, int, bool]]) -> list[tuple[int, int]]:
    """Spans with the sessions (first, end, mine), in order, that are mine, and without the others."""
    done: list[tuple[int, int]] = []  # what no later session reaches
    left = spans
    for first, end, mine in sessions:
        done += [(low, min(high, first)) for low, high in left if low < first]
        left = _without([(max(low, first), high) for low, high in left if high > first], first, end)
        if mine:
            left.append((first, end))
    return _joined(done + left)


def _without(spans: list[tuple[int, int]], first: int, end: int) -> list[tuple[int, int]]:
    """Spans without first … end-1."""
    out = []
    for low, high in spans:
        out += [(low, min(high, first)), (max(low, end), high)]
    return [(low, high) for low, high in out if low < high]


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order, those that touch made one."""
    out: list[tuple[int, int]] = []
    for low, high in sorted(spans):
        if out and low <= out[-1][1]:
            out[-1] = out[-1][0], max(out[-1][1], high)
        else:
            out.append((low, high))
    return out


_SQLITE = """SELECT m.name AS table_name, c.name AS column_name, c.type AS data_type
    FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table' ORDER BY m.name, c.cid"""
_POSTGRESQL = """SELECT table_name, column_name, data_type FROM information_schema.columns
    WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position"""
