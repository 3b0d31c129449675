"""`repbeat rederive`."""

from __future__ import annotations

import sys
import time

import click
from rich.console import Console
from rich.progress import Progress

from repbeat.ingest import rederive as ingest_rederive
from repbeat.store import Database, devices, records
from repbeat.store.console import errors_shown, json_option, print_json
from repbeat.store.location import Location, database_option


@click.command()
@click.option("--device", help="Only the history of the device with this id.  [default: all]")
@json_option
@database_option
def rederive(device: str | None, as_json: bool, database: Location) -> None:
    """Compute sessions, sets and daily values anew from the raw records, by the formulas of this version."""
    with (
        errors_shown(),
        Database(database) as db,
        Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar,
    ):
        wanted = devices.get(db, device).device_id if device else None
        total = sum(records.count(db, owner, log_id) for owner, log_id in records.logs(db, wanted))
        task = bar.add_task("reading records", total=total)
        done = ingest_rederive(
            db, time.time_ns() // 1_000_000, wanted, lambda count: bar.update(task, completed=count)
        )
    if as_json:
        print_json({"device": wanted, "records": done})
    else:
        click.echo(f"{done} records read; everything derived from them is new.")
