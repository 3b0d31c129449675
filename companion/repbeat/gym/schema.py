"""The tables of machines: where sensors sit, who claimed what, whose each set is and by what evidence.

A machine is no person's: what names an athlete is a claim, a decision or the outcome, each under
`athlete_id`, so that it goes when the athlete goes.
"""

from __future__ import annotations

from repbeat.store.migrations import Migration

_FIRST = (
    """CREATE TABLE machines (
        machine_id TEXT NOT NULL PRIMARY KEY, -- drawn; its QR code says no more than this
        gym_id TEXT NOT NULL,
        name TEXT NOT NULL,
        exercise INTEGER NOT NULL,            -- 0: several, or not said
        timeout_s INTEGER NOT NULL,           -- a claim ends so long after its last set
        created_ms BIGINT NOT NULL
    )""",
    """CREATE TABLE machine_sensors (          -- which machine a sensor sits on, from when on
        device_id TEXT NOT NULL,
        from_ms BIGINT NOT NULL,
        machine_id TEXT,                      -- NULL: taken off
        PRIMARY KEY (device_id, from_ms)
    )""",
    """CREATE TABLE machine_claims (
        athlete_id TEXT NOT NULL,
        claim_id TEXT NOT NULL,
        machine_id TEXT NOT NULL,
        from_ms BIGINT NOT NULL,
        until_ms BIGINT,                      -- NULL: not given back; it ends by itself
        how TEXT NOT NULL,
        PRIMARY KEY (athlete_id, claim_id)
    )""",
    "CREATE INDEX machine_claims_by_machine ON machine_claims (machine_id, from_ms)",
    """CREATE TABLE machine_sets (             -- whose is each set that a sensor on a machine counted
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        session_seq BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        machine_id TEXT,                      -- NULL: the sensor sat nowhere
        start_ms BIGINT,                      -- NULL: no clock known for its boot
        end_ms BIGINT,
        athlete_id TEXT,                      -- NULL: the unclaimed pool
        how TEXT NOT NULL,                    -- by what, or why nobody's
        score DOUBLE PRECISION,
        margin DOUBLE PRECISION,
        PRIMARY KEY (device_id, log_id, session_seq, seq)
    )""",
    "CREATE INDEX machine_sets_by_machine ON machine_sets (machine_id, start_ms)",
    "CREATE INDEX machine_sets_by_athlete ON machine_sets (athlete_id, start_ms)",
    "CREATE INDEX machine_sets_by_time ON machine_sets (start_ms)",
    """CREATE TABLE machine_evidence (         -- how well a wearable's session moved with a set
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        session_seq BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        wearable_id TEXT NOT NULL,
        wearable_log_id BIGINT NOT NULL,
        wearable_session BIGINT NOT NULL,
        athlete_id TEXT NOT NULL,
        score DOUBLE PRECISION NOT NULL,
        PRIMARY KEY (device_id, log_id, session_seq, seq, wearable_id, wearable_log_id, wearable_session)
    )""",
    """CREATE INDEX machine_evidence_by_wearable
        ON machine_evidence (wearable_id, wearable_log_id, wearable_session)""",
    """CREATE TABLE machine_decisions (        -- a person said whose a set is
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        session_seq BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        athlete_id TEXT,                      -- NULL: nobody's
        account_id TEXT NOT NULL,             -- who said so; '': the command line
        at_ms BIGINT NOT NULL,
        PRIMARY KEY (device_id, log_id, session_seq, seq)
    )""",
    "CREATE INDEX sessions_by_start ON sessions (start_ms)",
)

_FLEET = (
    """CREATE TABLE device_signals (           -- how strongly a device was last heard
        device_id TEXT NOT NULL PRIMARY KEY,
        rssi_dbm INTEGER NOT NULL,
        heard_ms BIGINT NOT NULL
    )""",
    """CREATE TABLE device_calibrations (
        device_id TEXT NOT NULL,
        at_ms BIGINT NOT NULL,
        note TEXT NOT NULL,
        PRIMARY KEY (device_id, at_ms)
    )""",
)

_CARDIO = (
    """CREATE TABLE cardio_machines (          -- which machine has this radio address
        address TEXT NOT NULL PRIMARY KEY,
        machine_id TEXT NOT NULL
    )""",
    """CREATE TABLE cardio_sessions (
        address TEXT NOT NULL,
        start_ms BIGINT NOT NULL,
        end_ms BIGINT NOT NULL,
        name TEXT NOT NULL,                   -- as the machine calls itself
        kind TEXT NOT NULL,                   -- treadmill, bike, rower
        machine_id TEXT,
        athlete_id TEXT,                      -- NULL: nobody had claimed it
        how TEXT NOT NULL,
        samples TEXT NOT NULL,                -- JSON: one a second
        PRIMARY KEY (address, start_ms)
    )""",
    "CREATE INDEX cardio_sessions_by_athlete ON cardio_sessions (athlete_id, start_ms)",
)

MIGRATIONS = (
    Migration("0001_machines", _FIRST),
    Migration("0002_fleet", _FLEET),
    Migration("0003_cardio", _CARDIO),
)
