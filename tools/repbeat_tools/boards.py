"""Board files: hardware/boards/*.toml, checked and compiled into the settings that the firmware loads
(board.json).

    python -m repbeat_tools.boards hardware/boards/xiao_esp32s3_band.toml -o board.json

Each mistake is a BoardError that names the key.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import click
import msgspec

from repbeat_tools.board_file import RAW_SUBTYPES, BoardError, BoardFile
from repbeat_tools.board_rules import problems


def read(path: Path) -> BoardFile:
    """Read and check a board file. Raises BoardError."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BoardError(f"{path.name}: no TOML: {error}") from error
    try:
        board = msgspec.convert(table, BoardFile)
    except msgspec.ValidationError as error:
        raise BoardError(f"{path.name}: {_named(str(error))}") from error
    if board.board != path.stem:
        raise BoardError(f"{path.name}: board: {board.board!r} is not the name of the file, {path.stem!r}")
    for key, problem in problems(board):
        raise BoardError(f"{path.name}: {key}: {problem}")
    return board


def _named(message: str) -> str:
    """Put msgspec's path first: "Expected `int`, got `str` - at `$.imu.rate_hz`" -> "imu.rate_hz.

    Expected …".
    """
    found = re.fullmatch(r"(.*?)(?: - at `\$\.?(.*)`)?", message, re.DOTALL)
    what, where = (found[1], found[2]) if found else (message, None)
    field = re.search(r"field `(\w+)`", what)
    if field:
        where = f"{where}.{field[1]}" if where else field[1]
    return f"{where}: {what}" if where else what


def shipped(name: str) -> Path:
    """A board file of the project: of the checkout, else the copy inside the installed package."""
    tools_package = Path(__file__).resolve().parent
    checkout = tools_package.parents[1] / "hardware" / "boards"
    folder = checkout if checkout.is_dir() else tools_package / "_boards"
    return folder / f"{name}.toml"


def load(path: Path) -> dict[str, Any]:
    """The settings of a board file as the firmware gets them: absent parts left out, raw partitions only."""
    board = read(path)
    settings: dict[str, Any] = msgspec.to_builtins(board)
    del settings["sources"]
    settings = {key: value for key, value in settings.items() if value is not None}
    raw = [p for p in settings["flash"]["partitions"] if p["type"] == 1 and p["subtype"] in RAW_SUBTYPES]
    settings["flash"] = {"size": board.flash.size, "partitions": raw}
    return settings


def compile_json(path: Path) -> bytes:
    """board.json for the device's file system."""
    return json.dumps(load(path), separators=(",", ":")).encode()


def partition_table(path: Path) -> str:
    """The flash layout as the CSV that Espressif's gen_esp32part.py takes."""
    kinds = {0: "app", 1: "data"}
    lines = [
        f"{p.label},{kinds[p.type]},0x{p.subtype:02x},0x{p.offset:x},0x{p.size:x},"
        for p in read(path).flash.partitions
    ]
    return "\n".join(["# Name,Type,SubType,Offset,Size,Flags", *lines, ""])


def schema() -> str:
    """JSON schema of a board file, for editors that check TOML while one types."""
    return json.dumps(msgspec.json.schema(BoardFile), indent=2) + "\n"


@click.command()
@click.argument("board", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Where board.json goes."
)
@click.option("--partitions", is_flag=True, help="Print the partition table instead.")
def main(board: Path, output: Path | None, partitions: bool) -> None:
    """Check a board file and compile it into the device's settings."""
    try:
        text = partition_table(board) if partitions else compile_json(board).decode()
    except BoardError as error:
        raise click.ClickException(str(error)) from error
    if output:
        output.write_text(text, encoding="utf-8")
    else:
        click.echo(text)


if __name__ == "__main__":
    sys.exit(main())
