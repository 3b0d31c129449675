"""`repbeat backup`, `repbeat restore`, `repbeat check`."""

from __future__ import annotations

import time
from pathlib import Path

import click

from repbeat.store import backup as copies
from repbeat.store import locked
from repbeat.store.console import errors_shown, json_option, print_json, progress_bar
from repbeat.store.database import Database
from repbeat.store.errors import StoreCorrupt
from repbeat.store.location import Location, database_option
from repbeat.store.vault import KEYS_FILE


@click.command()
@click.argument("to", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--for-key",
    "public_keys",
    multiple=True,
    metavar="AGE1…",
    help="Encrypt it for this public key (again for each of several): this computer cannot open it.",
)
@json_option
@database_option
def backup(to: Path, public_keys: tuple[str, ...], as_json: bool, database: Location) -> None:
    """Copy the database, in use or not, to the file TO.

    Health data in it stays sealed; its keys, themselves sealed, lie beside it in heart-keys.json. Keep the
    master key (the key file or the passphrase) elsewhere: without it nobody opens them.
    """
    with errors_shown(OSError), Database(database) as db, progress_bar("copying rows") as progress:
        rows = copies.backup(db, to, _now_ms(), progress, public_keys)
    size = to.stat().st_size
    if as_json:
        print_json({"file": str(to), "rows": rows, "bytes": size, "keys": KEYS_FILE})
    else:
        click.echo(f"{to}: {rows} rows, {size} bytes; keys of heart data in {to.with_name(KEYS_FILE)}")


@click.command()
@click.argument("source", metavar="FROM", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--key",
    "secret_key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The file of the secret key that an encrypted backup was made for.",
)
@json_option
@database_option
def restore(source: Path, secret_key: Path | None, as_json: bool, database: Location) -> None:
    """Copy the backup FROM into an empty database; one on another engine will do."""
    with errors_shown(OSError), Database(database) as db, progress_bar("copying rows") as progress:
        rows = copies.restore(source, db, _now_ms(), progress, secret_key)
        where = db.engine.where
    if as_json:
        print_json({"database": where, "rows": rows})
    else:
        click.echo(f"{where}: {rows} rows restored")


@click.command()
@click.argument("to", type=click.Path(dir_okay=False, path_type=Path))
@json_option
def backup_key(to: Path, as_json: bool) -> None:
    """Make a key for encrypted backups: the secret one in the file TO, the public one printed.

    Do it on another computer than the one that keeps the training, and keep the file there: `repbeat backup
    --for-key` needs the public key alone, `repbeat restore --key` the file. Without it nobody opens them.
    """
    with errors_shown(OSError):
        public_key = locked.new_key(to)
    if as_json:
        print_json({"public_key": public_key, "secret_key_file": str(to)})
    else:
        click.echo(public_key)


@click.command()
@json_option
@database_option
def check(as_json: bool, database: Location) -> None:
    """Read everything that is kept and say what is damaged; exit code 1 if anything is."""
    with errors_shown():
        try:
            with Database(database) as db, progress_bar("reading records") as progress:
                found = copies.problems(db, progress)
        except StoreCorrupt as error:  # too damaged to be opened at all
            found = [str(error)]
    if as_json:
        print_json({"problems": found})
    else:
        click.echo("\n".join(found) or "Every record can be read.")
    if found:
        raise click.exceptions.Exit(1)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
