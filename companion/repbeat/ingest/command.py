"""`repbeat rederive`."""

from __future__ import annotations

import time

import click

from repbeat.ingest import rederive as ingest_rederive
from repbeat.store import Database, devices, records
from repbeat.store.console import errors_shown, json_option, print_json, progress_bar
from repbeat.store.location import Location, database_option


@click.command()
@click.option("--device", help="Only the history of the device with this id.  [default: all]")
@json_option
@database_option
def rederive(device: str | None, as_json: bool, database: Location) -> None:
    """Compute sessions, sets and daily values anew from the raw records, by the formulas of this version."""
    with errors_shown(), Database(database) as db, progress_bar("reading records") as progress:
        wanted = devices.get(db, device).device_id if device else None
        total = sum(records.count(db, owner, log_id) for owner, log_id in records.logs(db, wanted))
        now_ms = time.time_ns() // 1_000_000
        done = ingest_rederive(db, now_ms, wanted, lambda count: progress(count, total))
    if as_json:
        print_json({"device": wanted, "records": done})
    else:
        click.echo(f"{done} records read; everything derived from them is new.")
