"""What every `repbeat replay …` command shares: its options, its progress bar and its way of printing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import track

Item = TypeVar("Item")


def common_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add DIR (`folder`), --json (`as_json`), --plot RECORD (`plot`) and --out FILE (`out`)."""
    command = click.option(
        "--out",
        type=click.Path(dir_okay=False, path_type=Path),
        default=Path("replay.png"),
        show_default=True,
        help="Where --plot writes its picture.",
    )(command)
    command = click.option("--plot", metavar="RECORD", help="Draw one record instead of scoring all.")(
        command
    )
    command = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")(command)
    folder = click.Path(exists=True, file_okay=False, path_type=Path)
    return click.argument("folder", metavar="DIR", type=folder)(command)


def with_progress(items: Sequence[Item], doing: str) -> Iterator[Item]:
    """Yield the items behind a progress bar on standard error."""
    yield from track(items, description=doing, console=Console(stderr=True), transient=True)


def print_json(result: dict[str, Any]) -> None:
    """Print exactly one JSON object on standard output."""
    click.echo(json.dumps(result, allow_nan=False))
