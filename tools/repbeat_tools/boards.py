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
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import click
import msgspec
from msgspec import Meta, Struct

SCHEMA = 1
SECTOR = 4096
APP_SLOTS = ("app0", "app1")
RAW_SUBTYPES = range(0x40, 0x80)  # data partitions that the application names: what the firmware opens itself

# GPIO numbers that exist and are not taken by the flash, and those of ADC 1 (ADC 2 clashes with the radio);
# the chips' data sheets, "pin definitions". Inputs only: pins without an output driver.
PINS = {
    "esp32": {*range(0, 6), *range(12, 20), 21, 22, 23, *range(25, 28), *range(32, 40)},
    "esp32s3": {*range(0, 22), *range(33, 49)},
    "esp32c3": {*range(0, 11), *range(18, 22)},
}
ADC_PINS = {"esp32": range(32, 40), "esp32s3": range(1, 11), "esp32c3": range(0, 5)}
NO_PULSE_COUNTER = ("esp32c3",)  # its data sheet lists no PCNT
INPUT_ONLY = {"esp32": range(34, 40), "esp32s3": range(0), "esp32c3": range(0)}


class BoardError(ValueError):
    """A board file is wrong. The message names the key, what is wrong with it and what may stand there."""


Pin = Annotated[int, Meta(ge=0, le=48)]
Address = Annotated[int, Meta(ge=0x08, le=0x77)]


class _Table(Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=False):
    pass


class I2c(_Table):
    id: Annotated[int, Meta(ge=0, le=1)]
    sda: Pin
    scl: Pin
    freq_hz: Annotated[int, Meta(ge=10_000, le=400_000)]


class Optical(_Table):
    part: Literal["max30102"]
    i2c: int
    address: Address
    rate_hz: Literal[25, 50, 100, 200]
    average: Literal[1, 2, 4, 8]
    led_ma_x10: Annotated[int, Meta(ge=2, le=510)]
    int_pin: Pin | None = None


class Imu(_Table):
    part: Literal["lsm6dso", "mpu6886"]
    i2c: int
    address: Address
    rate_hz: int
    accel_g: Literal[2, 4, 8, 16]
    gyro_dps: Literal[250, 500, 1000, 2000]
    int_pin: Pin | None = None


class Distance(_Table):
    part: Literal["vl53l1x"]
    i2c: int
    address: Address
    rate_hz: Literal[10, 25, 40]
    int_pin: Pin | None = None


class Encoder(_Table):
    part: Literal["quadrature"]
    pin_a: Pin
    pin_b: Pin
    um_per_count: Annotated[int, Meta(ge=1, le=20_000)]
    rate_hz: Annotated[int, Meta(ge=10, le=100)]


class LoadCell(_Table):
    part: Literal["hx711"]
    data_pin: Pin
    clock_pin: Pin
    rate_hz: Literal[10, 80]


class Button(_Table):
    pin: Pin
    active_low: bool
    pull_up: bool


class Haptic(_Table):
    pin: Pin
    freq_hz: Annotated[int, Meta(ge=100, le=40_000)]
    strength_permille: Annotated[int, Meta(ge=1, le=1000)]


class Led(_Table):
    pin: Pin
    active_low: bool


class Battery(_Table):
    pin: Pin
    divider_permille: Annotated[int, Meta(ge=1000, le=10_000)]
    charging_pin: Pin | None = None
    charging_active_low: bool = True


class Display(_Table):
    part: Literal["st7789"]
    spi: Literal[1, 2]
    sck: Pin
    mosi: Pin
    cs: Pin
    dc: Pin
    reset: Pin
    backlight: Pin
    freq_hz: Annotated[int, Meta(ge=1_000_000, le=62_500_000)]
    width: Annotated[int, Meta(ge=120, le=240)]
    height: Annotated[int, Meta(ge=160, le=320)]
    x_offset: Annotated[int, Meta(ge=0, le=239)]
    y_offset: Annotated[int, Meta(ge=0, le=319)]


