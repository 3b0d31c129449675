"""Where the database is when nobody says, and the option by which every command takes another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from platformdirs import user_data_path

Command = TypeVar("Command", bound=Callable[..., Any])
Location = Path | str  # a SQLite file, or the postgresql:// address of a server's database


def default_path() -> Path:
    """The database in the person's own data folder, as the operating system has it."""
    return user_data_path("repbeat", appauthor=False) / "repbeat.sqlite3"


class _Location(click.ParamType[Location]):
    name = "path or postgresql://"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Location:
        if isinstance(value, str) and "://" in value:
            if not value.startswith(("postgresql://", "postgres://")):
                self.fail(
                    f"only postgresql:// addresses are spoken, not {value.split('://')[0]}://", param, ctx
                )
            return value
        path = Path(value)
        if path.is_dir():
            self.fail(f"{path} is a folder: name the database file in it", param, ctx)
        return path


def database_option(command: Command) -> Command:
    """`--database`, else REPBEAT_DATABASE_URL (PostgreSQL), else REPBEAT_DATABASE (a file)."""
    return click.option(
        "--database",
        type=_Location(),
        default=default_path,
        envvar=["REPBEAT_DATABASE_URL", "REPBEAT_DATABASE"],
        show_envvar=True,
        show_default="the user's data folder",
        help="The database: a SQLite file, or a postgresql:// address.",
    )(command)
