"""The tables of the coach: how mornings were, what was proposed and why, who decided, what must not rise."""

from __future__ import annotations

from repbeat.store import vault
from repbeat.store.database import Database
from repbeat.store.migrations import Migration


def seal_mornings(db: Database) -> None:
    """Heart data of mornings lies sealed for its athlete, as the beats do that it came from."""
    rows = db.rows("SELECT * FROM open_mornings")
    db.insert("mornings", [vault.sealed_row(db, "mornings", row) for row in rows])


_FIRST = (
    """CREATE TABLE mornings (                 -- a night or a morning minute; sources are never mixed
        athlete_id TEXT NOT NULL,
        day TEXT NOT NULL,                   -- the athlete's own calendar day on which it ended
        source TEXT NOT NULL,
        rmssd_ms DOUBLE PRECISION,
        resting_bpm DOUBLE PRECISION,
        asleep_min DOUBLE PRECISION,
        PRIMARY KEY (athlete_id, day, source)
    )""",
    """CREATE TABLE check_ins (
        athlete_id TEXT NOT NULL,
        day TEXT NOT NULL,
        sleep INTEGER,                       -- 1-5, 5 the best; NULL: not answered
        fatigue INTEGER,
        soreness INTEGER,
        stress INTEGER,
        mood INTEGER,
        unwell INTEGER NOT NULL,
        PRIMARY KEY (athlete_id, day)
    )""",
    """CREATE TABLE recovery_cursors (         -- records of a log that have become mornings and check-ins
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        next_seq BIGINT NOT NULL,
        PRIMARY KEY (device_id, log_id)
    )""",
    """CREATE TABLE proposals (
        athlete_id TEXT NOT NULL,
        proposal_id TEXT NOT NULL,
        day TEXT NOT NULL,
        expires TEXT NOT NULL,
        created_ms BIGINT NOT NULL,
        planner_version INTEGER NOT NULL,
        revision BIGINT,                     -- the plan that came of it; NULL: none
        situation TEXT NOT NULL,             -- JSON: all that was known
        proposal TEXT NOT NULL,              -- JSON: what was decided
        PRIMARY KEY (athlete_id, proposal_id)
    )""",
    "CREATE INDEX proposals_by_id ON proposals (proposal_id)",
    """CREATE TABLE proposal_acts (
        athlete_id TEXT NOT NULL,
        proposal_id TEXT NOT NULL,
        act_id TEXT NOT NULL,
        at_ms BIGINT NOT NULL,
        actor TEXT NOT NULL,
        act TEXT NOT NULL,                   -- approve, edit, reject, comment, lighter
        reason TEXT NOT NULL,
        old TEXT NOT NULL,                   -- JSON: the lines before
        new TEXT NOT NULL,                   -- JSON: the lines after
        PRIMARY KEY (athlete_id, proposal_id, act_id)
    )""",
    """CREATE TABLE red_flags (
        athlete_id TEXT NOT NULL,
        flag_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        reported_ms BIGINT NOT NULL,
        cleared_ms BIGINT,
        cleared_by TEXT NOT NULL,
        statement TEXT NOT NULL,
        PRIMARY KEY (athlete_id, flag_id)
    )""",
    """CREATE TABLE enrolments (
        athlete_id TEXT NOT NULL,
        enrolment_id TEXT NOT NULL,
        started_ms BIGINT NOT NULL,
        ended_ms BIGINT,
        programme TEXT NOT NULL,             -- JSON, as it was when it began
        loads TEXT NOT NULL,                 -- JSON: grams by exercise, to begin with
        PRIMARY KEY (athlete_id, enrolment_id)
    )""",
    """CREATE TABLE coaching (                 -- what holds for an athlete
        athlete_id TEXT NOT NULL PRIMARY KEY,
        bounds TEXT NOT NULL,                -- JSON
        health TEXT NOT NULL                 -- JSON: repbeat.coach.safety.Health
    )""",
    """CREATE TABLE programmes (               -- imported ones, beside the project's own
        programme_slug TEXT NOT NULL PRIMARY KEY,
        content TEXT NOT NULL
    )""",
)

_LEARNED = (
    """CREATE TABLE learned (                  -- estimates of a person; through_day: the last day in it
        athlete_id TEXT NOT NULL PRIMARY KEY,
        version INTEGER NOT NULL,
        first_day TEXT NOT NULL,
        through_day TEXT NOT NULL,
        inputs TEXT NOT NULL,                -- JSON: how many mornings, check-ins and sessions taught it
        state TEXT NOT NULL,                 -- JSON: repbeat.coach.learn.person.Person
        updated_ms BIGINT NOT NULL
    )""",
    """CREATE TABLE planned_efforts (          -- how hard a session by a revision is meant to feel, 1-10
        athlete_id TEXT NOT NULL,
        revision BIGINT NOT NULL,
        rpe DOUBLE PRECISION NOT NULL,
        PRIMARY KEY (athlete_id, revision)
    )""",
)

