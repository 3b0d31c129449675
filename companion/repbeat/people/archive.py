"""Everything of an athlete as one ZIP: what it held is equal again when another companion takes it in.

schema.json names the format and the tables' columns; tables/*.json have the rows (bytes as base64),
csv/*.csv the same for a spreadsheet; records/*.jsonl have the devices' records as they came. Other rooms add
files for people and other programs by `EXPORTERS`; what those hold is in the tables too.
"""

from __future__ import annotations

import base64
import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from functools import partial
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import IO, Any, TypeVar

import msgspec

from repbeat.people import holdings, json_rows
from repbeat.people.errors import ArchiveError
from repbeat.people.holdings import Range, Table
from repbeat.store import Database, athletes, records, tallies, vault
from repbeat.store.blocks import LARGEST_BLOCK
from repbeat.store.database import PAGE
from repbeat_protocol.records import RecordError

Item = TypeVar("Item")

FORMAT, VERSION = "repbeat-export", 1
SCHEMA = "schema.json"

# "module:function" of (db, athlete_id) -> [(path in the ZIP, bytes), …]: files beside the tables.
EXPORTERS = ["repbeat.interop.stored:files"]

# Not in an export: keys, tokens of other services, and what is on its way; blocks are in records/.
_LEFT_OUT = ("heart_keys", "webhook_deliveries", "owners", "blocks", "service_connections", "import_jobs")
# What exports of earlier releases have that lies in the sealed records alone now.
_ONCE = {
    "recoveries": set[str](),  # as a whole
    "sessions": {"resting_bpm", "max_bpm"},
    "strain": {"resting_bpm", "max_bpm"},
    "breathings": {
        f"{when}_{what}" for when in ("before", "after") for what in ("bpm_x10", "rmssd_x10", "kept_permille")
    },
}
_RESTORED_FIRST = ("athletes", "devices", "logs", "device_athletes")
_LARGEST = 4 << 30  # bytes of one unpacked file: a decade of records is a tenth of it
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, EOFError),  # no whole ZIP
    *(
        KeyError,
        ValueError,
        RecursionError,
        msgspec.DecodeError,
        RecordError,
    ),  # nor what `export` puts in one
)
_LONGEST_LINE = 4096  # bytes of a record in records/: the longest is an eighth of it
_RATIO = 200  # more is no text that deflate made small


class Schema(msgspec.Struct, frozen=True, kw_only=True):
    """schema.json."""

    format: str
    version: int
    athlete_id: str
    created_ms: int
    tables: dict[str, list[str]]


class _Record(msgspec.Struct, frozen=True):
    seq: int
    raw: str  # hex


def export(db: Database, athlete_id: str, to: IO[bytes], now_ms: int) -> None:
    """Write an athlete's ZIP of one moment, heart data opened; NotFound if there is no such athlete.

    Some hundred rows, a block of records or one session's files are in memory at once.
    """
    with db.snapshot(), zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as whole:
        _write(db, athlete_id, whole, now_ms)


def _write(db: Database, athlete_id: str, whole: zipfile.ZipFile, now_ms: int) -> None:
    athletes.get(db, athlete_id)
    of = holdings.ranges(db, athlete_id)
    tables = [one for one in (*holdings.tables(db), *_of_devices(db)) if one.name not in _LEFT_OUT]
    columns = {one.name: list(vault.opened_columns(one.name, one.columns)) for one in tables}
    schema = Schema(format=FORMAT, version=VERSION, athlete_id=athlete_id, created_ms=now_ms, tables=columns)
    whole.writestr(SCHEMA, msgspec.json.format(msgspec.json.encode(schema)))
    for table in tables:
        with _file(whole, f"tables/{table.name}.json") as file:
            json_rows.write(file, _opened(db, table, athlete_id, of))
        with _file(whole, f"csv/{table.name}.csv") as file:
            _csv(file, columns[table.name], _opened(db, table, athlete_id, of))
    for one in of:
        with _file(whole, f"records/{one.device_id}-{one.log_id:08x}-{one.first_seq}.jsonl") as file:
            for held in records.each(db, one.device_id, one.log_id, one.first_seq, one.next_seq):
                file.write(msgspec.json.Encoder().encode_lines(_Record(seq, raw.hex()) for seq, raw in held))
    for named in EXPORTERS:
        module, _, function = named.partition(":")
        for path, content in getattr(import_module(module), function)(db, athlete_id):
            whole.writestr(path, content)


def _file(whole: zipfile.ZipFile, path: str) -> IO[bytes]:
    """A file of the ZIP, to be written in pieces."""
    return whole.open(path, "w", force_zip64=True)  # its length is not known before


def is_export(source: Path | IO[bytes]) -> bool:
    """Whether a file is a ZIP with the schema that `export` writes, whole or not."""
    if not zipfile.is_zipfile(source):
        return False
    with zipfile.ZipFile(source) as whole:
        return SCHEMA in whole.namelist()