class Partition(_Table):
    label: Annotated[str, Meta(min_length=1, max_length=16)]
    type: Literal[0, 1]
    subtype: Annotated[int, Meta(ge=0, le=0xFE)]
    offset: Annotated[int, Meta(ge=0x9000)]
    size: Annotated[int, Meta(ge=SECTOR)]


class Flash(_Table):
    size: Annotated[int, Meta(ge=0x200000)]
    partitions: list[Partition]


class BoardFile(_Table):
    schema: Literal[1]
    board: Annotated[str, Meta(pattern="^[a-z0-9_]+$")]
    title: str
    role: Literal["band", "stack", "clip", "relay"]
    mcu: Literal["esp32", "esp32s3", "esp32c3"]
    sources: Annotated[list[str], Meta(min_length=1)]
    i2c: list[I2c]
    flash: Flash
    hold_pin: Pin | None = None
    optical: Optical | None = None
    imu: Imu | None = None
    distance: Distance | None = None
    encoder: Encoder | None = None
    load_cell: LoadCell | None = None
    button: Button | None = None
    haptic: Haptic | None = None
    led: Led | None = None
    battery: Battery | None = None
    display: Display | None = None


IMU_RATES_HZ = {"lsm6dso": (26, 52, 104, 208), "mpu6886": (25, 40, 50, 100, 125, 200)}
OPTICAL_RAW_HZ = (50, 100, 200, 400)


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
    for key, problem in _problems(board, path):
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


def _problems(board: BoardFile, path: Path) -> Iterator[tuple[str, str]]:
    if board.board != path.stem:
        yield "board", f"{board.board!r} is not the name of the file, {path.stem!r}"
    yield from _pin_problems(board)
    yield from _part_problems(board)
    yield from _flash_problems(board.flash)


def _pins(board: BoardFile) -> Iterator[tuple[str, int, bool]]:
    """Key, pin, and whether the pin drives something."""
    for i, bus in enumerate(board.i2c):
        yield f"i2c[{i}].sda", bus.sda, True
        yield f"i2c[{i}].scl", bus.scl, True
    if board.hold_pin is not None:
        yield "hold_pin", board.hold_pin, True
    for name, part in (("optical", board.optical), ("imu", board.imu), ("distance", board.distance)):
        if part is not None and part.int_pin is not None:
            yield f"{name}.int_pin", part.int_pin, False
    if board.encoder:
        yield "encoder.pin_a", board.encoder.pin_a, False
        yield "encoder.pin_b", board.encoder.pin_b, False
    if board.load_cell:
        yield "load_cell.data_pin", board.load_cell.data_pin, False
        yield "load_cell.clock_pin", board.load_cell.clock_pin, True
    if board.button:
        yield "button.pin", board.button.pin, False
    if board.haptic:
        yield "haptic.pin", board.haptic.pin, True
    if board.led:
        yield "led.pin", board.led.pin, True
    if board.display:
        for name in ("sck", "mosi", "cs", "dc", "reset", "backlight"):
            yield f"display.{name}", getattr(board.display, name), True
    if board.battery:
        yield "battery.pin", board.battery.pin, False
        if board.battery.charging_pin is not None:
            yield "battery.charging_pin", board.battery.charging_pin, False


def _pin_problems(board: BoardFile) -> Iterator[tuple[str, str]]:
    taken: dict[int, str] = {}
    for key, pin, drives in _pins(board):
        if pin not in PINS[board.mcu]:
            yield key, f"the {board.mcu} has no usable GPIO {pin}"
        elif drives and pin in INPUT_ONLY[board.mcu]:
            yield key, f"GPIO {pin} of the {board.mcu} is an input only"
        elif pin in taken:
            yield key, f"GPIO {pin} is taken by {taken[pin]}"
        taken[pin] = key
    if board.battery and board.battery.pin not in ADC_PINS[board.mcu]:
        yield "battery.pin", f"GPIO {board.battery.pin} is not on ADC 1 of the {board.mcu}"
    if board.button and board.button.pull_up and board.button.pin in INPUT_ONLY[board.mcu]:
        yield "button.pull_up", f"GPIO {board.button.pin} of the {board.mcu} has no pull-up"


