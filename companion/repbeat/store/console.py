"""What the commands over the store share: `--json`, and errors that say what to do next."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click
import msgspec
from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Column, Table

from repbeat.store.errors import StoreError

Command = TypeVar("Command", bound=Callable[..., Any])


def json_option(command: Command) -> Command:
    """`--json`: exactly one JSON object on standard output."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")(command)


def print_json(value: dict[str, Any]) -> None:
    """One object, on one line."""
    click.echo(msgspec.json.encode(value).decode())


def now_ms() -> int:
    """This computer's clock, unix ms."""
    return time.time_ns() // 1_000_000


def listing(rows: Iterable[Iterable[object]], *columns: str) -> None:
    """A table on standard output, no word of its head cut; None is shown as a dash."""
    heads = (Column(name, min_width=max(map(len, name.split())), overflow="fold") for name in columns)
    table = Table(*heads, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*("–" if cell is None else str(cell) for cell in row))
    Console().print(table)


@contextmanager
def errors_shown(*kinds: type[Exception]) -> Iterator[None]:
    """End the command with the message of a StoreError or of one of `kinds`."""
    caught: tuple[type[Exception], ...] = (StoreError, *kinds)
    try:
        yield
    except caught as error:
        raise click.ClickException(_told(error)) from error


def _told(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename} cannot be used ({error.strerror}): look at its folder and rights"
    return str(error)


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """Shows (done, total) as a bar on standard error, on a terminal only."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield show
