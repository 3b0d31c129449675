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
    db.run(
        """INSERT INTO session_values (device_id, log_id, session_seq, formula, version, value)
           VALUES (:device_id, :log_id, :session_seq, :formula, :version, :value)
           ON CONFLICT (device_id, log_id, session_seq, formula) DO UPDATE SET version = excluded.version,
             value = excluded.value""",
        **msgspec.structs.asdict(key),
        formula=value.formula,
        version=value.version,
        value=msgspec.json.encode(value.value).decode(),
    )


def of_session(db: Database, key: Key) -> dict[str, Value]:
    """A session's values by formula."""
    rows = db.rows(
        """SELECT formula, version, value FROM session_values WHERE device_id = :device_id
             AND log_id = :log_id AND session_seq = :session_seq""",
        **msgspec.structs.asdict(key),
    )
    return {row["formula"]: _value(row) for row in rows}


def put_days(db: Database, athlete_id: str, wanted: dict[tuple[str, str], Value]) -> None:
    """Make an athlete's values those of `wanted`, by (day as 2026-11-25, formula); write what differs."""
    rows = db.rows(
        "SELECT day, formula, version, value FROM day_values WHERE athlete_id = :athlete_id",
        athlete_id=athlete_id,
    )
    held = {(row["day"], row["formula"]): _value(row) for row in rows}
    db.run_many(
        "DELETE FROM day_values WHERE athlete_id = :athlete_id AND day = :day AND formula = :formula",
        [
            {"athlete_id": athlete_id, "day": day, "formula": formula}
            for day, formula in held.keys() - wanted.keys()
        ],
    )
    db.run_many(
        """INSERT INTO day_values (athlete_id, day, formula, version, value)
           VALUES (:athlete_id, :day, :formula, :version, :value)
           ON CONFLICT (athlete_id, day, formula) DO UPDATE SET version = excluded.version,
             value = excluded.value""",
        [
            {
                "athlete_id": athlete_id,
                "day": day,
                "formula": formula,
                "version": value.version,
                "value": msgspec.json.encode(value.value).decode(),
            }
            for (day, formula), value in wanted.items()
            if held.get((day, formula)) != value
        ],
    )


def of_days(db: Database, athlete_id: str, formula: str, first_day: str, last_day: str) -> dict[str, Value]:
    """One formula's values by day, both ends included."""
    rows = db.rows(
        """SELECT day, formula, version, value FROM day_values WHERE athlete_id = :athlete_id
             AND formula = :formula AND day >= :first_day AND day <= :last_day ORDER BY day""",
        athlete_id=athlete_id,
        formula=formula,
        first_day=first_day,
        last_day=last_day,
    )
    return {row["day"]: _value(row) for row in rows}


def _value(row: dict[str, Any]) -> Value:
    return Value(formula=row["formula"], version=row["version"], value=msgspec.json.decode(row["value"]))