def _part_problems(board: BoardFile) -> Iterator[tuple[str, str]]:
    buses = [bus.id for bus in board.i2c]
    if len(set(buses)) < len(buses):
        yield "i2c", "two buses have the same id"
    parts: list[tuple[str, Optical | Imu | Distance]] = []
    if board.optical:
        parts.append(("optical", board.optical))
        if board.optical.rate_hz * board.optical.average not in OPTICAL_RAW_HZ:
            yield "optical.average", f"rate_hz x average must be one of {OPTICAL_RAW_HZ}"
    if board.imu:
        parts.append(("imu", board.imu))
        if board.imu.rate_hz not in IMU_RATES_HZ[board.imu.part]:
            yield (
                "imu.rate_hz",
                f"the {board.imu.part} has {IMU_RATES_HZ[board.imu.part]}, not {board.imu.rate_hz}",
            )
    if board.distance:
        parts.append(("distance", board.distance))
    yield from _stack_problems(board)
    places: dict[tuple[int, int], str] = {}
    for name, part in parts:
        if part.i2c not in buses:
            yield f"{name}.i2c", f"there is no bus {part.i2c}, only {buses}"
        if (part.i2c, part.address) in places:
            yield f"{name}.address", f"0x{part.address:02x} is taken by {places[part.i2c, part.address]}"
        places[part.i2c, part.address] = name


def _stack_problems(board: BoardFile) -> Iterator[tuple[str, str]]:
    """What measures a machine's way and load belongs together."""
    if board.encoder and board.distance:
        yield "encoder", "the way has one sensor: take out [distance] or [encoder]"
    if board.encoder and board.mcu in NO_PULSE_COUNTER:
        yield "encoder.part", f"the {board.mcu} has no pulse counter: take an esp32 or esp32s3, or [distance]"
    if board.encoder:
        for key in ("pin_a", "pin_b"):
            if getattr(board.encoder, key) in INPUT_ONLY[board.mcu]:
                yield (
                    f"encoder.{key}",
                    f"GPIO {getattr(board.encoder, key)} of the {board.mcu} has no pull-up",
                )
    if board.load_cell and not (board.distance or board.encoder):
        yield "load_cell", "a load alone is no repetition: the board needs [distance] or [encoder], too"


def _flash_problems(flash: Flash) -> Iterator[tuple[str, str]]:
    end = 0
    labels = [p.label for p in flash.partitions]
    for i, part in enumerate(flash.partitions):
        key = f"flash.partitions[{i}]"
        if labels.index(part.label) != i:
            yield f"{key}.label", f"{part.label!r} occurs twice"
        if part.offset % SECTOR or part.size % SECTOR:
            yield f"{key}.offset", "offset and size must be multiples of 4096"
        if part.type == 0 and part.offset % 0x10000:
            yield f"{key}.offset", "an application partition begins at a multiple of 0x10000"
        if part.offset < end:
            yield f"{key}.offset", f"0x{part.offset:x} lies inside the partition before"
        end = part.offset + part.size
        if end > flash.size:
            yield f"{key}.size", f"ends at 0x{end:x}, beyond the flash of 0x{flash.size:x} bytes"
    for label in ("log", "cfg"):
        if not any(p.label == label and p.type == 1 and p.subtype in RAW_SUBTYPES for p in flash.partitions):
            yield "flash.partitions", f"no data partition {label!r} with a subtype of 0x40-0x7f"
    slots = [p for p in flash.partitions if p.label in APP_SLOTS]
    if len(slots) == 1:
        yield (
            "flash.partitions",
            f"{slots[0].label!r} alone is of no use: there are {APP_SLOTS}, or none",
        )
    for p in slots:
        if p.type != 1 or p.subtype not in RAW_SUBTYPES or p.size != slots[0].size:
            i = labels.index(p.label)
            yield f"flash.partitions[{i}]", "application slots are raw data partitions of the same size"


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
