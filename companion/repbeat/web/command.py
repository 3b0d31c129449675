"""`repbeat serve`: the pages on a production server, and the hub beside them."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import click
from click.core import ParameterSource

from repbeat.api.feed import Feed
from repbeat.coach.arrivals import Arrivals
from repbeat.community.shared.guest import following
from repbeat.community.shared.reporter import Reporter
from repbeat.gym.live import Attributing
from repbeat.hub import Hub, status
from repbeat.hub.bulletin import Bulletin, Others, merged, posting, reading
from repbeat.hub.errors import HubError
from repbeat.hub.events import Bus
from repbeat.hub.keys import DeviceKeys, path_for
from repbeat.people import setup
from repbeat.people.errors import PeopleError
from repbeat.services.registry import Services
from repbeat.services.work import working
from repbeat.store import Database
from repbeat.store.console import errors_shown
from repbeat.store.location import Location, database_option
from repbeat.web import access, logs, settings
from repbeat.web.app import create_app
from repbeat.web.background import OpenToTheNetwork, served
from repbeat.web.limits import Limits
from repbeat.web.settings import BadSettings
from repbeat.webhooks.courier import Courier

END_S = 10.0


@click.command()
@database_option
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar=settings.FILE,
    show_envvar=True,
    help="A TOML file of settings.",
)
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65535), help="[default: 8040]")
@click.option("--hub/--no-hub", default=None, help="Collect from devices meanwhile.  [default: hub]")
@click.option("--open", "is_open", is_flag=True, help="No accounts: whoever sits at this computer.")
@click.pass_context
def serve(
    context: click.Context,
    database: Location,
    config: Path | None,
    host: str | None,
    port: int | None,
    hub: bool | None,
    is_open: bool,
) -> None:
    """Show the pages (today's plan, sessions, devices) and collect from devices in reach.

    At the first start a code is printed, with which the first account is made; from then on people sign in.
    After each session and morning the planner is asked for the next plan; `repbeat plan push` approves it.
    """
    options = {"host": host, "port": port, "hub": hub, "access": "open" if is_open else None}
    with errors_shown(BadSettings, PeopleError, OpenToTheNetwork):
        chosen = settings.read(config, options=options)
        if chosen.database and context.get_parameter_source("database") is ParameterSource.DEFAULT:
            database = chosen.database if "://" in chosen.database else Path(chosen.database)
        logs.configure(chosen.log_level, chosen.log_format)
        with Database(database) as store, contextlib.ExitStack() as stack:
            collector = Hub(store, keys=DeviceKeys(path_for(database)))
            # What came in, by this process's hub or handed in by another; only the former is on the board.
            arriving = Bus()
            collector.bus.listen(arriving.tell)
            stack.callback(Arrivals(store, arriving, _now_ms).close)
            stack.callback(Attributing(store, arriving, _now_ms).close)
            feed = Feed()
            arriving.listen(feed.hear)
            bulletin = Bulletin(store, collector.board.snapshot)
            others = Others(store, feed.hear, bulletin.hub)
            how = _access(store, chosen)
            told = _listening()
            app = create_app(
                store,
                lambda: merged(collector.board.snapshot(), others.snapshot()),
                access=how,
                limits=Limits(requests_a_minute=chosen.requests_a_minute, streams=chosen.streams),
                trusted_proxies=chosen.trusted_proxies,
                feed=feed,
                private_webhooks=chosen.private_webhooks,
                tell=arriving.tell,
            )
            try:
                address = stack.enter_context(served(app, chosen.port, chosen.host, chosen.threads))
            except OSError as error:
                raise click.ClickException(
                    f"cannot listen on {chosen.host}:{chosen.port}: {error.strerror}; --port names another"
                ) from error
            stack.enter_context(Courier(store, private=chosen.private_webhooks).delivering())
            stack.enter_context(reading(others))
            if chosen.hub:
                stack.enter_context(posting(bulletin))
                stack.enter_context(_collecting(collector, path_for(database).with_name(status.FILE)))
            known = Services()
            stack.callback(known.close)
            stack.enter_context(working(store, known, _now_ms))
            stack.callback(Reporter(store, arriving, _now_ms).close)
            stack.enter_context(following(store, lambda: time.time() * 1000))
            _say_where(address, how)
            told.wait()
            click.echo("Ending: what runs is finished first.", err=True)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _access(store: Database, chosen: settings.Settings) -> access.Access:
    if chosen.access == "open":
        return access.Open("serve --open")
    return access.Accounts(setup.code() if setup.is_due(store) else None)


def _say_where(address: str, how: access.Access) -> None:
    click.echo(f"RepBeat at {address}/ (Ctrl-C ends it)", err=True)
    if isinstance(how, access.Accounts) and how.setup_code:
        click.echo(f"First start: open {address}/setup?code={how.setup_code}", err=True)
        click.echo(f"(from another machine: its address here, and the code {how.setup_code})", err=True)


def _listening() -> threading.Event:
    """Set by Ctrl-C or a service manager's SIGTERM; called before anything is served that may be cut."""
    told = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.set())
    return told


@contextlib.contextmanager
def _collecting(collector: Hub, told_in: Path) -> Iterator[None]:
    """Run the hub; without Bluetooth the pages go on and say what the store has."""
    loop = asyncio.new_event_loop()
    task: asyncio.Task[None] | None = None
    watch = status.Watch(collector.bus, collector.slots)

    def run() -> None:
        nonlocal task
        asyncio.set_event_loop(loop)
        task = loop.create_task(watch.beside(collector.run(), told_in))
        with contextlib.suppress(asyncio.CancelledError):
            try:
                loop.run_until_complete(task)
            except HubError as error:
                click.echo(f"No devices are collected from: {error}", err=True)
        loop.close()

    thread = threading.Thread(target=run, name="hub", daemon=True)
    thread.start()
    try:
        yield
    finally:
        with contextlib.suppress(RuntimeError):  # it had ended already
            loop.call_soon_threadsafe(lambda: task and task.cancel())
        thread.join(END_S)
