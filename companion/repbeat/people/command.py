"""`repbeat people`, `repbeat token`, `repbeat export`, `repbeat erase`."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from repbeat.interop import stored
from repbeat.interop.errors import ExportRefused
from repbeat.people import accounts, archive, audit, erase, setup, tenants, tokens
from repbeat.people.errors import PeopleError
from repbeat.store import Database, athletes
from repbeat.store.console import errors_shown, json_option, print_json
from repbeat.store.location import Location, database_option

COMMAND_LINE = "command line"


@click.group()
def people() -> None:
    """Accounts: who can sign in, and as what."""


@people.command("list")
@json_option
@database_option
def list_(as_json: bool, database: Location) -> None:
    """Every account with its roles and athletes."""
    with errors_shown(PeopleError), Database(database) as db:
        shown: list[dict[str, Any]] = [
            {
                "name": one.name,
                "administrator": one.administrator,
                "athletes": [athletes.get(db, own).name for own in accounts.owned(db, one.account_id)],
                "roles": sorted({member.role for member in tenants.of_account(db, one.account_id)}),
            }
            for one in accounts.every(db)
        ]
    if as_json:
        print_json({"accounts": shown})
        return
    for one in shown:
        roles = [*(["administrator"] if one["administrator"] else []), *one["roles"]]
        click.echo(f"{one['name']}: {', '.join(roles) or 'no role'}; athletes {', '.join(one['athletes'])}")
    if not shown:
        click.echo("No account yet: `repbeat people add NAME`, or open the pages of `repbeat serve`.")


@people.command()
@click.argument("name")
@click.option("--athlete", help="Train as the athlete of this name, who has no account yet.")
@click.password_option(help="Asked for when it is not given.")
@database_option
def add(name: str, athlete: str | None, password: str, database: Location) -> None:
    """Make an account for NAME; the first one looks after the others."""
    with errors_shown(PeopleError), Database(database) as db:
        if setup.is_due(db):
            code = setup.code()
            made = setup.first_account(db, code, code, name, password, COMMAND_LINE, _now_ms())
        else:
            made = setup.member(db, name, password, _now_ms(), athlete=athlete)
        click.echo(f"{made.name} can sign in{' and looks after the others' if made.administrator else ''}.")


@people.command("password")
@click.argument("name")
@click.password_option("--new", "password", help="Asked for when it is not given.")
@database_option
def password_(name: str, password: str, database: Location) -> None:
    """Give NAME another password; all their browsers are signed out."""
    with errors_shown(PeopleError), Database(database) as db:
        accounts.set_password(db, accounts.named(db, name).account_id, password)
        click.echo("Changed.")


@click.command()
@click.argument("name", required=False)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(list(tokens.SCOPES)),
    default=[tokens.READ],
    show_default=True,
    help="What it may; more than one may be given.",
)
@click.option("--for", "what", default="command line", show_default=True, help="What the token is for.")
@click.option("--days", type=click.IntRange(1, 3660), help="How long it works; without: until revoked.")
@json_option
@database_option
def token(
    name: str | None, scopes: tuple[str, ...], what: str, days: int | None, as_json: bool, database: Location
) -> None:
    """Make a token of the API for the account NAME (the only one, where there is one) and print it once."""
    with errors_shown(PeopleError), Database(database) as db:
        every = accounts.every(db)
        if name is None and len(every) != 1:
            raise click.UsageError(
                "whose? Name the account: " + (", ".join(a.name for a in every) or "none yet")
            )
        account = accounts.named(db, name) if name else every[0]
        until_ms = _now_ms() + days * 24 * 3600 * 1000 if days else None
        made, text = tokens.make(db, account.account_id, what, scopes, _now_ms(), until_ms=until_ms)
    if as_json:
        print_json(
            {"account": account.name, "token": text, "scopes": made.scopes.split(), "until_ms": until_ms}
        )
    else:
        click.echo(text)
        click.echo(f"For {account.name}, may {made.scopes}. It is not shown again.", err=True)


@click.command()
@click.argument("athlete")
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), help="The file.  [default: NAME.zip]")
@click.option(
    "--fhir",
    nargs=2,
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="FIRST LAST",
    help="Only these days, for a clinician: a FHIR R4 bundle (JSON) to hand over. Nothing is sent.",
)
@json_option
@database_option
def export(
    athlete: str, to: Path | None, fhir: tuple[datetime, datetime] | None, as_json: bool, database: Location
) -> None:
    """Write everything of ATHLETE to one ZIP, which another companion takes in."""
    with errors_shown(PeopleError, ExportRefused), Database(database) as db:
        one = athletes.named(db, athlete)
        stem = "".join(c if c.isalnum() else "-" for c in one.name)
        path = to or Path(f"{stem}.fhir.json" if fhir else f"{stem}.zip")
        bundle = stored.clinical(db, one, fhir[0].date(), fhir[1].date()) if fhir else None
        try:
            with path.open("xb") as file:
                if bundle is None:
                    archive.export(db, one.athlete_id, file, _now_ms())
                else:
                    file.write(msgspec.json.format(msgspec.json.encode(bundle)))
        except OSError as error:
            raise click.ClickException(
                f"{path} cannot be written: {error.strerror}; --to names another"
            ) from error
        what = "exported some days for a clinician" if fhir else "exported everything"
        audit.note(db, one.athlete_id, "", COMMAND_LINE, what, "", _now_ms())
    if as_json:
        print_json({"athlete": one.name, "file": str(path), "bytes": path.stat().st_size})
    else:
        click.echo(f"{path}, {path.stat().st_size} bytes: heart data in it is open, keep it safe.")


@click.command("erase")
@click.argument("athlete", required=False)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--scrub", is_flag=True, help="Only write the files anew, so that nothing erased is left.")
@click.option(
    "--backups",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with further backups; known ones where they were written are reached anyhow.",
)
@json_option
@database_option
def erase_(
    athlete: str | None, yes: bool, scrub: bool, backups: Path | None, as_json: bool, database: Location
) -> None:
    """Erase ATHLETE for good, here and in every backup; their devices are told to erase too.

    A backup that is not where it was written is named: it is a database like any other, erase in it too.
    """
    if (athlete is None) != scrub:
        raise click.UsageError("name an athlete, or give --scrub")
    with errors_shown(PeopleError), Database(database) as db:
        if athlete is None:
            left = db.scrub()
            erased = None
        else:
            one = athletes.named(db, athlete)
            if not yes:
                click.confirm(f"Erase everything of {one.name}? It cannot be undone", abort=True)
            erased = erase.erase(db, one.athlete_id, _now_ms(), backups)
            left = erased.left
    if as_json:
        print_json(msgspec.to_builtins(erased) if erased else {"left": left})
        return
    if erased:
        click.echo(f"{erased.records} records and {erased.rows} rows are gone, {erased.keys} keys forgotten.")
        for name in erased.devices:
            click.echo(f"{name} will be told to erase at its next connection.")
        for path in erased.backups:
            click.echo(f"Nothing of it is left in the backup {path}.")
    click.echo(left or "Nothing of it is left in the database's files.")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
