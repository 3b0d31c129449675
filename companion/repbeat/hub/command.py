"""`repbeat hub`, `repbeat sync`, `repbeat devices`."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import click

from repbeat.coach.arrivals import Arrivals
from repbeat.gym import attribution
from repbeat.gym.cardio import CardioLog
from repbeat.gym.live import Attributing
from repbeat.hub import cardio as cardio_
from repbeat.hub import events, ftms, moxy, report
from repbeat.hub import status as status_file
from repbeat.hub.agent import passkeys
from repbeat.hub.bulletin import Bulletin, posting
from repbeat.hub.errors import HubError
from repbeat.hub.exchange import exchanging
from repbeat.hub.hub import Backoff, Hub
from repbeat.hub.keys import DeviceKeys, path_for
from repbeat.hub.listening import Listening
from repbeat.hub.oxygen import OxygenLog
from repbeat.hub.radio import Radio
from repbeat.hub.slots import PER_ADAPTER
from repbeat.hub.trust import keys_of
from repbeat.hub.trust import revoke as take_key
from repbeat.hub.upload import handing_in
from repbeat.ingest import days
from repbeat.store import Database, athletes
from repbeat.store import devices as known_devices
from repbeat.store import oxygen as oxygen_
from repbeat.store.console import errors_shown, json_option, now_ms, print_json
from repbeat.store.location import Location, database_option
from repbeat_protocol import auth


@click.command()
@click.option("--approve", is_flag=True, help="Push the planner's proposals without a further look.")
@click.option(
    "--upload",
    "companions",
    multiple=True,
    metavar="URL",
    help="Hand everything in to this companion; another one named is tried where the first does not answer.",
)
@click.option(
    "--token",
    envvar="REPBEAT_HUB_TOKEN",
    show_envvar=True,
    help="Of an operator there, made with `repbeat token --scope hub`.",
)
@click.option("--gym", "gym_id", help="The gym where new devices hang, where the operator has several.")
@click.option(
    "--cardio", is_flag=True, help="Read cardio machines and muscle oxygen sensors: run it beside the hub."
)
@click.option(
    "--adapter",
    "adapters",
    multiple=True,
    metavar="NAME",
    help="A Bluetooth adapter such as hci1 (Linux); again for each of several. By default the system's own.",
)
@click.option(
    "--places",
    type=click.IntRange(1, 64),
    default=PER_ADAPTER,
    show_default=True,
    help="Connections that an adapter holds at once; where more devices are in reach they take turns.",
)
@click.option("--status", is_flag=True, help="Tell how the hub that runs here is, and end.")
@click.option("--json", "as_json", is_flag=True, help="With --status: one JSON object on standard output.")
@database_option
def hub(
    approve: bool,
    companions: tuple[str, ...],
    token: str | None,
    gym_id: str | None,
    cardio: bool,
    adapters: tuple[str, ...],
    places: int,
    status: bool,
    as_json: bool,
    database: Location,
) -> None:
    """Collect from every device in reach and push plans, until stopped with Ctrl-C.

    After each session and morning the planner is asked for the next plan; `repbeat plan push` approves it.

    With --upload the database here is an outbox: what was collected goes to a companion elsewhere, and while
    that is not to be reached it waits here. Nothing is lost or there twice. What devices do now is shown
    there within a second, and what was ordered there (a calibration, an erasure) reaches devices in this
    hub's reach. Plans do not: a band takes its plan from a hub that its athlete's own companion runs.

    With --cardio it reads machines that speak the Fitness Machine Service, and the Moxy-type muscle oxygen
    sensors that athletes wear (`repbeat devices oxygen`), in a program of its own: the system gives each
    program one scan.

    With --status, beside a running hub of the same database: each device's state in words and since when, the
    adapters' places, and how often which cause ended a connection. Exit code 1 if no hub runs.
    """
    if status:
        _tell_status(path_for(database).with_name(status_file.FILE), as_json)
        return
    if as_json:
        raise click.UsageError("--json belongs to --status")
    if cardio and companions:
        raise click.UsageError("--cardio keeps what it reads in this database: it hands nothing in")
    if companions and not token:
        raise click.UsageError("--upload needs --token (or REPBEAT_HUB_TOKEN)")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # a line for each request, every second
    with errors_shown(HubError), Database(database) as db:
        if cardio:
            _until_stopped(_sensors(db).run())
            return
        radios = {name: Radio(adapter=name) for name in adapters}
        serving = Hub(db, keys=DeviceKeys(path_for(database)), radios=radios, places=places)
        watch = status_file.Watch(serving.bus, serving.slots)
        serving.bus.listen(_say)
        with ExitStack() as stack:
            if companions and token:
                stack.enter_context(handing_in(db, serving.bus, companions, token, gym_id))
                stack.enter_context(exchanging(db, companions, token, serving.board.snapshot, now_ms))
            else:
                stack.callback(Arrivals(db, serving.bus, now_ms, approved=approve).close)
                stack.callback(Attributing(db, serving.bus, now_ms).close)
            stack.enter_context(posting(Bulletin(db, serving.board.snapshot)))
            _until_stopped(watch.beside(serving.run(), path_for(database).with_name(status_file.FILE)))


@click.command()
@click.option(
    "--scan", "scan_s", type=click.FloatRange(1, 120), default=8.0, show_default=True, help="Seconds."
)
@click.option(
    "--limit", "limit_s", type=click.FloatRange(1), default=120.0, show_default=True, help="Seconds."
)
@json_option
@database_option
def sync(scan_s: float, limit_s: float, as_json: bool, database: Location) -> None:
    """Collect from every device in reach once, push waiting plans, end. Exit code 1 if a device failed."""
    with errors_shown(HubError), Database(database) as db:
        serving = Hub(db, keys=DeviceKeys(path_for(database)))
        serving.bus.listen(_say)
        machines = Attributing(db, serving.bus, now_ms)
        try:
            served = asyncio.run(serving.sync_once(scan_s, limit_s))
        finally:
            machines.close()
        reports = {
            device.device_id: report.device(db, device, now_ms()) for device in known_devices.every(db)
        }
    shown = [
        {
            "address": one.address,
            "name": one.name,
            "problem": one.problem,
            "device": reports.get(one.device_id),
        }
        for one in served
    ]
    if as_json:
        print_json({"served": shown})
    else:
        for one in shown:
            click.echo(f"{one['name']}: {one['problem'] or 'everything is here'}")
        if not shown:
            click.echo("No device was heard: is it charged, near, and not connected to another computer?")
    if any(one.problem for one in served):
        raise click.exceptions.Exit(1)


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
        click.echo("No devices yet: `repbeat sync` finds them.")
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
        if device.log_id is None:
            raise click.ClickException("nothing is known of this device's log yet: sync it once")
        with db.atomic():
            known_devices.assign(db, device_id, device.log_id, one.athlete_id if one else None)
            for other in athletes.every(db):
                days.refresh(db, other.athlete_id)
            attribution.refresh(db, device_id)
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
    "--seconds", type=click.FloatRange(5, 600), default=60.0, show_default=True, help="How long to wait."
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
            _say(event)
            if isinstance(event, events.Claimed):
                claimed.append({"device_id": event.device_id, "name": event.name})

        serving.bus.listen(hear)
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


def _sensors(db: Database) -> Listening:
    """Of others' making: cardio machines, and muscle oxygen sensors that somebody wears."""
    machines, worn = CardioLog(db), OxygenLog(db, now_ms, partial(click.echo, err=True))

    def end(address: str) -> None:
        machines.end(address)
        worn.end(address)

    def ears(address: str, name: str, services: Sequence[str]) -> dict[str, Callable[[bytes], None]]:
        if moxy.SERVICE in services:
            return worn.ears(address, name)
        return cardio_.ears(partial(_take, machines), address, name)

    return Listening((ftms.SERVICE, moxy.SERVICE), ears, end)


