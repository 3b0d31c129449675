"""Tables of what came from files: sessions, sets, days, and which of them may be the same as another's."""

from __future__ import annotations

from repbeat.store import vault
from repbeat.store.database import Database
from repbeat.store.migrations import Migration

_TABLE = "imported_sessions"


def seal_hearts(db: Database) -> None:
    """Heart data from files lies sealed for its athlete, as that of the devices does."""
    for key in db.rows(f"SELECT athlete_id, import_id FROM {_TABLE}"):  # noqa: S608
        (row,) = db.rows(
            f"SELECT * FROM {_TABLE} WHERE athlete_id = :athlete_id AND import_id = :import_id",  # noqa: S608
            **key,
        )
        db.upsert(_TABLE, tuple(key), [vault.sealed_row(db, _TABLE, row)])


def seal_days(db: Database) -> None:
    """Nights from files as those of the devices."""
    vault.seal_table(
        db,
        "imported_days",
        """CREATE TABLE imported_days (
            athlete_id TEXT NOT NULL,
            day TEXT NOT NULL,
            kind TEXT NOT NULL,
            source TEXT NOT NULL,
            sealed BLOB NOT NULL,
            PRIMARY KEY (athlete_id, day, kind, source)
        ) WITHOUT ROWID""",
    )


MIGRATIONS = (
    Migration(
        "0001_imports",
        (
            """CREATE TABLE imported_sessions (
                athlete_id TEXT NOT NULL,
                import_id TEXT NOT NULL,
                source TEXT NOT NULL,
                sport TEXT NOT NULL,
                start_ms BIGINT NOT NULL,
                end_ms BIGINT NOT NULL,
                imported_ms BIGINT NOT NULL,
                heart BLOB NOT NULL,
                PRIMARY KEY (athlete_id, import_id)
            ) WITHOUT ROWID""",
            "CREATE INDEX imported_by_time ON imported_sessions (athlete_id, start_ms)",
            """CREATE TABLE imported_sets (
                athlete_id TEXT NOT NULL,
                import_id TEXT NOT NULL,
                set_index INTEGER NOT NULL,
                start_ms BIGINT NOT NULL,
                duration_ms INTEGER NOT NULL,
                exercise INTEGER NOT NULL,
                reps INTEGER NOT NULL,
                load_g INTEGER NOT NULL,
                PRIMARY KEY (athlete_id, import_id, set_index)
            ) WITHOUT ROWID""",
            """CREATE TABLE imported_days (
                athlete_id TEXT NOT NULL,
                day TEXT NOT NULL,
                kind TEXT NOT NULL,
                source TEXT NOT NULL,
                value DOUBLE PRECISION NOT NULL,
                PRIMARY KEY (athlete_id, day, kind, source)
            ) WITHOUT ROWID""",
            """CREATE TABLE near_duplicates (
                athlete_id TEXT NOT NULL,
                import_id TEXT NOT NULL,
                other TEXT NOT NULL,
                decided TEXT,
                decided_ms BIGINT,
                PRIMARY KEY (athlete_id, import_id, other)
            ) WITHOUT ROWID""",
        ),
    ),
    Migration("0002_sealed", (seal_hearts,)),
    Migration("0003_days_sealed", (seal_days,)),
    Migration(
        "0004_jobs",
        (
            """CREATE TABLE import_jobs (
                athlete_id TEXT NOT NULL,
                job_id TEXT NOT NULL,
                file TEXT NOT NULL,
                begun_ms BIGINT NOT NULL,
                told_ms BIGINT NOT NULL,
                state TEXT NOT NULL,
                done BIGINT NOT NULL,
                total BIGINT NOT NULL,
                outcome TEXT NOT NULL,
                PRIMARY KEY (athlete_id, job_id)
            ) WITHOUT ROWID""",
        ),
    ),
)
