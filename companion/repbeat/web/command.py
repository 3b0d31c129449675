"""`repbeat serve`: the pages on a production server, on this machine alone unless told otherwise."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import click
import waitress

from repbeat.coach.after_session import AfterSession
from repbeat.hub import Hub
from repbeat.hub.errors import HubError
from repbeat.hub.keys import DeviceKeys, path_for
from repbeat.store import Database
from repbeat.store.console import errors_shown
from repbeat.store.location import database_option
from repbeat.web.app import create_app


@click.command()
@database_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8040, show_default=True, type=click.IntRange(1, 65535))
@click.option("--hub/--no-hub", default=True, show_default=True, help="Collect from devices meanwhile.")
def serve(database: Path, host: str, port: int, hub: bool) -> None:
    """Show the pages (today's plan, sessions, devices) and collect from the devices in reach.

    After each session the planner is asked for the next plan; `repbeat plan push` approves it.

    Anyone who can reach the address can read the pages: leave it on 127.0.0.1 unless the network is yours.
    """
    with errors_shown(), Database(database) as store:
        collector = Hub(store, keys=DeviceKeys(path_for(database)))
        coach = AfterSession(store, collector.bus, lambda: time.time_ns() // 1_000_000)
        if hub:
            threading.Thread(target=_collect, args=(collector,), name="hub", daemon=True).start()
        click.echo(f"RepBeat at http://{host}:{port}/ (Ctrl-C ends it)", err=True)
        app = create_app(store, collector.board.snapshot)
        try:
            waitress.serve(app, host=host, port=port, threads=8, ident=None)
        except OSError as error:
            raise click.ClickException(f"cannot listen on {host}:{port}: {error.strerror}") from error
        finally:
            coach.close()


def _collect(collector: Hub) -> None:
    """Run the hub; without Bluetooth the pages go on and say what the store has."""
    try:
        asyncio.run(collector.run())
    except HubError as error:
        click.echo(f"No devices are collected from: {error}", err=True)
