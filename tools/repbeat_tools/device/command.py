"""`repbeat device`: from a board out of its box to a band, and what developers ask of it, by mpremote."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress
from serial.tools import list_ports

from repbeat_protocol.bundle import BundleError
from repbeat_tools import boards, device_log
from repbeat_tools.board_file import BoardError
from repbeat_tools.device import board_log, bundle, bundle_file, flashing, partitions
from repbeat_tools.device.board_port import BoardPort
from repbeat_tools.device.errors import BoardPortError

LABEL_WIDTH = 12
NO_PORT = "No USB serial port. Is the cable one that carries data?"
KEY_FILE = "/update.key"  # as firmware/device/store/app_slots.py reads it


def _board_file(_context: click.Context, _option: click.Parameter, value: str) -> Path:
    """A path to a board file, or the name of one of the project's."""
    path = Path(value) if value.endswith(".toml") else boards.shipped(value)
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in boards.shipped("x").parent.glob("*.toml")))
        raise click.BadParameter(f"no board file {path.name}; the project has {known}")
    return path


def _usb_ports() -> list[dict[str, str]]:
    """Serial ports that a board may be on."""
    return [
        {"port": port.device, "what": port.description, "usb": f"{port.vid:04x}:{port.pid:04x}"}
        for port in list_ports.comports()
        if port.vid is not None
    ]


def _port(_context: click.Context, _option: click.Parameter, value: str | None) -> str:
    """The port that was named, else the only one there is."""
    if value is not None:
        return value
    found = _usb_ports()
    if not found:
        raise click.BadParameter(NO_PORT)
    if len(found) > 1:
        raise click.BadParameter(f"name one of {', '.join(row['port'] for row in found)}")
    return found[0]["port"]


