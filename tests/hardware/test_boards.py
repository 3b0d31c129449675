"""Board files: the shipped ones compile, and each kind of mistake is named by its key."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from repbeat_tools import boards
from repbeat_tools.board_file import BoardError

BOARDS = Path(__file__).resolve().parents[2] / "hardware/boards"
NAMES = sorted(path.stem for path in BOARDS.glob("*.toml"))


@pytest.mark.parametrize("name", NAMES)
def test_shipped_boards_compile(name: str) -> None:
    settings = json.loads(boards.compile_json(BOARDS / f"{name}.toml"))
    assert settings["board"] == name
    assert {p["label"] for p in settings["flash"]["partitions"]} == {"log", "cfg", "app0", "app1"}
    assert "sources" not in settings
    table = boards.partition_table(BOARDS / f"{name}.toml")
    assert "log,data,0x40,0x200000,0x100000," in table


CABLE = [
    ("rate_hz = 10\n", "rate_hz = 20\n", "load_cell.rate_hz: Invalid enum value 20"),
    ("clock_pin = 8", "clock_pin = 7", "load_cell.clock_pin: GPIO 7 is taken by load_cell.data_pin"),
    ("clock_pin = 8 # D9, PD_SCK\n", "", "load_cell.clock_pin: Object missing required field `clock_pin`"),
    ("um_per_count = 125", "um_per_count = 0", "encoder.um_per_count: Expected `int` >= 1"),
    ("pin_b = 5", "pin_b = 4", "encoder.pin_b: GPIO 4 is taken by encoder.pin_a"),
    ('part = "quadrature"', 'part = "as5600"', "encoder.part: Invalid enum value 'as5600'"),
    ('mcu = "esp32s3"', 'mcu = "esp32c3"', "encoder.part: the esp32c3 has no pulse counter"),
    (
        "[encoder]",
        '[distance]\npart = "vl53l1x"\ni2c = 0\naddress = 0x29\nrate_hz = 40\n\n[encoder]',
        "encoder: the way has one sensor",
    ),
    ("[encoder]", None, "load_cell: a load alone is no repetition"),
]


@pytest.mark.parametrize(("old", "new", "message"), CABLE)
def test_mistakes_of_way_and_load_are_named(tmp_path: Path, old: str, new: str | None, message: str) -> None:
    text = (BOARDS / "xiao_esp32s3_cable.toml").read_text()
    assert old in text
    text = re.sub(r"\[encoder\][^\[]*", "", text) if new is None else text.replace(old, new, 1)
    path = tmp_path / "xiao_esp32s3_cable.toml"
    path.write_text(text)
    with pytest.raises(BoardError, match=re.escape(message)):
        boards.read(path)


def test_absent_parts_are_left_out(tmp_path: Path) -> None:
    text = (BOARDS / "xiao_esp32s3_band.toml").read_text()
    text = re.sub(r"\[haptic\][^\[]*", "", text)
    path = tmp_path / "xiao_esp32s3_band.toml"
    path.write_text(text)
    assert "haptic" not in boards.load(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('part = "lsm6dso"', 'part = "bmi270"', "imu.part: Invalid enum value 'bmi270'"),
        ("rate_hz = 104", 'rate_hz = "104"', "imu.rate_hz: Expected `int`, got `str`"),
        ("rate_hz = 104", "rate_hz = 100", "imu.rate_hz: the lsm6dso has (26, 52, 104, 208), not 100"),
        ("rate_hz = 104", "ratehz = 104", "imu.ratehz: Object contains unknown field `ratehz`"),
        ("accel_g = 8\n", "", "imu.accel_g: Object missing required field `accel_g`"),
        (
            "average = 2",
            "average = 8",
            "optical.average: rate_hz x average must be one of (50, 100, 200, 400)",
        ),
        ("address = 0x57", "address = 0x6A", "imu.address: 0x6a is taken by optical"),
        ("address = 0x57", "address = 0x80", "optical.address: Expected `int` <= 119"),
        ("i2c = 0\naddress = 0x6A", "i2c = 1\naddress = 0x6A", "imu.i2c: there is no bus 1, only [0]"),
        ("pin = 2 # D1", "pin = 5 # D1", "button.pin: GPIO 5 is taken by i2c[0].sda"),
        ("pin = 2 # D1", "pin = 27 # D1", "button.pin: the esp32s3 has no usable GPIO 27"),
        ("pin = 1 # D0", "pin = 13 # D0", "battery.pin: GPIO 13 is not on ADC 1 of the esp32s3"),
        ('mcu = "esp32s3"', 'mcu = "esp8266"', "mcu: Invalid enum value 'esp8266'"),
        ("schema = 1", "schema = 2", "schema: Invalid enum value 2"),
        (
            "offset = 0x200000",
            "offset = 0x200010",
            "flash.partitions[3].offset: offset and size must be multiples",
        ),
        (
            "offset = 0x300000",
            "offset = 0x2F0000",
            "flash.partitions[4].offset: 0x2f0000 lies inside the partition before",
        ),
        (
            "size = 0x470000",
            "size = 0x480000",
            "flash.partitions[7].size: ends at 0x810000, beyond the flash",
        ),
        ('label = "log"', 'label = "journal"', "flash.partitions: no data partition 'log'"),
        ('label = "cfg"', 'label = "log"', "flash.partitions[4].label: 'log' occurs twice"),
        ('label = "app1"', 'label = "spare"', "flash.partitions: 'app0' alone is of no use"),
        (
            "offset = 0x350000\nsize = 0x40000",
            "offset = 0x350000\nsize = 0x30000",
            "flash.partitions[6]: application slots are raw data partitions of the same size",
        ),
        ("[led]", "[lamp]", "lamp: Object contains unknown field `lamp`"),
        (
            'board = "xiao',
            'board = "my',
            "board: 'my_esp32s3_band' is not the name of the file, 'xiao_esp32s3_band'",
        ),
        ("schema = 1", "schema = ", "no TOML"),
    ],
)
def test_mistakes_name_the_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = (BOARDS / "xiao_esp32s3_band.toml").read_text()
    assert old in text
    path = tmp_path / "xiao_esp32s3_band.toml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(BoardError) as caught:
        boards.load(path)
    assert f"xiao_esp32s3_band.toml: {message}" in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("pin = 26", "pin = 36", "haptic.pin: GPIO 36 of the esp32 is an input only"),
        ("pull_up = false", "pull_up = true", "button.pull_up: GPIO 37 of the esp32 has no pull-up"),
        ("id = 1 # Grove port", "id = 0", "i2c: two buses have the same id"),
    ],
)
def test_mistakes_of_the_older_chip(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "m5stickc_plus2.toml"
    path.write_text((BOARDS / "m5stickc_plus2.toml").read_text().replace(old, new, 1))
    with pytest.raises(BoardError) as caught:
        boards.load(path)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('role = "stack"', 'role = "crane"', "role: Invalid enum value 'crane'"),
        ('part = "vl53l1x"', 'part = "vl53l0x"', "distance.part: Invalid enum value 'vl53l0x'"),
        ("rate_hz = 40", "rate_hz = 50", "distance.rate_hz: Invalid enum value 50"),
        ("i2c = 0", "i2c = 1", "distance.i2c: there is no bus 1, only [0]"),
        ("int_pin = 5", "int_pin = 6", "distance.int_pin: GPIO 6 is taken by i2c[0].sda"),
        ("pin = 10", "pin = 11", "led.pin: the esp32c3 has no usable GPIO 11"),
        ("pin = 3 ", "pin = 21 ", "battery.pin: GPIO 21 is not on ADC 1 of the esp32c3"),
    ],
)
def test_mistakes_of_the_stack_sensor(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = (BOARDS / "xiao_esp32c3_stack.toml").read_text()
    assert old in text
    path = tmp_path / "xiao_esp32c3_stack.toml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(BoardError) as caught:
        boards.load(path)
    assert f"xiao_esp32c3_stack.toml: {message}" in str(caught.value)


def test_command(tmp_path: Path) -> None:
    out = tmp_path / "board.json"
    done = CliRunner().invoke(boards.main, [str(BOARDS / "xiao_esp32s3_band.toml"), "-o", str(out)])
    assert done.exit_code == 0
    assert json.loads(out.read_text())["imu"]["part"] == "lsm6dso"
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("schema = 1\n")
    done = CliRunner().invoke(boards.main, [str(wrong)])
    assert done.exit_code == 1
    assert "wrong.toml: board: Object missing required field" in done.output


def test_schema_is_up_to_date() -> None:
    assert (BOARDS.parent / "board.schema.json").read_text() == boards.schema()


def test_readme_names_every_board_and_key() -> None:
    readme = (BOARDS.parent / "README.md").read_text()
    keys = set(re.findall(r"^(\w+) = ", "".join(p.read_text() for p in BOARDS.glob("*.toml")), re.MULTILINE))
    assert [name for name in [*NAMES, *sorted(keys)] if f"`{name}`" not in readme] == []
