"""The tables, as migrations: a released one is never changed, a new one is added.

Keys begin with the device or the athlete, so that a distributed database can shard by them. Records are the
truth; what comes below `clocks` can be derived from them anew, but for the plans, which are decisions.
Sequence numbers, log ids and times have 64 bits. WITHOUT ROWID is SQLite's own word: rows then live inside
their key's tree, once instead of twice.
"""

from __future__ import annotations

from repbeat.store import tallies
from repbeat.store.migrations import Migration
from repbeat.store.to_blocks import find_ranges, move_records

_FIRST = (
    """CREATE TABLE athletes (
        athlete_id TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        tag BIGINT NOT NULL UNIQUE,          -- 32 bits, names the athlete inside plans on devices
        resting_bpm INTEGER NOT NULL,        -- 0: not known
        max_bpm INTEGER NOT NULL,
        utc_offset_min INTEGER NOT NULL,
        created_ms BIGINT NOT NULL
    )""",
    """CREATE TABLE devices (
        device_id TEXT NOT NULL PRIMARY KEY, -- 16 hex digits
        name TEXT NOT NULL,
        role TEXT NOT NULL,
        address TEXT NOT NULL,
        log_id BIGINT,                       -- the log it writes now
        head_seq BIGINT,                     -- the sequence number it will give next, when last seen
        boot INTEGER,
        plan_revision BIGINT NOT NULL,
        firmware TEXT NOT NULL,
        battery_percent INTEGER,
        battery_mv INTEGER,
        charging INTEGER,
        battery_log_id BIGINT,
        battery_seq BIGINT,                  -- the record that said so
        last_seen_ms BIGINT,
        last_sync_ms BIGINT,                 -- when everything the device had was last here
        problem TEXT NOT NULL                -- why the last sync ended early; empty: it did not
    )""",
    """CREATE TABLE device_athletes (          -- whose records are they, from which one on
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        first_seq BIGINT NOT NULL,
        athlete_id TEXT,                     -- NULL: nobody's
        PRIMARY KEY (device_id, log_id, first_seq)
    )""",
    """CREATE TABLE logs (
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        next_seq BIGINT NOT NULL,            -- the cursor: all below is stored or a named gap
        first_seen_ms BIGINT NOT NULL,
        PRIMARY KEY (device_id, log_id)
    )""",
    """CREATE TABLE records (
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        type INTEGER NOT NULL,
        version INTEGER NOT NULL,
        boot INTEGER NOT NULL,
        uptime_ms BIGINT NOT NULL,
        raw BLOB NOT NULL,                   -- header, payload and CRC as they came
        PRIMARY KEY (device_id, log_id, seq)
    ) WITHOUT ROWID""",
    """CREATE TABLE gaps (                     -- what the device no longer had when it was asked
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        first_seq BIGINT NOT NULL,
        next_seq BIGINT NOT NULL,
        why TEXT NOT NULL,
        noted_ms BIGINT NOT NULL,
        PRIMARY KEY (device_id, log_id, first_seq)
    ) WITHOUT ROWID""",
    """CREATE TABLE flags (                    -- records kept although something is odd about them
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        flag TEXT NOT NULL,
        detail TEXT NOT NULL,
        PRIMARY KEY (device_id, log_id, seq, flag)
    ) WITHOUT ROWID""",
    """CREATE TABLE clocks (                   -- uptime of a boot = this moment
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        boot INTEGER NOT NULL,
        seq BIGINT NOT NULL,
        uptime_ms BIGINT NOT NULL,
        unix_ms BIGINT NOT NULL,
        uncertainty_ms INTEGER NOT NULL,
        utc_offset_min INTEGER NOT NULL,
        source INTEGER NOT NULL,
        received_ms BIGINT NOT NULL,
        refused TEXT NOT NULL,               -- why it is not believed; empty: it is
        PRIMARY KEY (device_id, log_id, boot, seq)
    ) WITHOUT ROWID""",
    """CREATE TABLE losses (                   -- the device's own account of what it overwrote
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        first_seq BIGINT NOT NULL,
        count BIGINT NOT NULL,
        what INTEGER NOT NULL,
        PRIMARY KEY (device_id, log_id, seq)
    ) WITHOUT ROWID""",
    """CREATE TABLE sessions (
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        session_seq BIGINT NOT NULL,
        athlete_id TEXT,                     -- NULL: unclaimed
        start_seq BIGINT,                    -- NULL: its SESSION start record is not here
        end_seq BIGINT,                      -- NULL: it has not ended
        boot INTEGER NOT NULL,               -- of its start
        uptime_ms BIGINT NOT NULL,
        end_boot INTEGER,
        end_uptime_ms BIGINT,
        start_ms BIGINT,                     -- NULL: no clock known for its boot
        utc_offset_min INTEGER,
        uncertainty_ms INTEGER,
        duration_s BIGINT,
        plan_revision BIGINT NOT NULL,
        resting_bpm INTEGER NOT NULL,        -- latched by the device at the start
        max_bpm INTEGER NOT NULL,
        rpe INTEGER,                         -- NULL: not asked or not answered
        PRIMARY KEY (device_id, log_id, session_seq)
    )""",
    "CREATE INDEX sessions_by_athlete ON sessions (athlete_id, start_ms)",
    "CREATE INDEX sessions_by_boot ON sessions (device_id, log_id, boot, uptime_ms)",
    """CREATE TABLE sets (
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        session_seq BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        boot INTEGER NOT NULL,
        end_uptime_ms BIGINT NOT NULL,
        set_index INTEGER NOT NULL,
        plan_revision BIGINT NOT NULL,
        plan_item INTEGER,                   -- NULL: not from a plan
        exercise INTEGER NOT NULL,
        reps INTEGER NOT NULL,
        reps_low INTEGER NOT NULL,
        reps_high INTEGER NOT NULL,
        rejected INTEGER NOT NULL,
        load_g BIGINT NOT NULL,
        duration_ms BIGINT NOT NULL,
        rest_before_s INTEGER NOT NULL,
        velocity_loss_permille INTEGER NOT NULL,
        form_partial INTEGER NOT NULL,
        form_fast INTEGER NOT NULL,
        form_turn INTEGER NOT NULL,
        form_uneven INTEGER NOT NULL,
        form_abrupt INTEGER NOT NULL,
        form_asymmetric INTEGER NOT NULL,
        end_reason INTEGER NOT NULL,
        PRIMARY KEY (device_id, log_id, session_seq, seq)
    ) WITHOUT ROWID""",
    """CREATE TABLE reps (
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        session_seq BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        boot INTEGER NOT NULL,
        end_uptime_ms BIGINT NOT NULL,
        set_index INTEGER NOT NULL,
        rep_index INTEGER NOT NULL,
        exercise INTEGER NOT NULL,
        concentric_ms INTEGER NOT NULL,
        pause_ms INTEGER NOT NULL,
        eccentric_ms INTEGER NOT NULL,
        range_mg INTEGER NOT NULL,
        range_permille INTEGER NOT NULL,
        mean_velocity_mm_s INTEGER NOT NULL,
        peak_velocity_mm_s INTEGER NOT NULL,
        form_bits INTEGER NOT NULL,
        confidence INTEGER NOT NULL,
        reject_reason INTEGER NOT NULL,      -- 0: counted
        PRIMARY KEY (device_id, log_id, session_seq, seq)
    ) WITHOUT ROWID""",
    """CREATE TABLE strain (
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        session_seq BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        resting_bpm INTEGER NOT NULL,
        max_bpm INTEGER NOT NULL,
        zone0_s BIGINT NOT NULL,
        zone1_s BIGINT NOT NULL,
        zone2_s BIGINT NOT NULL,
        zone3_s BIGINT NOT NULL,
        zone4_s BIGINT NOT NULL,
        zone5_s BIGINT NOT NULL,
        trimp_x100 BIGINT NOT NULL,
        strain_x10 INTEGER NOT NULL,
        strain_version INTEGER NOT NULL,
        muscular_x10 BIGINT NOT NULL,
        PRIMARY KEY (device_id, log_id, session_seq, seq)
    ) WITHOUT ROWID""",
    """CREATE TABLE heart_blocks (             -- when a HEART or RR record was; its samples stay there
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        boot INTEGER NOT NULL,
        uptime_ms BIGINT NOT NULL,           -- of its first sample
        seq BIGINT NOT NULL,
        type INTEGER NOT NULL,
        source INTEGER NOT NULL,
        samples INTEGER NOT NULL,
        duration_ms BIGINT NOT NULL,
        start_ms BIGINT,
        utc_offset_min INTEGER,
        uncertainty_ms INTEGER,
        PRIMARY KEY (device_id, log_id, boot, uptime_ms, seq)
    ) WITHOUT ROWID""",
    """CREATE TABLE session_values (           -- derived, each by a formula of a version
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        session_seq BIGINT NOT NULL,
        formula TEXT NOT NULL,
        version INTEGER NOT NULL,
        value TEXT NOT NULL,                 -- JSON
        PRIMARY KEY (device_id, log_id, session_seq, formula)
    ) WITHOUT ROWID""",
    """CREATE TABLE day_values (
        athlete_id TEXT NOT NULL,
        day TEXT NOT NULL,                   -- the athlete's own calendar day, 2026-11-25
        formula TEXT NOT NULL,
        version INTEGER NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (athlete_id, day, formula)
    ) WITHOUT ROWID""",
    """CREATE TABLE plans (
        athlete_id TEXT NOT NULL,
        revision BIGINT NOT NULL,
        previous_revision BIGINT,
        created_ms BIGINT NOT NULL,
        origin TEXT NOT NULL,                -- person, planner
        status TEXT NOT NULL,                -- proposed, pending, pushed, applied, refused, superseded
        reason TEXT NOT NULL,                -- why it was refused
        content BLOB NOT NULL,               -- repbeat_protocol.plan, as it goes to the device
        PRIMARY KEY (athlete_id, revision)
    )""",
    """CREATE TABLE plan_changes (
        athlete_id TEXT NOT NULL,
        revision BIGINT NOT NULL,
        number INTEGER NOT NULL,
        item INTEGER NOT NULL,
        exercise INTEGER NOT NULL,
        field TEXT NOT NULL,
        old BIGINT NOT NULL,
        new BIGINT NOT NULL,
        rule TEXT NOT NULL,
        version INTEGER NOT NULL,
        why TEXT NOT NULL,
        inputs TEXT NOT NULL,                -- JSON
        PRIMARY KEY (athlete_id, revision, number)
    )""",
    """CREATE TABLE plan_deliveries (          -- what a device said about a plan, read back from its log
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        revision BIGINT NOT NULL,
        previous_revision BIGINT NOT NULL,
        outcome INTEGER NOT NULL,
        reason INTEGER NOT NULL,
        digest8 TEXT NOT NULL,               -- first 8 bytes of the content's SHA-256, hex
        PRIMARY KEY (device_id, log_id, seq)
    )""",
)


