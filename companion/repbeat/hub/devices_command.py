"""`repbeat devices`: who has which, and what may be done with one."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from datetime import timedelta
from typing import Any

import click

from repbeat.gym import wearing
from repbeat.hub import events, report
from repbeat.hub.agent import passkeys
from repbeat.hub.console import say
from repbeat.hub.errors import HubError
from repbeat.hub.hub import Backoff, Hub
from repbeat.hub.keys import DeviceKeys, path_for
from repbeat.hub.radio import Radio
from repbeat.hub.trust import keys_of
from repbeat.hub.trust import revoke as take_key
from repbeat.store import Database, athletes
from repbeat.store import devices as known_devices
from repbeat.store import oxygen as oxygen_
from repbeat.store.console import errors_shown, json_option, now_ms, print_json
from repbeat.store.location import Location, database_option
from repbeat_protocol import auth


@click.group(invoke_without_command=True)
@json_option
@database_option
@click.pass_context
def devices(context: click.Context, as_json: bool, database: Location) -> None:
    """Each device: whose, when synced, battery, firmware, what is here of its log and what is not.

    Received: bytes of payload that came over the air to this computer, again or for the first time.
    """
    context.obj = database
    if context.invoked_subcommand is not None:
        return
    with errors_shown(), Database(database) as db:
        shown = [report.device(db, device, now_ms()) for device in known_devices.every(db)]
    if as_json:
        print_json({"devices": shown})
        return
    if not shown:
        click.echo("No devices yet: `repbeat devices claim`, and hold a device's button for a second.")
    for one in shown:
        _print_device(one)


@devices.command()
@click.argument("device_id")
@click.option("--athlete", help="Whose records are they from now on; leave out for nobody's.")
@click.pass_obj
def assign(database: Location, device_id: str, athlete: str | None) -> None:
    """Give a device to an athlete. What it recorded before stays whose it was."""
    with errors_shown(), Database(database) as db:
        device = known_devices.get(db, device_id)
        one = athletes.named(db, athlete) if athlete else None
        wearing.give(db, device, one.athlete_id if one else None)
        click.echo(f"{device.name}: {one.name if one else 'nobody'}")


@devices.command()
@click.argument("device_id")
@click.argument("name")
@click.pass_obj
def rename(database: Location, device_id: str, name: str) -> None:
    """Give a device another name."""
    with errors_shown(), Database(database) as db:
        known_devices.rename(db, device_id, name)


@devices.command()
@click.argument("address", required=False)
@click.option("--athlete", help="Who wears it from now on; leave out for nobody, and it is not read.")
@json_option
@click.pass_obj
def oxygen(database: Location, address: str | None, athlete: str | None, as_json: bool) -> None:
    """Say who wears the muscle oxygen sensor with this radio address; without one, tell who wears which.

    `repbeat hub --cardio` reads those that somebody wears, and tells the address of one that nobody does.
    """
    with errors_shown(), Database(database) as db:
        if address:
            oxygen_.wear(db, address, athletes.named(db, athlete).athlete_id if athlete else None)
        names = {one.athlete_id: one.name for one in athletes.every(db)}
        shown = [
            {"address": found, "athlete": names[athlete_id]} for found, athlete_id in oxygen_.worn(db).items()
        ]
    if as_json:
        print_json({"sensors": shown})
        return
    for one in shown:
        click.echo(f"{one['address']}  {one['athlete']}")
    if not shown:
        click.echo("Nobody wears a muscle oxygen sensor: `repbeat hub --cardio` tells those in reach.")


@devices.command()
@click.option(
    "--seconds",
    type=click.FloatRange(5, 600),
    default=60.0,
    show_default=True,
    help="How long to wait; Ctrl-C ends it sooner.",
)
@click.option(
    "--unencrypted", is_flag=True, help="Do not pair first: whoever listens at that moment has the key."
)
@json_option
@click.pass_obj
def claim(database: Location, seconds: float, unencrypted: bool, as_json: bool) -> None:
    """Make devices this companion's: hold each one's button for a second while no session runs.

    A device with a display then shows a passkey, which is asked for here. Devices claimed give their records
    to this companion and take plans from it, and from nobody else who has not done the same.
    """
    with errors_shown(HubError), Database(database) as db:
        keys = DeviceKeys(path_for(database))
        serving = Hub(db, keys=keys, backoff=Backoff(stranger_s=1.0))
        serving.trust.claims = True
        serving.trust.pairs = not unencrypted
        claimed: list[dict[str, str]] = []

        def hear(event: events.Event) -> None:
            say(event)
            if isinstance(event, events.Claimed):
                claimed.append({"device_id": event.device_id, "name": event.name})

        serving.bus.listen(hear)
        with suppress(KeyboardInterrupt):
            asyncio.run(_for(seconds, serving))
    if as_json:
        print_json({"claimed": claimed})
    elif not claimed:
        click.echo(
            "No device was claimed: hold its button for a second while no session runs, near this computer."
        )
    if not claimed:
        raise click.exceptions.Exit(1)


@devices.command()
@click.argument("device_id")
@json_option
@click.pass_obj
def keys(database: Location, device_id: str, as_json: bool) -> None:
    """Which companions a device trusts, by slot; the device must be in reach."""
    with errors_shown(HubError), Database(database) as db:
        serving = Hub(db, keys=DeviceKeys(path_for(database)))
        names = asyncio.run(serving.with_device(device_id, keys_of))
    if as_json:
        print_json({"device_id": device_id, "companions": names})
        return
    for slot, name in enumerate(names):
        click.echo(f"{slot}  {name or '–'}")


@devices.command()
@click.argument("device_id")
@click.argument("slot", type=click.IntRange(0, auth.SLOTS - 1))
@click.pass_obj
def revoke(database: Location, device_id: str, slot: int) -> None:
    """Take a companion's key from a device: it reads and changes nothing of it any more."""
    with errors_shown(HubError), Database(database) as db:
        serving = Hub(db, keys=DeviceKeys(path_for(database)))
        asyncio.run(serving.with_device(device_id, lambda link: take_key(link, slot)))
    click.echo(f"{device_id}: slot {slot} is free")


