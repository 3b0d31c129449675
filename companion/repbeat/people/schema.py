"""The tables of people: accounts and their rights, athletes' decisions, and what was done with their data.

What an athlete decided is keyed by the athlete, what a device is to do by the device; accounts are few and
lie beside them.
"""

from __future__ import annotations

from repbeat.store.migrations import Migration

_FIRST = (
    """CREATE TABLE accounts (
        account_id TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL,
        name_key TEXT NOT NULL UNIQUE,       -- the name as it is compared
        password_hash TEXT NOT NULL,
        administrator INTEGER NOT NULL,
        created_ms BIGINT NOT NULL
    )""",
    """CREATE TABLE owners (                   -- whose data is it: the athlete's own account, or a guardian's
        athlete_id TEXT NOT NULL,
        account_id TEXT NOT NULL,
        since_ms BIGINT NOT NULL,
        PRIMARY KEY (athlete_id, account_id)
    )""",
    "CREATE INDEX owners_by_account ON owners (account_id)",
    """CREATE TABLE gyms (
        gym_id TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL
    )""",
    """CREATE TABLE training_groups (
        gym_id TEXT NOT NULL,
        group_id TEXT NOT NULL,
        name TEXT NOT NULL,
        PRIMARY KEY (gym_id, group_id)
    )""",
    """CREATE TABLE memberships (
        account_id TEXT NOT NULL,
        gym_id TEXT NOT NULL,
        group_id TEXT NOT NULL,              -- '': the gym as a whole
        role TEXT NOT NULL,                  -- athlete, coach, operator
        since_ms BIGINT NOT NULL,
        PRIMARY KEY (account_id, gym_id, group_id, role)
    )""",
    """CREATE TABLE gym_devices (
        device_id TEXT NOT NULL PRIMARY KEY,
        gym_id TEXT NOT NULL
    )""",
    """CREATE TABLE sign_ins (                 -- browsers that are signed in
        account_id TEXT NOT NULL,
        secret_hash TEXT NOT NULL,
        created_ms BIGINT NOT NULL,
        seen_ms BIGINT NOT NULL,
        agent TEXT NOT NULL,
        PRIMARY KEY (account_id, secret_hash)
    )""",
    "CREATE INDEX sign_ins_by_secret ON sign_ins (secret_hash)",
    """CREATE TABLE sign_in_failures (
        subject TEXT NOT NULL PRIMARY KEY,   -- hash of an account's name or of an address
        failures INTEGER NOT NULL,
        last_ms BIGINT NOT NULL
    )""",
    """CREATE TABLE tokens (
        account_id TEXT NOT NULL,
        token_id TEXT NOT NULL,
        name TEXT NOT NULL,
        secret_hash TEXT NOT NULL,
        scopes TEXT NOT NULL,                -- separated by spaces
        created_ms BIGINT NOT NULL,
        until_ms BIGINT,                     -- NULL: no end
        used_ms BIGINT,
        PRIMARY KEY (account_id, token_id)
    )""",
    "CREATE UNIQUE INDEX tokens_by_id ON tokens (token_id, account_id)",
    """CREATE TABLE consents (
        athlete_id TEXT NOT NULL,
        consent_id TEXT NOT NULL,
        grantee_kind TEXT NOT NULL,          -- account, group, gym, service
        grantee TEXT NOT NULL,
        scope TEXT NOT NULL,
        since_ms BIGINT NOT NULL,
        until_ms BIGINT,                     -- NULL: until revoked
        revoked_ms BIGINT,
        PRIMARY KEY (athlete_id, consent_id)
    )""",
    "CREATE INDEX consents_by_grantee ON consents (grantee_kind, grantee)",
    """CREATE TABLE visibility (               -- may only narrow what consent allows
        athlete_id TEXT NOT NULL,
        item TEXT NOT NULL,                  -- a kind of data, or a session
        level INTEGER NOT NULL,
        PRIMARY KEY (athlete_id, item)
    )""",
    """CREATE TABLE audit (
        athlete_id TEXT NOT NULL,
        audit_id TEXT NOT NULL,
        at_ms BIGINT NOT NULL,
        account_id TEXT NOT NULL,            -- '': not an account, see actor
        actor TEXT NOT NULL,                 -- account, token, command line, webhook, program
        action TEXT NOT NULL,
        detail TEXT NOT NULL,
        PRIMARY KEY (athlete_id, audit_id)
    )""",
    """CREATE TABLE vault_settings (
        name TEXT NOT NULL PRIMARY KEY,      -- salt: of the passphrase; check: tells a wrong master key
        value BLOB NOT NULL
    )""",
    """CREATE TABLE heart_keys (               -- each athlete's own key, wrapped by the master key
        athlete_id TEXT NOT NULL,            -- '': nobody's, for what is unclaimed
        key_id TEXT NOT NULL,
        wrapped BLOB NOT NULL,
        created_ms BIGINT NOT NULL,
        PRIMARY KEY (athlete_id, key_id)
    )""",
    """CREATE TABLE device_commands (
        device_id TEXT NOT NULL,
        command_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        created_ms BIGINT NOT NULL,
        done_ms BIGINT,                      -- NULL: waits for the device
        problem TEXT NOT NULL,
        PRIMARY KEY (device_id, command_id)
    )""",
    """CREATE TABLE webhooks (
        account_id TEXT NOT NULL,
        webhook_id TEXT NOT NULL,
        url TEXT NOT NULL,
        events TEXT NOT NULL,                -- separated by spaces
        sealed_secret BLOB NOT NULL,
        created_ms BIGINT NOT NULL,
        PRIMARY KEY (account_id, webhook_id)
    )""",
    """CREATE TABLE webhook_deliveries (
        account_id TEXT NOT NULL,
        webhook_id TEXT NOT NULL,
        delivery_id TEXT NOT NULL,
        athlete_id TEXT NOT NULL,
        event TEXT NOT NULL,
        body TEXT NOT NULL,
        tries INTEGER NOT NULL,
        next_ms BIGINT,                      -- NULL: delivered, or given up
        problem TEXT NOT NULL,
        PRIMARY KEY (account_id, webhook_id, delivery_id)
    )""",
    "CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_ms)",
)

