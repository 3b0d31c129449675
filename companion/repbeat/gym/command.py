"""`repbeat machines`: machines, their sensors, claims, and the pool of sets that nobody has claimed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click
import msgspec

from repbeat.gym import attribution, claims, desk, evidence, machines, sets
from repbeat.gym import cardio as cardio_
from repbeat.people.errors import PeopleError
from repbeat.store import Database, athletes
from repbeat.store.console import errors_shown, json_option, now_ms, print_json
from repbeat.store.location import Location, database_option
from repbeat_protocol import exercises

MACHINE = click.argument("machine_id", metavar="MACHINE")


@click.group("machines", invoke_without_command=True)
@json_option
@database_option
@click.pass_context
def machines_(context: click.Context, as_json: bool, database: Location) -> None:
    """The gym's machines: sensor, who is on each, sets counted and sets in the pool."""
    context.obj = database
    if context.invoked_subcommand is not None:
        return
    with errors_shown(), Database(database) as db:
        sensors = machines.sensors(db)
        shown = [_machine(db, one, sensors.get(one.machine_id)) for one in machines.every(db)]
    if as_json:
        print_json({"machines": shown})
        return
    if not shown:
        click.echo("No machines yet: `repbeat machines add NAME`, then `repbeat machines mount`.")
    for one in shown:
        click.echo(f"{one['machine_id']}  {one['name']}: sensor {one['sensor'] or 'none'}")
        click.echo(f"  {one['sets']} sets, {one['unclaimed']} of them unclaimed")


@machines_.command()
@click.argument("name")
@click.option("--exercise", type=click.Choice(sorted(exercises.CODES)), help="What is done on it.")
@click.option("--gym", "gym_id", default="home", show_default=True, help="In which gym it stands.")
@click.option(
    "--timeout",
    "timeout_s",
    type=click.IntRange(30, 3600),
    default=claims.TIMEOUT_S,
    show_default=True,
    help="Seconds after a set until its claim ends.",
)
@json_option
@click.pass_obj
def add(
    database: Location, name: str, exercise: str | None, gym_id: str, timeout_s: int, as_json: bool
) -> None:
    """A new machine; prints its id, which its QR code will hold."""
    with errors_shown(PeopleError), Database(database) as db:
        made = machines.add(
            db,
            name,
            now_ms(),
            gym_id=gym_id,
            exercise=exercises.code(exercise) if exercise else exercises.UNKNOWN,
            timeout_s=timeout_s,
        )
    if as_json:
        print_json(msgspec.to_builtins(made))
    else:
        click.echo(made.machine_id)


@machines_.command()
@MACHINE
@click.argument("device_id", metavar="DEVICE")
@click.option("--off", is_flag=True, help="The sensor is taken off the machine.")
@click.pass_obj
def mount(database: Location, machine_id: str, device_id: str, off: bool) -> None:
    """Say that a sensor sits on a machine; its first mount holds for all that it has recorded."""
    with errors_shown(), Database(database) as db:
        machines.get(db, machine_id)
        first = not machines.mounts(db, device_id)
        machines.mount(db, device_id, None if off else machine_id, 0 if first else now_ms())
        attribution.refresh(db, device_id)


@machines_.command()
@MACHINE
@click.argument("address")
@click.pass_obj
def cardio(database: Location, machine_id: str, address: str) -> None:
    """Say which machine the cardio machine with this radio address is; `repbeat hub --cardio` reads it."""
    with errors_shown(), Database(database) as db:
        cardio_.mount(db, address, machine_id)


@machines_.command()
@json_option
@click.pass_obj
def sessions(database: Location, as_json: bool) -> None:
    """What cardio machines told: sessions, newest first."""
    with errors_shown(), Database(database) as db:
        found = cardio_.every(db)
    if as_json:
        print_json({"sessions": msgspec.to_builtins(found)})
        return
    for one in found:
        whose = "claimed" if one.athlete_id else "unclaimed"
        click.echo(f"{one.name} ({one.kind}, {one.address}): {len(one.samples)} samples, {whose}")
    if not found:
        click.echo("No cardio machine has been heard: `repbeat hub --cardio` reads those in reach.")