port_option = click.option(
    "--port",
    callback=_port,
    help="As `repbeat device list` prints it.",
    show_default="the only USB serial port",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
board_argument = click.argument("board", callback=_board_file)


@contextmanager
def errors_shown() -> Iterator[None]:
    try:
        yield
    except (BoardPortError, BundleError, BoardError, device_log.LogEmpty) as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def bar(text: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error: call it with (done, total)."""
    with Progress(console=Console(file=sys.stderr), transient=True) as progress:
        task = progress.add_task(text, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


@click.group()
def device() -> None:
    """Boards on a USB port: flash, provision, test, read the log, run code."""


@device.command("list")
@json_option
def list_them(as_json: bool) -> None:
    """Serial ports that a board may be on."""
    found = _usb_ports()
    if as_json:
        click.echo(json.dumps({"ports": found}))
    elif not found:
        click.echo(NO_PORT, err=True)
    for row in () if as_json else found:
        click.echo(f"{row['port']:20} {row['usb']}  {row['what']}")


@device.command()
@board_argument
@port_option
@click.option("--source", is_flag=True, help="Copy .py files: better tracebacks, more memory.")
@json_option
def flash(board: Path, port: str, source: bool, as_json: bool) -> None:
    """Bring the firmware on BOARD up to date: what differs is written, records and settings stay.

    BOARD is a name of hardware/boards or a path to a board file of your own.
    """
    with errors_shown():
        with bar("compiling") as compiling:
            content = bundle.build(board, compiled=not source, progress=compiling)
        with BoardPort(port) as there:
            flashing.check(there)
            with bar("writing") as writing:
                done = flashing.flash(there, content, writing)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "board": board.stem,
                    "written": done.written,
                    "unchanged": done.unchanged,
                    "removed": done.removed,
                    "bytes": done.bytes,
                }
            )
        )
    else:
        click.echo(
            f"{board.stem}: {done.written} files written ({done.bytes} bytes), {done.unchanged} unchanged, "
            f"{done.removed} removed. It starts anew now."
        )


@device.command("partitions")
@board_argument
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path))
def partition_table(board: Path, output: Path) -> None:
    """Write BOARD's partition table, as the bootloader reads it at 0x8000."""
    with errors_shown():
        output.write_bytes(partitions.table(board))
    click.echo(f"esptool write-flash 0x{partitions.OFFSET:x} {output}")


def _setting(text: str) -> tuple[str, int | str]:
    """NAME=VALUE as the firmware keeps it: whole numbers are numbers."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.BadParameter(f"{text}: a setting is NAME=VALUE, such as stack_step_um=20000")
    return name, int(value) if value.lstrip("-").isdigit() else value


@device.command()
@port_option
@click.option("--name", help="What it calls itself over Bluetooth, up to 20 bytes.")
@click.option("--resting", "resting_bpm", type=click.IntRange(30, 110), help="Resting heart rate, bpm.")
@click.option("--max", "max_bpm", type=click.IntRange(120, 230), help="Maximum heart rate, bpm.")
@click.option("--strap", help="A chest strap's address or name; empty for none.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Any setting of the firmware (device/store/settings.py), such as stack_step_um=20000.",
)
@click.option(
    "--update-key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Pin this key: updates over the air must be signed with it.",
)
@json_option
def provision(
    port: str,
    name: str | None,
    resting_bpm: int | None,
    max_bpm: int | None,
    strap: str | None,
    settings: tuple[str, ...],
    update_key: Path | None,
    as_json: bool,
) -> None:
    """Set what a device should know of itself and its wearer, and print what it then holds."""
    asked = {"name": name, "resting_bpm": resting_bpm, "max_bpm": max_bpm, "strap": strap}
    asked |= dict(_setting(one) for one in settings)
    change = {key: value for key, value in asked.items() if value is not None}
    with errors_shown(), BoardPort(port) as there:
        there.run(
            "from esp32 import Partition\nfrom device.store.settings import Settings\n"
            "settings = Settings(Partition.find(1, label='cfg')[0])\n"
            f"settings.update({change!r})\n"
        )
        if update_key is not None:
            there.write(KEY_FILE, b"%x" % bundle_file.read_modulus(update_key))
        held = there.ask(f"{{name: settings.get(name, None) for name in {tuple(asked)!r}}}")
        held["update_key"] = there.ask(
            "__import__('device.store.app_slots').store.app_slots.pinned_key() != 0"
        )
        held["unique_id"] = there.ask("__import__('machine').unique_id().hex()")
    _show(held, as_json)


@device.command()
@port_option
@json_option
def selftest(port: str, as_json: bool) -> None:
    """Ask every part whether it is well; the board lies still meanwhile. Exit code 1 if one is not."""
    with errors_shown(), BoardPort(port) as there:
        result = json.loads(
            there.run(
                "import json\nfrom device.system import selftest\n"
                "print(json.dumps(selftest.run(json.load(open('/board.json')))))"
            )
        )
    if as_json:
        click.echo(json.dumps(result))
    else:
        click.echo(f"{result['board']}, firmware {result['firmware']}, id {result['unique_id']}")
        for name, part in result["parts"].items():
            rest = {key: value for key, value in part.items() if key not in ("ok", "problem")}
            figures = ", ".join(f"{key} {value}" for key, value in rest.items())
            click.echo(f"  {'well ' if part['ok'] else 'WRONG'} {name:10} {part['problem'] or figures}")
    if not result["ok"]:
        raise SystemExit(1)


@device.command()
@board_argument
@port_option
@click.option("--tail", type=click.IntRange(1), default=20, show_default=True, help="Records shown.")
@json_option
def logs(board: Path, port: str, tail: int, as_json: bool) -> None:
    """The records in the flash of BOARD, newest last, read without writing a byte."""
    with errors_shown(), BoardPort(port) as there, bar("reading the log") as reading:
        log_id, held = board_log.read(there, boards.load(board), reading)
    rows = list(board_log.table(held))
    if as_json:
        click.echo(json.dumps({"log_id": log_id, "count": len(held), "records": rows[-tail:]}))
        return
    click.echo(f"log {log_id:08x}: {len(held)} records")
    for row in rows[-tail:]:
        fields = row.get("fields")
        what = ", ".join(f"{key} {value}" for key, value in fields.items()) if fields else row.get("payload")
        click.echo(
            f"{row['seq']:7} boot {row['boot']} +{row['uptime_ms'] / 1000:.1f} s {row['kind']:12} {what}"
        )


@device.command()
@port_option
def shell(port: str) -> None:
    """The board's own prompt (mpremote's; Ctrl-] leaves)."""
    raise SystemExit(subprocess.call([sys.executable, "-m", "mpremote", "connect", port, "repl"]))


@device.command()
@click.argument("script", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@port_option
def run(script: Path, port: str) -> None:
    """Run SCRIPT on the board, with the firmware's modules at hand; what it prints appears as it comes."""
    with errors_shown(), BoardPort(port) as there:
        there.run(script.read_text(encoding="utf-8"), _echo)


@device.command()
@port_option
@json_option
def bench(port: str, as_json: bool) -> None:
    """What a second of motion and of optical signal costs on the board itself."""
    script = (files("repbeat_tools.device") / "on_device" / "signal_cost.py").read_text(encoding="utf-8")
    with errors_shown(), BoardPort(port) as there:
        result = json.loads(there.run(script))
    for part in ("reps", "heart"):
        result[f"{part}_share"] = result[f"{part}_us_per_s"] / 1_000_000
    _show(result, as_json)


def _echo(output: bytes) -> None:
    click.echo(output.replace(b"\x04", b""), nl=False)


def _show(values: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(values))
        return
    for key, value in values.items():
        click.echo(f"{key:{LABEL_WIDTH}} {value}")