# Raw records a row each took four fifths of the file. Repetitions and the index of heart records said again
# what the records say: both are read from the blocks now.
_BLOCKS = (
    """CREATE TABLE blocks (                   -- raw records in a row, see repbeat.store.packing
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        first_seq BIGINT NOT NULL,
        next_seq BIGINT NOT NULL,
        boot INTEGER NOT NULL,
        heart_from_ms BIGINT,                -- uptimes that its HEART and RR records cover; NULL: it has none
        heart_until_ms BIGINT,
        log BLOB NOT NULL,
        heart BLOB,
        PRIMARY KEY (device_id, log_id, first_seq)
    )""",
    "CREATE INDEX blocks_by_heart ON blocks (device_id, log_id, boot, heart_until_ms)",
    move_records,
    "DROP TABLE records",
    # The numbers of the first and last record that name a session: its repetitions lie between.
    "ALTER TABLE sessions ADD COLUMN first_seq BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE sessions ADD COLUMN last_seq BIGINT NOT NULL DEFAULT 0",
    find_ranges,
    "DROP TABLE reps",
    "DROP TABLE heart_blocks",
    # Trends are computed from the days' loads when they are asked for.
    "DELETE FROM day_values WHERE formula = 'day_trend'",
)

# Most blocks have no heart records; they take no room in this index any more.
_HEART_INDEX = (
    "DROP INDEX blocks_by_heart",
    """CREATE INDEX blocks_by_heart ON blocks (device_id, log_id, boot, heart_until_ms)
       WHERE heart_until_ms IS NOT NULL""",
)

