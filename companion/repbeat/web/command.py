"""`repbeat serve`: the pages on a production server, on this machine alone unless told otherwise."""

from __future__ import annotations

from pathlib import Path

import click
import waitress

from repbeat.store import Database, StoreError
from repbeat.store.location import database_option
from repbeat.web.app import create_app


@click.command()
@database_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8040, show_default=True, type=click.IntRange(1, 65535))
def serve(database: Path, host: str, port: int) -> None:
    """Show the pages: today's plan, sessions, devices.

    Anyone who can reach the address can read them: leave it on 127.0.0.1 unless the network is yours.
    """
    try:
        store = Database(database)
    except StoreError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"RepBeat at http://{host}:{port}/ (Ctrl-C ends it)", err=True)
    waitress.serve(create_app(store), host=host, port=port, threads=8, ident=None)
