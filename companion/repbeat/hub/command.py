"""`repbeat hub`, `repbeat sync`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import click

from repbeat.coach.arrivals import Arrivals
from repbeat.gym.cardio import CardioLog
from repbeat.gym.live import Attributing
from repbeat.hub import cardio as cardio_
from repbeat.hub import ftms, moxy, report
from repbeat.hub import status as status_file
from repbeat.hub.bulletin import Bulletin, posting
from repbeat.hub.console import say
from repbeat.hub.errors import HubError
from repbeat.hub.exchange import exchanging
from repbeat.hub.hub import Hub
from repbeat.hub.keys import DeviceKeys, path_for
from repbeat.hub.listening import Listening
from repbeat.hub.oxygen import OxygenLog
from repbeat.hub.radio import Radio
from repbeat.hub.slots import PER_ADAPTER
from repbeat.hub.upload import handing_in
from repbeat.store import Database
from repbeat.store import devices as known_devices
from repbeat.store.console import errors_shown, json_option, now_ms, print_json
from repbeat.store.location import Location, database_option


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
        serving.bus.listen(say)
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
        serving.bus.listen(say)
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