# So that an erasure reaches what was copied before it.
_BACKUPS = (
    """CREATE TABLE backups (
        path TEXT NOT NULL PRIMARY KEY,      -- on the machine that wrote it
        made_ms BIGINT NOT NULL
    )""",
)

_MEASURED = (
    """CREATE TABLE recoveries (               -- how far the heart rate fell in the minute after a set
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        session_seq BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        boot INTEGER NOT NULL,
        start_uptime_ms BIGINT NOT NULL,
        set_index INTEGER NOT NULL,
        drop_bpm INTEGER NOT NULL,
        PRIMARY KEY (device_id, log_id, session_seq, seq)
    ) WITHOUT ROWID""",
    """CREATE TABLE breathings (               -- paced breathing, a minute before and one after
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        in_session BIGINT,                   -- NULL: it stood by itself
        boot INTEGER NOT NULL,
        end_uptime_ms BIGINT NOT NULL,
        paced_s INTEGER NOT NULL,            -- 0: given up before
        breaths_x10 INTEGER NOT NULL,
        before_bpm_x10 INTEGER,              -- NULL: no figure
        before_rmssd_x10 INTEGER,
        before_kept_permille INTEGER,
        after_bpm_x10 INTEGER,
        after_rmssd_x10 INTEGER,
        after_kept_permille INTEGER,
        PRIMARY KEY (device_id, log_id, seq)
    ) WITHOUT ROWID""",
)

