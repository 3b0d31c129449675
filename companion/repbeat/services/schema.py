"""The tables of connected services: keyed by the athlete, gone with the athlete."""

from __future__ import annotations

from repbeat.store.migrations import Migration

_FIRST = (
    """CREATE TABLE service_connections (
        athlete_id TEXT NOT NULL,
        service TEXT NOT NULL,
        settings TEXT NOT NULL,              -- JSON, nothing secret
        sealed_secret BLOB NOT NULL,         -- tokens, with the athlete's own key
        lookup TEXT NOT NULL,                -- hash of the secret of an address that others open; '': none
        since_ms BIGINT NOT NULL,
        state TEXT NOT NULL,                 -- connected, waiting, revoked
        problem TEXT NOT NULL,               -- why it waits, or was revoked
        tries INTEGER NOT NULL,              -- in a row that failed
        next_ms BIGINT NOT NULL,             -- not before
        PRIMARY KEY (athlete_id, service)
    )""",
    "CREATE INDEX service_connections_due ON service_connections (next_ms)",
    "CREATE INDEX service_connections_by_lookup ON service_connections (lookup)",
    """CREATE TABLE service_items (            -- what was sent, so that nothing is sent twice
        athlete_id TEXT NOT NULL,
        service TEXT NOT NULL,
        item TEXT NOT NULL,                  -- session/…, wellness/2026-11-25, state
        digest TEXT NOT NULL,                -- of the content that was sent
        state TEXT NOT NULL,                 -- sent, underway, refused
        remote TEXT NOT NULL,                -- the service's own name for it
        problem TEXT NOT NULL,
        at_ms BIGINT NOT NULL,
        PRIMARY KEY (athlete_id, service, item)
    )""",
    """CREATE TABLE planned_elsewhere (        -- workouts that a service plans for the athlete
        athlete_id TEXT NOT NULL,
        service TEXT NOT NULL,
        remote TEXT NOT NULL,
        day TEXT NOT NULL,
        name TEXT NOT NULL,
        description TEXT NOT NULL,
        duration_s INTEGER,
        PRIMARY KEY (athlete_id, service, remote)
    )""",
)

MIGRATIONS = (Migration("0001_services", _FIRST),)
