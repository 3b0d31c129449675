"""`repbeat import`: files of other programs, each with what came of it."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import track

from repbeat.interop import imports, index, reading
from repbeat.interop.errors import ImportRefused
from repbeat.interop.index import Expected
from repbeat.people import archive
from repbeat.people.errors import PeopleError
from repbeat.store import Database, athletes
from repbeat.store.console import errors_shown, json_option, listing, print_json
from repbeat.store.location import Location, database_option


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--athlete", help="Whose sessions they are; may be left out when there is one athlete only.")
@click.option(
    "--index",
    "index_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV of what another reader found in the files (file, hr_samples, hr_min, hr_max, hr_mean), to "
    "compare with.  [default: index.csv in a named folder or beside it]",
)
@json_option
@database_option
def import_files(
    files: tuple[Path, ...], athlete: str | None, index_file: Path | None, as_json: bool, database: Location
) -> None:
    """Take in FIT, TCX, GPX and CSV files, Apple Health exports, what `repbeat export` wrote, or folders.

    The same file again changes nothing. An export of RepBeat's brings its own athlete. Nights of a ring come
    as CSV with the columns day, kind (resting_bpm, rmssd_ms, sdnn_ms, asleep_s), source, value.

    Sessions that overlap one that is here already are marked for you to decide, never dropped. Exit code 1
    when a file was refused; the others are kept.
    """
    folders = [path for path in files if path.is_dir()]
    index_file = index_file or next(filter(None, map(index.found_for, folders)), None)
    paths = [one for path in files for one in (_in(path) if path.is_dir() else [path])]
    with errors_shown(ValueError), Database(database) as db:
        expected = index.read(index_file) if index_file else {}
        exports = {path for path in paths if archive.is_export(path)}
        owner = None if exports >= set(paths) else _Owner(db, athlete)
        quiet = len(paths) == 1 or not sys.stderr.isatty()
        rows = [
            _export(db, path)
            if owner is None or path in exports
            else _one(db, owner, path, expected.get(path.name))
            for path in track(paths, "importing", console=Console(stderr=True), disable=quiet)
        ]
    if as_json:
        print_json({"athlete": owner.known.name if owner and owner.known else None, "files": rows})
    else:
        _show(rows)
    if any(row["refused"] for row in rows):
        raise click.exceptions.Exit(1)


def _in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file() and path.name != index.NAME)


def _show(rows: list[dict[str, Any]]) -> None:
    """As sentences, or as a table where there is an index to compare with."""
    if not any(row.get("agreement") for row in rows):
        for row in rows:
            click.echo(f"{row['file']}: {row['result']}")
        return
    shown = [
        (row["file"], row["result"], row["agreement"].text if row.get("agreement") else "") for row in rows
    ]
    listing(shown, "file", "result", "heart rate beside the index")


class _Owner:
    """Whose the sessions are. An empty companion gets its first athlete with the first file that is kept."""

    def __init__(self, db: Database, name: str | None) -> None:
        self._db = db
        nobody = name is None and not athletes.every(db)
        self.known = None if nobody else athletes.meant(db, name)

    def athlete_id(self) -> str:
        if self.known is None:
            self.known = athletes.add(self._db, "Me", _now_ms())
        return self.known.athlete_id


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


def _one(db: Database, owner: _Owner, path: Path, expected: Expected | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "file": path.name,
        "refused": None,
        "sessions": 0,
        "heart_samples": 0,
        "mean_bpm": None,
        "agreement": index.compare(expected, [], refused=True) if expected else None,
    }
    try:
        found = reading.read(path)
    except ImportRefused as error:
        return {**row, "refused": type(error).__name__, "result": f"refused: {error}"}
    except OSError as error:
        return {**row, "refused": "Unreadable", "result": f"cannot be opened: {error.strerror}"}
    with db.atomic():
        outcome = imports.keep(db, owner.athlete_id(), found, _now_ms())
    count = total = 0
    for one in found.activities:
        count += len(one.heart)
        total += sum(sample.bpm for sample in one.heart)
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
        "heart_samples": count,
        "mean_bpm": round(total / count, 2) if count else None,
        "agreement": expected
        and index.compare(
            expected, [sample.bpm for one in found.activities for sample in one.heart], refused=False
        ),
        "result": f"{found.kind}, {outcome.sessions_new} new{known}{days}{alike}",
    }


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