@machines_.command()
@MACHINE
@click.argument("athlete")
@click.pass_obj
def claim(database: Location, machine_id: str, athlete: str) -> None:
    """The athlete is on the machine from now on, until somebody else is or the time-out."""
    with errors_shown(), Database(database) as db:
        desk.claim(db, machine_id, athletes.named(db, athlete).athlete_id, now_ms(), claims.BY_HAND)


@machines_.command()
@MACHINE
@click.argument("athlete")
@click.pass_obj
def release(database: Location, machine_id: str, athlete: str) -> None:
    """The athlete has finished on the machine."""
    with errors_shown(), Database(database) as db:
        if not desk.give_back(db, machine_id, athletes.named(db, athlete).athlete_id, now_ms()):
            raise click.ClickException(f"{athlete} is not on this machine")


@machines_.command()
@json_option
@click.pass_obj
def unclaimed(database: Location, as_json: bool) -> None:
    """The pool: sets with their ids, and why they are nobody's."""
    with errors_shown(), Database(database) as db:
        names = {one.machine_id: one.name for one in machines.every(db)}
        rows = [_set(db, row, names) for row in sets.unclaimed(db)]
    if as_json:
        print_json({"unclaimed": rows})
        return
    for row in rows:
        click.echo(f"{row['set']}  {row['at'] or 'no date'}  {row['machine'] or 'no machine'}: {row['how']}")
    if not rows:
        click.echo("Every set is somebody's.")


@machines_.command()
@click.argument("set_id", metavar="SET")
@click.option("--athlete", help="Whose it is; leave out for nobody's.")
@click.pass_obj
def assign(database: Location, set_id: str, athlete: str | None) -> None:
    """Say whose a set is; it stays so."""
    with errors_shown(), Database(database) as db:
        key = sets.key_of(set_id)
        owner = athletes.named(db, athlete).athlete_id if athlete else None
        desk.decide(db, key, owner, "", now_ms())


@machines_.command()
@json_option
@click.pass_obj
def refresh(database: Location, as_json: bool) -> None:
    """Say anew whose every set is, from all that is stored."""
    with errors_shown(), Database(database) as db:
        sensors = db.rows("SELECT DISTINCT device_id FROM machine_sensors ORDER BY device_id")
        for row in sensors:
            attribution.refresh(db, row["device_id"])
        left = len(sets.unclaimed(db))
    if as_json:
        print_json({"sensors": len(sensors), "unclaimed": left})
    else:
        click.echo(f"{len(sensors)} sensors looked at; {left} sets are nobody's.")


def _machine(db: Database, machine: machines.Machine, sensor: str | None) -> dict[str, Any]:
    counted = sets.of_machine(db, machine.machine_id, 0, 1 << 62)
    held = desk.holder(db, machine.machine_id, now_ms())
    return {
        "machine_id": machine.machine_id,
        "name": machine.name,
        "exercise": exercises.slug(machine.exercise) if machine.exercise else None,
        "sensor": sensor,
        "claimed": held is not None,
        "sets": len(counted),
        "unclaimed": sum(row.athlete_id is None for row in counted),
    }


def _set(db: Database, row: sets.MachineSet, names: dict[str, str]) -> dict[str, Any]:
    best = evidence.of_set(db, row.key)[:1]
    return {
        "set": row.key.text,
        "machine": names.get(row.machine_id or ""),
        "at": None
        if row.start_ms is None
        else datetime.fromtimestamp(row.start_ms / 1000, UTC).isoformat(timespec="seconds"),
        "how": row.how,
        "best_score": best[0].score if best else None,
    }
