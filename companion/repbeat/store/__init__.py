"""The companion's store: a door (`Database`) and one module an area, functions that take the door first."""

from repbeat.store import athletes, clocks, devices, heart_blocks, plans, records, sessions, tallies, values
from repbeat.store.database import Database
from repbeat.store.errors import (
    NotFound,
    StoreBusy,
    StoreCorrupt,
    StoreError,
    StoreFull,
    StoreNewer,
    StoreNotEmpty,
    StoreNotWritable,
    StoreUnreachable,
)
from repbeat.store.location import default_path

__all__ = [
    "Database",
    "NotFound",
    "StoreBusy",
    "StoreCorrupt",
    "StoreError",
    "StoreFull",
    "StoreNewer",
    "StoreNotEmpty",
    "StoreNotWritable",
    "StoreUnreachable",
    "athletes",
    "clocks",
    "default_path",
    "devices",
    "heart_blocks",
    "plans",
    "records",
    "sessions",
    "tallies",
    "values",
]
