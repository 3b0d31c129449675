"""`repbeat summary` and `repbeat verify`: a session's signed result, and whether one is as it was signed."""

from __future__ import annotations

from pathlib import Path

import click

from repbeat.community import summary as summaries
from repbeat.community.errors import CommunityError
from repbeat.community.shared import identity
from repbeat.store import Database, athletes, sessions
from repbeat.store.console import errors_shown, json_option, print_json
from repbeat.store.location import Location, database_option
from repbeat.store.sessions import Key


@click.command()
@click.argument("athlete")
@click.option("--as", "name", help="What to be called in it.  [default: nothing]", default="")
@click.option("--number", type=click.IntRange(1), default=1, show_default=True, help="1: the last session.")
@click.option(
    "--to", type=click.Path(dir_okay=False, path_type=Path), default=Path("summary.json"), show_default=True
)
@database_option
def summary(athlete: str, name: str, number: int, to: Path, database: Location) -> None:
    """Write a session of ATHLETE as a signed file that anybody can verify."""
    with errors_shown(CommunityError), Database(database) as db:
        owner = athletes.named(db, athlete)
        found = sessions.latest(db, owner.athlete_id, limit=1, offset=number - 1)
        if not found:
            raise click.ClickException(f"{athlete} has no session number {number}")
        key = Key(found[0].device_id, found[0].log_id, found[0].session_seq)
        content = summaries.signed(db, key, name, identity.of(db))
        try:
            to.write_bytes(content)
        except OSError as error:
            raise click.ClickException(f"{to} cannot be written: {error.strerror}") from error
    click.echo(f"{to}: `repbeat verify {to}` says whether it is as it was signed.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def verify(file: Path, as_json: bool) -> None:
    """Say whether a summary FILE is as its companion signed it."""
    with errors_shown(CommunityError):
        found, key = summaries.verify(file.read_bytes())
    shown = summaries.shown(found, key)
    if as_json:
        print_json(shown)
        return
    click.echo(f"As signed by the companion {shown['companion']}: it vouches {found.vouched}.")
    click.echo(f"{found.name or 'Somebody'}, {found.start}, {found.duration_s // 60} min")
    for one in found.sets:
        click.echo(f"  {one.exercise}: {one.reps} x {one.load_g / 1000:g} kg")
