"""`repbeat fleet`: how a gym's devices are, batteries, names, labels, updates in stages."""

from __future__ import annotations

import asyncio
import csv
from pathlib import Path
from typing import TextIO

import click
import msgspec

from repbeat.gym import fleet as fleet_
from repbeat.gym import labels as labels_
from repbeat.gym import machines, rollout
from repbeat.gym.calibrate_command import calibrate
from repbeat.hub import update as update_
from repbeat.hub.errors import HubError
from repbeat.hub.hub import Hub
from repbeat.hub.keys import DeviceKeys, path_for
from repbeat.paper import NoPdf
from repbeat.store import Database, NotFound, devices
from repbeat.store.console import errors_shown, json_option, listing, now_ms, print_json, progress_bar
from repbeat.store.location import Location, database_option
from repbeat_protocol import bundle

HOUR_S, DAY_H = 3600, 24


@click.group(invoke_without_command=True)
@json_option
@database_option
@click.pass_context
def fleet(context: click.Context, as_json: bool, database: Location) -> None:
    """Every device: battery, last heard and how strongly, firmware and clock drift, age of its calibration.

    Sets of all time, those in the pool of what nobody claimed, and minutes in use of the last seven days;
    then what to look after.
    """
    context.obj = database
    if context.invoked_subcommand is not None:
        return
    with errors_shown(), Database(database) as db:
        found = fleet_.lines(db, now_ms())
    if as_json:
        shown = [{**msgspec.to_builtins(line), "stale": line.stale} for line in found]
        print_json({"devices": shown, "stale": sum(line.stale for line in found)})
        return
    if not found:
        click.echo("No devices yet: `repbeat devices claim`, and hold a device's button for a second.")
        return
    rows = [
        (
            f"{line.name}\n{line.machine or 'on no machine'}",
            _with(line.battery_percent, "%d %%"),
            _lines(
                "never" if line.seen_age_s is None else _age(line.seen_age_s),
                _with(line.signal_dbm, "%d dBm"),
            ),
            _lines(line.firmware or None, _with(line.drift_ppm, "%+.0f ppm")),
            None if line.calibration_age_s is None else _age(line.calibration_age_s),
            f"{line.sets}\n{line.unclaimed} in pool\n{line.minutes_in_use:.0f} min",
            "; ".join(line.warnings),
        )
        for line in found
    ]
    listing(rows, "device", "battery", "heard", "firmware", "calibrated", "sets", "look after")


@fleet.command()
@json_option
@click.pass_obj
def battery(database: Location, as_json: bool) -> None:
    """How fast each battery goes, how long it will last, and how often it was charged in 30 days.

    Received: bytes of payload that came over the air to this computer, in all.
    """
    with errors_shown(), Database(database) as db:
        found = fleet_.batteries(db, now_ms())
    if as_json:
        print_json({"batteries": msgspec.to_builtins(found)})
        return
    rows = [
        (
            one.name,
            _with(one.percent, "%d %%"),
            _with(one.percent_a_day, "%.1f %%"),
            _with(one.days_left, "%.0f days"),
            f"{one.charges} times",
            f"{one.received_bytes / 1000:.1f} kB",
        )
        for one in found
    ]
    listing(rows, "name", "charge", "a day", "lasts", "charged", "received")


@fleet.command()
@click.argument("names", type=click.File(), default="-")
@json_option
@click.pass_obj
def name(database: Location, names: TextIO, as_json: bool) -> None:
    """Name many devices at once: lines of `device_id,name` in a file, or on standard input."""
    rows = [row for row in csv.reader(names) if row]
    with errors_shown(), Database(database) as db:
        wrong = [",".join(row) for row in rows if len(row) != 2 or not row[1].strip()]
        if wrong:
            raise click.ClickException(f"each line is `device_id,name`; these are not: {'; '.join(wrong)}")
        with db.atomic():  # all or none
            for device_id, wanted in rows:
                devices.rename(db, device_id.strip(), wanted.strip())
    if as_json:
        print_json({"named": len(rows)})
    else:
        click.echo(f"{len(rows)} devices named.")


@fleet.command()
@click.argument("device_id", metavar="DEVICE")
@click.option("--note", default="", help="What was done: stack step, pin positions.")
@click.pass_obj
def calibrated(database: Location, device_id: str, note: str) -> None:
    """Note that a sensor was set up on its machine by hand today; `calibrate` needs no such note."""
    with errors_shown(), Database(database) as db:
        fleet_.calibrated(db, device_id, now_ms(), note)


@fleet.command()
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("labels.pdf"),
    show_default=True,
    help="The PDF to write.",
)
@click.option("--url", required=True, help="Where the companion's pages are, as phones reach them.")
@click.option("--machine", "only", multiple=True, metavar="MACHINE", help="Only this one; may be repeated.")
@click.pass_obj
def labels(database: Location, out: Path, url: str, only: tuple[str, ...]) -> None:
    """Write a sheet of labels with each machine's name and QR code (A4, 14 labels of 99.1 × 38.1 mm)."""
    with errors_shown(labels_.NoLabels, NoPdf, NotFound), Database(database) as db:
        found = [machines.get(db, one) for one in only] or machines.every(db)
        content = labels_.sheet(found, url)
    out.write_bytes(content)
    click.echo(f"{len(found)} labels in {out}")


@fleet.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--role", default="stack", show_default=True, help="Devices of this role.")
@click.option(
    "--stage",
    "sizes",
    multiple=True,
    type=click.IntRange(1),
    help="Devices of each stage but the last.  [1, 5]",
)
@click.option("--failures", type=click.IntRange(0), default=0, show_default=True, help="Allowed in a stage.")
@json_option
@click.pass_obj
def update(
    database: Location, file: Path, role: str, sizes: tuple[int, ...], failures: int, as_json: bool
) -> None:
    """Roll a signed bundle out in stages: one device, five, all others; halt when one does not run it.

    Devices that run its version already are left out. Exit code 1 when it halted.
    """
    with errors_shown(HubError), Database(database) as db:
        content, found = update_.read(file)
        version = bundle.version_text(found.version)
        wanted = [one.device_id for one in devices.every(db) if one.role == role and one.firmware != version]

        async def bring(device_id: str) -> update_.Updated:
            hub = Hub(db, keys=DeviceKeys(path_for(database)))
            with progress_bar(device_id) as seen:
                return await update_.bring(hub, device_id, content, version, seen)

        def tell(step: rollout.Step) -> None:
            click.echo(
                f"stage {step.stage}: {step.device_id} {step.outcome} {step.problem}".rstrip(), err=True
            )

        done = asyncio.run(rollout.roll_out(wanted, bring, sizes or rollout.STAGES, failures, tell))
    if as_json:
        print_json({"version": version, **msgspec.to_builtins(done)})
    else:
        click.echo(done.halted or f"{len(done.steps)} devices have {version}.")
    if done.halted:
        raise click.exceptions.Exit(1)


fleet.add_command(calibrate)


def _lines(*cells: str | None) -> str | None:
    """Under each other in one cell, without those that are not known."""
    return "\n".join(cell for cell in cells if cell is not None) or None


def _age(seconds: float) -> str:
    hours = seconds / HOUR_S
    return f"{hours:.1f} h ago" if hours < 2 * DAY_H else f"{hours / DAY_H:.0f} days ago"


def _with(value: float | None, form: str) -> str | None:
    return None if value is None else form % value
