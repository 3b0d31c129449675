"""What the commands over the store share: `--json`, and errors that say what to do next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click
import msgspec
from rich.console import Console
from rich.progress import Progress

from repbeat.store.errors import StoreError

Command = TypeVar("Command", bound=Callable[..., Any])


def json_option(command: Command) -> Command:
    """`--json`: exactly one JSON object on standard output."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")(command)


def print_json(value: dict[str, Any]) -> None:
    """One object, on one line."""
    click.echo(msgspec.json.encode(value).decode())


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