def restore(db: Database, source: IO[bytes]) -> str:
    """Take an export in; returns the athlete's id. Rows that are here already stay as they are.

    ArchiveError for anything that is no whole export, and then nothing is taken in. Some hundred rows or
    records are in memory at once.
    """
    try:
        with zipfile.ZipFile(source) as whole:
            for info in whole.infolist():
                if info.file_size > _LARGEST or info.file_size > max(1 << 20, info.compress_size * _RATIO):
                    raise ArchiveError(f"{info.filename} unpacks to {info.file_size} bytes: not taken in")
            schema = msgspec.json.decode(whole.read(SCHEMA), type=Schema)
            if schema.format != FORMAT or schema.version != VERSION:
                raise ArchiveError(
                    f"format {schema.format} {schema.version} is not known here: update RepBeat"
                )
            with db.atomic():
                _restore(db, whole, schema)
    except _BROKEN as error:
        raise ArchiveError(f"this is no whole export of RepBeat: {error}") from error
    return schema.athlete_id


def _restore(db: Database, whole: zipfile.ZipFile, schema: Schema) -> None:
    known = {table.name: table for table in [*holdings.tables(db), *_of_devices(db)]}
    names = sorted(schema.tables, key=lambda name: (name not in _RESTORED_FIRST, name))
    for name in names:
        once = _ONCE.get(name, set())
        table = known.get(name)
        if table is None and name in _ONCE:
            continue
        columns = set(vault.opened_columns(name, table.columns)) if table else set()
        if table is None or name in _LEFT_OUT or not set(schema.tables[name]) <= columns | once:
            raise ArchiveError(f"the table {name} is not known here: update RepBeat")
        _restore_rows(db, whole, schema, name)
    for info in whole.infolist():
        if info.filename.startswith("records/"):
            _restore_log(db, whole, info)
    db.hold("athlete", schema.athlete_id)
    tallies.refresh(db, schema.athlete_id)  # those of an older export, or of sessions that were here


def _restore_rows(db: Database, whole: zipfile.ZipFile, schema: Schema, name: str) -> None:
    blobs, once = holdings.bytes_columns(db, name), _ONCE.get(name, set())
    with whole.open(f"tables/{name}.json") as file:
        for page in _pages(json_rows.read(file), PAGE):
            for row in page:
                if set(row) != set(schema.tables[name]):
                    raise ArchiveError(f"a row of {name} has other columns than schema.json says")
                if row.get("athlete_id") not in (None, schema.athlete_id):
                    raise ArchiveError(f"a row of {name} is of another athlete")
            kept = [_with_bytes(_still(row, once), blobs) for row in page]
            db.insert(name, [vault.sealed_row(db, name, row) for row in kept])


def _restore_log(db: Database, whole: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
    device_id, log, _ = info.filename.removeprefix("records/").split("-")
    with whole.open(info) as file:
        lines = iter(partial(file.readline, _LONGEST_LINE), b"")
        for some in _pages(lines, LARGEST_BLOCK):
            held = msgspec.json.Decoder(_Record).decode_lines(b"".join(some))
            found = [
                records.decoded(device_id, int(log, 16), one.seq, bytes.fromhex(one.raw)) for one in held
            ]
            records.insert(db, found)


def _pages(every: Iterator[Item], size: int) -> Iterator[list[Item]]:
    """So many at a time."""
    while page := list(islice(every, size)):
        yield page


def _still(row: dict[str, Any], once: set[str]) -> dict[str, Any]:
    """A row without what it has no more."""
    return {name: value for name, value in row.items() if name not in once}


def _of_devices(db: Database) -> list[Table]:
    """The tables by which records and sessions find their device and log."""
    return [Table(name, holdings.columns(db, name)) for name in ("devices", "logs")]


def _opened(db: Database, table: Table, athlete_id: str, of: list[Range]) -> Iterator[list[dict[str, Any]]]:
    """A table's rows of the athlete, unsealed, some at a time."""
    of_device = table.name in ("devices", "logs")
    own = [_device_rows(db, table, of)] if of_device else holdings.pages(db, table, athlete_id, of)
    for page in own:
        yield [vault.opened_row(db, table.name, row) for row in page]


def _device_rows(db: Database, table: Table, of: Iterable[Range]) -> list[dict[str, Any]]:
    """The rows of the devices or logs that the athlete's records came from."""
    out: dict[str, dict[str, Any]] = {}
    for one in of:
        by_log = " AND log_id = :log_id" if table.name == "logs" else ""
        sql = f"SELECT * FROM {table.name} WHERE device_id = :device_id{by_log}"  # noqa: S608
        key = {"log_id": one.log_id} if by_log else {}
        for row in db.rows(sql, device_id=one.device_id, **key):
            out[f"{one.device_id}/{one.log_id if by_log else ''}"] = row
    return list(out.values())


def _with_bytes(row: dict[str, Any], blobs: set[str]) -> dict[str, Any]:
    """A row as JSON has it, with its bytes read."""
    return {
        name: base64.b64decode(value) if name in blobs and value is not None else value
        for name, value in row.items()
    }


def _csv(file: IO[bytes], columns: list[str], pages: Iterable[list[dict[str, Any]]]) -> None:
    with io.TextIOWrapper(file, encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, columns, lineterminator="\r\n")
        writer.writeheader()
        for page in pages:
            writer.writerows({name: _cell(value) for name, value in row.items()} for row in page)


def _cell(value: Any) -> Any:
    """Bytes as base64; a text that a spreadsheet would run as a formula is quoted."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value