_CALIBRATIONS = (
    """CREATE TABLE calibrations (             -- CALIBRATION records: steps on a machine
        device_id TEXT NOT NULL,
        log_id BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        boot INTEGER NOT NULL,
        uptime_ms BIGINT NOT NULL,
        stage INTEGER NOT NULL,
        outcome INTEGER NOT NULL,
        plate INTEGER NOT NULL,
        top_mm INTEGER NOT NULL,
        step_um INTEGER NOT NULL,
        first_g INTEGER NOT NULL,
        step_g INTEGER NOT NULL,
        range_mm INTEGER NOT NULL,
        PRIMARY KEY (device_id, log_id, seq)
    )""",
)

_RECEIVED = (
    # Payload that came over the air; what came before this migration was not counted.
    "ALTER TABLE devices ADD COLUMN received_bytes BIGINT NOT NULL DEFAULT 0",
)

_OXYGEN = (
    """CREATE TABLE oxygen_sensors (           -- who wears the muscle oxygen sensor with this radio address
        address TEXT NOT NULL PRIMARY KEY,
        athlete_id TEXT NOT NULL
    )""",
    """CREATE TABLE oxygen_streams (
        athlete_id TEXT NOT NULL,
        address TEXT NOT NULL,
        start_ms BIGINT NOT NULL,
        end_ms BIGINT NOT NULL,
        sealed BLOB NOT NULL,                -- samples, packed, with the athlete's key
        PRIMARY KEY (athlete_id, address, start_ms)
    ) WITHOUT ROWID""",
    "CREATE INDEX oxygen_streams_by_time ON oxygen_streams (athlete_id, start_ms)",
)

# Streaks, badges and records read years: see repbeat.store.tallies.
_TALLIES = (
    """CREATE TABLE day_tallies (
        athlete_id TEXT NOT NULL,
        day BIGINT NOT NULL,                 -- since 1970, where the athlete then was
        first_ms BIGINT NOT NULL,
        sessions BIGINT NOT NULL,
        repetitions BIGINT NOT NULL,
        moved_g BIGINT NOT NULL,             -- load times repetitions
        PRIMARY KEY (athlete_id, day)
    ) WITHOUT ROWID""",
    """CREATE TABLE period_tallies (           -- the same of 28 days
        athlete_id TEXT NOT NULL,
        period BIGINT NOT NULL,
        first_day BIGINT NOT NULL,
        first_ms BIGINT NOT NULL,
        sessions BIGINT NOT NULL,
        repetitions BIGINT NOT NULL,
        moved_g BIGINT NOT NULL,
        PRIMARY KEY (athlete_id, period)
    ) WITHOUT ROWID""",
    """CREATE TABLE first_sets (               -- when a set like it was first done
        athlete_id TEXT NOT NULL,
        exercise INTEGER NOT NULL,
        load_g BIGINT NOT NULL,
        reps INTEGER NOT NULL,
        start_ms BIGINT NOT NULL,            -- of its session
        day BIGINT NOT NULL,
        PRIMARY KEY (athlete_id, exercise, load_g, reps)
    ) WITHOUT ROWID""",
    "CREATE INDEX first_sets_by_day ON first_sets (athlete_id, day)",
    tallies.refresh_all,
)

MIGRATIONS = (
    Migration("0001_first", _FIRST),
    Migration("0002_blocks", _BLOCKS),
    Migration("0003_heart_index", _HEART_INDEX),
    Migration("0004_backups", _BACKUPS),
    Migration("0005_measured", _MEASURED),
    Migration("0006_calibrations", _CALIBRATIONS),
    Migration("0007_received", _RECEIVED),
    Migration("0009_oxygen", _OXYGEN),
    Migration("0010_tallies", _TALLIES),
)
