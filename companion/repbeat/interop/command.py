"""`repbeat import`: files of other programs, each with what came of it."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import track

from repbeat.interop import imports, reading
from repbeat.interop.errors import ImportRefused
from repbeat.people import archive
from repbeat.people.errors import PeopleError
from repbeat.store import Database, athletes
from repbeat.store.console import errors_shown, json_option, print_json
from repbeat.store.location import Location, database_option


@click.command("import")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--athlete", help="Whose sessions they are; may be left out when there is one athlete only.")
@json_option
@database_option
def import_files(files: tuple[Path, ...], athlete: str | None, as_json: bool, database: Location) -> None:
    """Take in FIT, TCX and CSV files, Apple Health exports, and what `repbeat export` wrote.

    The same file again changes nothing. An export of RepBeat's brings its own athlete.

    Sessions that overlap one that is here already are marked for you to decide, never dropped. Exit code 1
    when a file was refused; the others are kept.
    """
    with errors_shown(), Database(database) as db:
        exports = {path for path in files if archive.is_export(path)}
        owner = None if exports >= set(files) else _owner(db, athlete)
        quiet = len(files) == 1 or not sys.stderr.isatty()
        rows = [
            _export(db, path) if owner is None or path in exports else _one(db, owner, path)
            for path in track(files, "importing", console=Console(stderr=True), disable=quiet)
        ]
    if as_json:
        print_json({"athlete": owner.name if owner else None, "files": rows})
    else:
        for row in rows:
            click.echo(f"{row['file']}: {row['result']}")
    if any(row["refused"] for row in rows):
        raise click.exceptions.Exit(1)


def _owner(db: Database, name: str | None) -> athletes.Athlete:
    if name is not None:
        return athletes.named(db, name)
    every = athletes.every(db)
    if len(every) == 1:
        return every[0]
    if not every:
        return athletes.add(db, "Me", _now_ms())
    raise click.UsageError(f"--athlete: one of {', '.join(one.name for one in every)}")


def _export(db: Database, path: Path) -> dict[str, Any]:
    row: dict[str, Any] = {"file": path.name, "kind": archive.FORMAT, "refused": None}
    try:
        with path.open("rb") as file:
            name = athletes.get(db, archive.restore(db, file)).name
    except PeopleError as error:
        return {**row, "refused": type(error).__name__, "result": f"refused: {error}"}
    except OSError as error:
        return {**row, "refused": "Unreadable", "result": f"cannot be opened: {error.strerror}"}
    return {**row, "athlete": name, "result": f"everything of {name} is here"}


def _one(db: Database, owner: athletes.Athlete, path: Path) -> dict[str, Any]:
    row: dict[str, Any] = {
        "file": path.name,
        "refused": None,
        "sessions": 0,
        "heart_samples": 0,
        "mean_bpm": None,
    }
    try:
        found = reading.read(path)
    except ImportRefused as error:
        return {**row, "refused": type(error).__name__, "result": f"refused: {error}"}
    except OSError as error:
        return {**row, "refused": "Unreadable", "result": f"cannot be opened: {error.strerror}"}
    outcome = imports.keep(db, owner.athlete_id, found, _now_ms())
    samples = [sample.bpm for one in found.activities for sample in one.heart]
    known = f", {outcome.sessions_known} known already" if outcome.sessions_known else ""
    alike = f", {len(outcome.alike)} to decide: they overlap others" if outcome.alike else ""
    days = f", {outcome.days} daily values" if outcome.days else ""
    return {
        **row,
        "kind": found.kind,
        "sessions": outcome.sessions_new,
        "sessions_known": outcome.sessions_known,
        "days": outcome.days,
        "to_decide": [pair.other for pair in outcome.alike],
        "heart_samples": len(samples),
        "mean_bpm": round(sum(samples) / len(samples), 2) if samples else None,
        "result": f"{found.kind}, {outcome.sessions_new} sessions new{known}{days}{alike}",
    }


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