def _take(log: CardioLog, address: str, name: str, kind: str, values: ftms.Values) -> None:
    """A moment of a cardio machine, now."""
    log.take(address, name, kind, values, now_ms())


def _tell_status(path: Path, as_json: bool) -> None:
    told = status_file.told(status_file.read(path), now_ms())
    if as_json:
        print_json(told)
    else:
        for line in status_file.lines(told, now_ms()):
            click.echo(line)
    if not told["running"]:
        raise click.exceptions.Exit(1)


def _until_stopped(serving: Coroutine[Any, Any, None]) -> None:
    try:
        asyncio.run(serving)
    except KeyboardInterrupt:
        click.echo("Stopped.", err=True)


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


def _say(event: events.Event) -> None:
    """One line a step on standard error."""
    name = event.name or event.address
    match event:
        case events.Connected():
            text = f"connected, records {event.cursor} to {event.head_seq} to fetch"
        case events.Claimed():
            text = "is this companion's now"
        case events.CaughtUp():
            text = f"everything up to record {event.cursor} is here"
        case events.Gap():
            text = f"records {event.first_seq} to {event.next_seq - 1} are gone: {event.why}"
        case events.PlanPushed():
            text = f"plan revision {event.revision} is on the device"
        case events.PlanAnswered():
            text = f"plan revision {event.revision} {event.status} {event.reason}".rstrip()
        case events.ClockRefused():
            text = f"did not take the time of this computer ({_utc(event.unix_s)}): set this computer's clock"
        case events.Disconnected():
            text = event.cause or "done"
        case _:
            return
    click.echo(f"{name}: {text}", err=True)


def _utc(unix_s: int) -> str:
    return datetime.fromtimestamp(unix_s, UTC).isoformat(timespec="seconds")
