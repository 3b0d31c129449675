"""What types cannot say of a board: its pins are there and free, its parts reachable, its flash whole."""

from __future__ import annotations

from collections.abc import Iterator

from repbeat_tools.board_file import RAW_SUBTYPES, SECTOR, BoardFile, Distance, Flash, Imu, Optical

APP_SLOTS = ("app0", "app1")

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
IMU_RATES_HZ = {"lsm6dso": (26, 52, 104, 208), "mpu6886": (25, 40, 50, 100, 125, 200)}
OPTICAL_RAW_HZ = (50, 100, 200, 400)


def problems(board: BoardFile) -> Iterator[tuple[str, str]]:
    """(key, what is wrong with it) of each mistake."""
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