_NOTES = (
    """CREATE TABLE coach_notes (              -- what a coach wrote down about an athlete
        athlete_id TEXT NOT NULL,
        note_id TEXT NOT NULL,
        account_id TEXT NOT NULL,            -- of the coach
        at_ms BIGINT NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (athlete_id, note_id)
    )""",
)

_SURROUNDINGS = (
    """CREATE TABLE session_surroundings (     -- what somebody entered of where a session was
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        session_seq BIGINT NOT NULL,
        temperature_c DOUBLE PRECISION,      -- NULL: not known
        altitude_m DOUBLE PRECISION,
        noted_ms BIGINT NOT NULL,
        PRIMARY KEY (device_id, log_id, session_seq)
    )""",
)

_SEALED = (
    "ALTER TABLE mornings RENAME TO open_mornings",
    """CREATE TABLE mornings (                 -- heart: HRV and resting heart rate, see repbeat.store.vault
        athlete_id TEXT NOT NULL,
        day TEXT NOT NULL,
        source TEXT NOT NULL,
        asleep_min DOUBLE PRECISION,
        heart BLOB NOT NULL,
        PRIMARY KEY (athlete_id, day, source)
    )""",
    seal_mornings,
    "DROP TABLE open_mornings",
    # Learned anew from the record when it is next asked for.
    "DROP TABLE learned",
    """CREATE TABLE learned (
        athlete_id TEXT NOT NULL PRIMARY KEY,
        version INTEGER NOT NULL,
        first_day TEXT NOT NULL,
        through_day TEXT NOT NULL,
        inputs TEXT NOT NULL,                -- JSON: how many mornings, check-ins and sessions taught it
        sealed BLOB NOT NULL,                -- state: repbeat.coach.learn.person.Person
        updated_ms BIGINT NOT NULL
    )""",
)

# What a person answered about themselves, what was seen of them and what was decided on it, is health data as
# their nights are. `sealed` has the columns that repbeat.store.vault names.
_ANSWERS = {
    "mornings": """CREATE TABLE mornings (
        athlete_id TEXT NOT NULL,
        day TEXT NOT NULL,
        source TEXT NOT NULL,
        heart BLOB NOT NULL,                 -- and the minutes asleep
        PRIMARY KEY (athlete_id, day, source)
    )""",
    "check_ins": """CREATE TABLE check_ins (
        athlete_id TEXT NOT NULL,
        day TEXT NOT NULL,
        sealed BLOB NOT NULL,
        PRIMARY KEY (athlete_id, day)
    )""",
    "red_flags": """CREATE TABLE red_flags (
        athlete_id TEXT NOT NULL,
        flag_id TEXT NOT NULL,
        reported_ms BIGINT NOT NULL,
        cleared_ms BIGINT,
        cleared_by TEXT NOT NULL,
        sealed BLOB NOT NULL,
        PRIMARY KEY (athlete_id, flag_id)
    )""",
    "coaching": """CREATE TABLE coaching (
        athlete_id TEXT NOT NULL PRIMARY KEY,
        bounds TEXT NOT NULL,                -- JSON
        sealed BLOB NOT NULL
    )""",
    "proposals": """CREATE TABLE proposals (
        athlete_id TEXT NOT NULL,
        proposal_id TEXT NOT NULL,
        day TEXT NOT NULL,
        expires TEXT NOT NULL,
        created_ms BIGINT NOT NULL,
        planner_version INTEGER NOT NULL,
        revision BIGINT,                     -- the plan that came of it; NULL: none
        sealed BLOB NOT NULL,
        PRIMARY KEY (athlete_id, proposal_id)
    )""",
    "coach_notes": """CREATE TABLE coach_notes (
        athlete_id TEXT NOT NULL,
        note_id TEXT NOT NULL,
        account_id TEXT NOT NULL,            -- of the coach
        at_ms BIGINT NOT NULL,
        sealed BLOB NOT NULL,
        PRIMARY KEY (athlete_id, note_id)
    )""",
}


def seal_answers(db: Database) -> None:
    """Make the tables anew, with their rows sealed."""
    for table, ddl in _ANSWERS.items():
        vault.seal_table(db, table, ddl)


MIGRATIONS = (
    Migration("0001_first", _FIRST),
    Migration("0002_learned", _LEARNED),
    Migration("0003_notes", _NOTES),
    Migration("0004_surroundings", _SURROUNDINGS),
    Migration("0005_sealed", _SEALED),
    Migration(
        "0006_answers_sealed", (seal_answers, "CREATE INDEX proposals_by_id ON proposals (proposal_id)")
    ),
)