@devices.command()
@click.argument("device_id")
@click.pass_obj
def forget(database: Location, device_id: str) -> None:
    """Drop this companion's own key of a device, and this computer's pairing with it. Records stay."""
    with errors_shown(HubError), Database(database) as db:
        DeviceKeys(path_for(database)).forget(device_id)
        known = [one.address for one in known_devices.every(db) if one.device_id == device_id and one.address]
        for address in known:
            asyncio.run(Radio().forget(address))


async def _for(seconds: float, serving: Hub) -> None:
    with suppress(TimeoutError):
        async with passkeys(_ask_passkey), asyncio.timeout(seconds):
            await serving.run()


async def _ask_passkey(address: str) -> int | None:
    """A line of standard input, without keeping anybody who gives up before it comes."""
    click.echo(f"Passkey on the display of {address}: ", err=True, nl=False)
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    try:
        loop.add_reader(sys.stdin, ready.set)
    except OSError:
        ready.set()  # a file is always ready
    try:
        await ready.wait()
    finally:
        with suppress(OSError):
            loop.remove_reader(sys.stdin)
    typed = sys.stdin.readline().strip()
    return int(typed) if typed.isascii() and typed.isdecimal() else None


def _print_device(one: dict[str, Any]) -> None:
    battery = "unknown" if one["battery_percent"] is None else f"{one['battery_percent']} %"
    click.echo(f"{one['name']} ({one['device_id']}), {one['athlete'] or 'unclaimed'}")
    click.echo(
        f"  last sync {_ago(one['sync_age_s'])}; battery {battery}; firmware {one['firmware'] or 'unknown'}"
    )
    click.echo(
        f"  {one['records']} records: {one['samples']}; received {one['received_bytes'] / 1000:.1f} kB"
    )
    click.echo(f"  clock: {one['clock']['state']}")
    if one["problem"]:
        click.echo(f"  problem: {one['problem']}")


def _ago(seconds: float | None) -> str:
    if seconds is None:
        return "never"
    return f"{timedelta(seconds=round(seconds))} ago"
