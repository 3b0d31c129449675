"""The CSV tables in a folder of recordings."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

import click


def read_table(path: Path, columns: Iterable[str] = ()) -> list[dict[str, str]]:
    """All rows of a table by column name; click's error says which file or which of `columns` is missing."""
    try:
        file = path.open(newline="", encoding="utf-8")
    except FileNotFoundError as error:
        raise click.ClickException(
            f"no {path.name} in {path.parent}: `repbeat replay --help` tells what a folder holds"
        ) from error
    with file:
        table = csv.DictReader(file)
        missing = [name for name in columns if name not in (table.fieldnames or ())]
        if missing:
            raise click.ClickException(f"{path}: no column {', '.join(missing)}")
        return list(table)
