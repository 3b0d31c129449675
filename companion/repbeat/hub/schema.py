"""The table by which processes of one database tell each other what devices do now."""

from __future__ import annotations

from repbeat.store.migrations import Migration

_FIRST = (
    """CREATE TABLE live_now (                 -- one row for each device that a hub is connected to
        device_id TEXT NOT NULL PRIMARY KEY,
        hub TEXT NOT NULL,                   -- which process's, a name drawn at its start
        beat BIGINT NOT NULL,                -- moves while the hub lives, whatever its clock says
        sealed BLOB NOT NULL                 -- hub.board.State as JSON, with the wearer's key
    )""",
)

MIGRATIONS = (Migration("0001_live_now", _FIRST),)
