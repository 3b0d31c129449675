"""The tables of training together: what athletes chose is keyed by the athlete and gone with the athlete."""

from __future__ import annotations

from repbeat.store.migrations import Migration

_FIRST = (
    """CREATE TABLE group_invites (
        gym_id TEXT NOT NULL,
        group_id TEXT NOT NULL,
        invite_hash TEXT NOT NULL UNIQUE,
        role TEXT NOT NULL,
        created_ms BIGINT NOT NULL,
        until_ms BIGINT NOT NULL,
        uses_left INTEGER NOT NULL,
        PRIMARY KEY (gym_id, group_id, invite_hash)
    )""",
    """CREATE TABLE nicknames (                -- how an athlete is called in a group
        athlete_id TEXT NOT NULL,
        gym_id TEXT NOT NULL,
        group_id TEXT NOT NULL,
        nickname TEXT NOT NULL,
        PRIMARY KEY (athlete_id, gym_id, group_id)
    )""",
    """CREATE TABLE board_entries (            -- who asked to be ranked, where, by what
        athlete_id TEXT NOT NULL,
        gym_id TEXT NOT NULL,
        group_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        since_ms BIGINT NOT NULL,
        PRIMARY KEY (athlete_id, gym_id, group_id, kind)
    )""",
    "CREATE INDEX board_entries_by_group ON board_entries (gym_id, group_id, kind)",
    """CREATE TABLE motivation (
        athlete_id TEXT NOT NULL PRIMARY KEY,
        hidden INTEGER NOT NULL,             -- 1: no streaks, badges and boards anywhere
        weekdays INTEGER NOT NULL,           -- training days where no programme says: bit 0 is Monday
        since_day TEXT NOT NULL              -- from when they hold
    )""",
    """CREATE TABLE days_off (                 -- called off: ill, hurt, travelling
        athlete_id TEXT NOT NULL,
        day TEXT NOT NULL,
        why TEXT NOT NULL,
        PRIMARY KEY (athlete_id, day)
    )""",
    """CREATE TABLE recovery_log (
        athlete_id TEXT NOT NULL,
        entry_id TEXT NOT NULL,
        day TEXT NOT NULL,
        modality TEXT NOT NULL,
        minutes INTEGER NOT NULL,
        note TEXT NOT NULL,
        PRIMARY KEY (athlete_id, entry_id)
    )""",
    """CREATE TABLE encouragements (
        athlete_id TEXT NOT NULL,            -- to whom
        note_id TEXT NOT NULL,
        from_account TEXT NOT NULL,
        at_ms BIGINT NOT NULL,
        text TEXT NOT NULL,
        reported_ms BIGINT,                  -- NULL: not reported
        PRIMARY KEY (athlete_id, note_id)
    )""",
    """CREATE TABLE blocked_senders (
        athlete_id TEXT NOT NULL,
        account_id TEXT NOT NULL,
        since_ms BIGINT NOT NULL,
        PRIMARY KEY (athlete_id, account_id)
    )""",
    """CREATE TABLE group_figures (            -- published once, see aggregates.py
        gym_id TEXT NOT NULL,
        group_id TEXT NOT NULL,
        week TEXT NOT NULL,
        figure TEXT NOT NULL,
        part TEXT NOT NULL,
        mean DOUBLE PRECISION,               -- NULL: too few
        members INTEGER NOT NULL,
        PRIMARY KEY (gym_id, group_id, week, figure, part)
    )""",
)

_SHARED = (
    """CREATE TABLE shared_sessions (
        code TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL,
        host TEXT NOT NULL,                  -- '': hosted here
        host_key TEXT NOT NULL,
        created_ms BIGINT NOT NULL,
        start_ms BIGINT,                     -- of this companion's clock
        ended_ms BIGINT,
        offset_ms BIGINT NOT NULL,           -- the host's clock minus this one
        seen_number BIGINT NOT NULL,
        problem TEXT NOT NULL
    )""",
    """CREATE TABLE shared_members (
        code TEXT NOT NULL,
        member_id TEXT NOT NULL,
        nickname TEXT NOT NULL,
        language TEXT NOT NULL,
        companion TEXT NOT NULL,             -- its public key
        athlete_id TEXT,                     -- NULL: at home elsewhere
        leaving INTEGER NOT NULL,
        PRIMARY KEY (code, member_id)
    )""",
    "CREATE INDEX shared_members_by_athlete ON shared_members (athlete_id)",
    """CREATE TABLE shared_events (
        code TEXT NOT NULL,
        member_id TEXT NOT NULL,
        counter BIGINT NOT NULL,             -- the member's companion's
        at_ms BIGINT NOT NULL,
        number BIGINT,                       -- the host's; NULL: it has it not yet
        report TEXT NOT NULL,
        PRIMARY KEY (code, member_id, counter)
    )""",
    "CREATE INDEX shared_events_by_number ON shared_events (code, number)",
)

_CHALLENGES = (
    """CREATE TABLE challenges (
        gym_id TEXT NOT NULL,
        group_id TEXT NOT NULL,
        challenge_id TEXT NOT NULL,
        name TEXT NOT NULL,
        counts TEXT NOT NULL,
        teams TEXT NOT NULL,                 -- their names, as JSON
        first_day TEXT NOT NULL,
        last_day TEXT NOT NULL,
        typed_counts INTEGER NOT NULL,       -- 1: what came from files counts too
        PRIMARY KEY (gym_id, group_id, challenge_id)
    )""",
    """CREATE TABLE challenge_members (
        athlete_id TEXT NOT NULL,
        gym_id TEXT NOT NULL,
        group_id TEXT NOT NULL,
        challenge_id TEXT NOT NULL,
        team INTEGER NOT NULL,
        PRIMARY KEY (athlete_id, gym_id, group_id, challenge_id)
    )""",
    "CREATE INDEX challenge_members_by_challenge ON challenge_members (challenge_id)",
)

_BREATHING = ("ALTER TABLE shared_sessions ADD COLUMN kind TEXT NOT NULL DEFAULT 'training'",)

MIGRATIONS = (
    Migration("0001_community", _FIRST),
    Migration("0002_shared", _SHARED),
    Migration("0003_challenges", _CHALLENGES),
    Migration("0004_breathing", _BREATHING),
)