_PREFERENCES = (
    """CREATE TABLE preferences (              -- how an account likes its pages; '': as the browser says
        account_id TEXT NOT NULL PRIMARY KEY,
        language TEXT NOT NULL,
        units TEXT NOT NULL,                 -- kg, lb
        decimal_mark TEXT NOT NULL,
        week_start TEXT NOT NULL,
        zone TEXT NOT NULL
    )""",
)

_QUIET = (  # HH:MM of the account's own zone, both '' without quiet hours
    "ALTER TABLE preferences ADD COLUMN quiet_from TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE preferences ADD COLUMN quiet_until TEXT NOT NULL DEFAULT ''",
)

_PLACES = (
    # '': all whom the account may see; a gym, or gym_id/group_id: what was consented to that place alone
    "ALTER TABLE webhooks ADD COLUMN place TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE webhook_deliveries ADD COLUMN queued_ms BIGINT",  # NULL: before this was kept
    "ALTER TABLE webhook_deliveries ADD COLUMN tried_ms BIGINT",  # NULL: not yet
)

_WORKPLACE = (  # 1: of a workplace, where nothing of one person is shown to anybody
    "ALTER TABLE training_groups ADD COLUMN workplace INTEGER NOT NULL DEFAULT 0",
)

_DETAIL = ("ALTER TABLE device_commands ADD COLUMN detail TEXT NOT NULL DEFAULT ''",)  # as its kind needs

MIGRATIONS = (
    Migration("0001_people", _FIRST),
    Migration("0002_preferences", _PREFERENCES),
    Migration("0003_quiet_hours", _QUIET),
    Migration("0004_webhook_places", _PLACES),
    Migration("0005_workplace", _WORKPLACE),
    Migration("0006_command_detail", _DETAIL),
)
