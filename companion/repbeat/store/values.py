"""Derived values: each with the formula and version that made it, so that history can be computed anew."""

from __future__ import annotations

from typing import Any

import msgspec

from repbeat.store.database import Database
from repbeat.store.sessions import Key


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """`value` is the formula's result: a JSON object."""

    formula: str
    version: int
    value: dict[str, Any]


def put_session(db: Database, key: Key, value: Value) -> None:
    """Keep a session's value in place of the one of the same formula."""
    row = _row(value)
    db.upsert(
        "session_values",
        ("device_id", "log_id", "session_seq", "formula"),
        [{**msgspec.structs.asdict(key), **row}],
    )


def of_session(db: Database, key: Key) -> dict[str, Value]:
    """A session's values by formula."""
    rows = db.rows(
        """SELECT formula, version, value FROM session_values WHERE device_id = :device_id
             AND log_id = :log_id AND session_seq = :session_seq""",
        **msgspec.structs.asdict(key),
    )
    return {row["formula"]: _value(row) for row in rows}


def put_days(db: Database, athlete_id: str, formula: str, wanted: dict[str, Value | None]) -> None:
    """Keep one formula's values of some days (as 2026-11-25); None: the day has none any more."""
    db.upsert(
        "day_values",
        ("athlete_id", "day", "formula"),
        [{"athlete_id": athlete_id, "day": day, **_row(value)} for day, value in wanted.items() if value],
    )
    gone = [
        {"athlete_id": athlete_id, "day": day, "formula": formula}
        for day, value in wanted.items()
        if value is None
    ]
    if gone:
        db.run_many(
            "DELETE FROM day_values WHERE athlete_id = :athlete_id AND day = :day AND formula = :formula",
            gone,
        )


def of_days(db: Database, athlete_id: str, formula: str, first_day: str, last_day: str) -> dict[str, Value]:
    """One formula's values by day, both ends included."""
    return {row["day"]: _value(row) for row in _of_days(db, athlete_id, formula, first_day, last_day)}


def figure_of_days(
    db: Database, athlete_id: str, formula: str, name: str, first_day: str, last_day: str
) -> dict[str, Any]:
    """One figure of a formula's values by day, both ends included."""
    rows = _of_days(db, athlete_id, formula, first_day, last_day)
    found = msgspec.json.decode(f"[{','.join([row['value'] for row in rows])}]")  # at once: it may be years
    return {row["day"]: value[name] for row, value in zip(rows, found, strict=True)}


def _of_days(
    db: Database, athlete_id: str, formula: str, first_day: str, last_day: str
) -> list[dict[str, Any]]:
    return db.rows(
        """SELECT day, formula, version, value FROM day_values WHERE athlete_id = :athlete_id
             AND formula = :formula AND day >= :first_day AND day <= :last_day ORDER BY day""",
        athlete_id=athlete_id,
        formula=formula,
        first_day=first_day,
        last_day=last_day,
    )


def _row(value: Value) -> dict[str, Any]:
    return {
        "formula": value.formula,
        "version": value.version,
        "value": msgspec.json.encode(value.value).decode(),
    }


def _value(row: dict[str, Any]) -> Value:
    return Value(formula=row["formula"], version=row["version"], value=msgspec.json.decode(row["value"]))
