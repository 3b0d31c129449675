"""How `repbeat serve` runs: a TOML file, the environment above it, options above both; all checked."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from platformdirs import user_config_path

PREFIX = "REPBEAT_"
FILE = "REPBEAT_CONFIG"

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class BadSettings(ValueError):
    """A setting that cannot be; the message names it, where it was read, and what it may be."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every setting with its default; in the environment the name is REPBEAT_ and the name in capitals."""

    host: str = "127.0.0.1"
    port: Port = 8040
    database: str | None = None  # None: REPBEAT_DATABASE_URL, REPBEAT_DATABASE, or the data folder
    access: Literal["accounts", "open"] = "accounts"  # open: whoever sits at this computer, loopback alone
    hub: bool = True  # collect from devices meanwhile
    threads: Annotated[int, msgspec.Meta(ge=2, le=256)] = 16
    trusted_proxies: Annotated[int, msgspec.Meta(ge=0, le=5)] = 0  # that stand in front and add X-Forwarded-*
    requests_a_minute: Annotated[int, msgspec.Meta(ge=10)] = 600
    streams: Count = 6
    private_webhooks: bool = False  # may webhooks go to addresses of the local network?
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"


def default_file() -> Path:
    """Where the file is when nobody says; it need not be there."""
    return user_config_path("repbeat", appauthor=False) / "repbeat.toml"


def read(
    file: Path | None = None,
    environment: Mapping[str, str] = os.environ,
    options: Mapping[str, Any] | None = None,
) -> Settings:
    """The settings in force; BadSettings says which one is wrong, and where.

    `file` None: that of REPBEAT_CONFIG, or the default one where it is there. `options` that are None were
    not given.
    """
    named = file or (Path(environment[FILE]) if environment.get(FILE) else None)
    values = _of_file(named or default_file(), must_be=named is not None)
    sources = dict.fromkeys(values, str(named or default_file()))
    for field in msgspec.structs.fields(Settings):
        name = PREFIX + field.name.upper()
        if field.name != "database" and name in environment:  # the database has its own way
            values[field.name] = environment[name]
            sources[field.name] = name
    for option, value in (options or {}).items():
        if value is not None:
            values[option] = value
            sources[option] = f"--{option.replace('_', '-')}"
    for name, value in values.items():
        _check(name, value, sources[name])
    return msgspec.convert(values, Settings, strict=False)


def _of_file(path: Path, *, must_be: bool) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except FileNotFoundError as error:
        if must_be:
            raise BadSettings(f"{path} is not there: make it, or leave {FILE} and --config out") from error
        return {}
    except OSError as error:
        raise BadSettings(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{path} is no TOML: {error}") from error


def _check(name: str, value: Any, source: str) -> None:
    fields = {field.name: field.type for field in msgspec.structs.fields(Settings)}
    if name not in fields:
        raise BadSettings(f"{source}: there is no setting {name!r}; there are: {', '.join(sorted(fields))}")
    try:
        msgspec.convert(value, fields[name], strict=False)
    except msgspec.ValidationError as error:
        raise BadSettings(f"{source}: {name} = {value!r} cannot be: {error}") from error
