"""How hard each revision of a plan means a session to feel: what the device's plan has no place for."""

from __future__ import annotations

from repbeat.store import Database


def keep(db: Database, athlete_id: str, revision: int, rpe: float | None) -> None:
    """Perceived exertion 1-10 that a session by this revision is meant to have; None: the plan asks none."""
    if rpe is not None:
        row = {"athlete_id": athlete_id, "revision": revision, "rpe": rpe}
        db.upsert("planned_efforts", ("athlete_id", "revision"), [row])


def rpe(db: Database, athlete_id: str, revision: int) -> float | None:
    """What a revision means a session to feel like."""
    return every(db, athlete_id).get(revision)


def every(db: Database, athlete_id: str) -> dict[int, float]:
    """The same of all revisions that say so."""
    rows = db.rows(
        "SELECT revision, rpe FROM planned_efforts WHERE athlete_id = :athlete_id", athlete_id=athlete_id
    )
    return {row["revision"]: row["rpe"] for row in rows}
