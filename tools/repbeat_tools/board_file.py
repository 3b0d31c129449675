"""What a board file (hardware/boards/*.toml) may say: its tables, keys, types and ranges."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

SECTOR = 4096
RAW_SUBTYPES = range(0x40, 0x80)  # data partitions that the application names: what the firmware opens itself


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
