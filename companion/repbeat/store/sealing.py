"""What was written open before the store sealed it is sealed.

A room of its own, because the room that brings the keys' table has to come first.
"""

from __future__ import annotations

import msgspec

from repbeat.store import records, vault
from repbeat.store.database import Database
from repbeat.store.migrations import Migration, Step


def seal_all(db: Database) -> None:
    """Seal every log's heart streams for their owners."""
    for device_id, log_id in records.logs(db):
        records.reseal(db, device_id, log_id)


def seal_rest(db: Database) -> None:
    """REST records, with the HRV of a night, lay among those that are not sealed; so did CHECKIN records."""
    for device_id, log_id in records.logs(db):
        records.reseal(db, device_id, log_id, looking_inside=True)


def without_limits(db: Database) -> None:
    """Summaries of sessions named the heart rates between which their zones lie."""
    for row in db.rows("SELECT * FROM session_values WHERE value LIKE '%resting_bpm%'"):
        value = msgspec.json.decode(row["value"])
        value["heart"] = {
            name: one for name, one in value["heart"].items() if name not in ("resting_bpm", "max_bpm")
        }
        row["value"] = msgspec.json.encode(value).decode()
        db.upsert("session_values", ("device_id", "log_id", "session_seq", "formula"), [row])


def seal_athletes(db: Database) -> None:
    """The resting and maximum heart rate of each, where they are known."""
    for row in db.rows("SELECT athlete_id, resting_bpm, max_bpm FROM athletes"):
        db.run(
            "UPDATE athletes SET sealed = :sealed WHERE athlete_id = :athlete_id",
            athlete_id=row["athlete_id"],
            sealed=vault.sealed_row(db, "athletes", row)["sealed"],
        )


def seal_plans(db: Database) -> None:
    """What goes to devices: loads, and the heart rates that zones are reckoned by."""
    for key in db.rows("SELECT athlete_id, revision FROM plans"):
        (row,) = db.rows("SELECT * FROM plans WHERE athlete_id = :athlete_id AND revision = :revision", **key)
        db.upsert("plans", tuple(key), [vault.sealed_row(db, "plans", row)])


# What the sealed records say stays there alone; what an athlete's row says is sealed in it.
_FIGURES: tuple[Step, ...] = (
    seal_rest,
    "ALTER TABLE sessions DROP COLUMN resting_bpm",
    "ALTER TABLE sessions DROP COLUMN max_bpm",
    "ALTER TABLE strain DROP COLUMN resting_bpm",
    "ALTER TABLE strain DROP COLUMN max_bpm",
    "DROP TABLE recoveries",
    *(
        f"ALTER TABLE breathings DROP COLUMN {when}_{what}"
        for when in ("before", "after")
        for what in ("bpm_x10", "rmssd_x10", "kept_permille")
    ),
    without_limits,
    "ALTER TABLE athletes ADD COLUMN sealed BLOB",
    seal_athletes,
    "ALTER TABLE athletes DROP COLUMN resting_bpm",
    "ALTER TABLE athletes DROP COLUMN max_bpm",
    seal_plans,
)

# Why a number changed says how ready somebody was, by which signals, and whether a red flag stood.
_CHANGES = """CREATE TABLE plan_changes (
    athlete_id TEXT NOT NULL,
    revision BIGINT NOT NULL,
    number INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (athlete_id, revision, number)
)"""


def seal_changes(db: Database) -> None:
    """Make the table anew, with its rows sealed."""
    vault.seal_table(db, "plan_changes", _CHANGES)


MIGRATIONS = (
    Migration("0001_sealed", (seal_all,)),
    Migration("0002_rest", (seal_rest,)),
    Migration("0003_check_ins", (seal_rest,)),
    Migration("0004_figures", _FIGURES),
    Migration("0005_changes", (seal_changes,)),
)
