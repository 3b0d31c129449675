"""Where the database is when nobody says, and the option by which every command takes another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from platformdirs import user_data_path

Command = TypeVar("Command", bound=Callable[..., Any])


def default_path() -> Path:
    """The database in the person's own data folder, as the operating system has it."""
    return user_data_path("repbeat", appauthor=False) / "repbeat.sqlite3"


def database_option(command: Command) -> Command:
    """`--database PATH`, also from the environment variable REPBEAT_DATABASE."""
    return click.option(
        "--database",
        type=click.Path(dir_okay=False, path_type=Path),
        default=default_path,
        envvar="REPBEAT_DATABASE",
        show_envvar=True,
        show_default="the user's data folder",
        help="The database file.",
    )(command)
