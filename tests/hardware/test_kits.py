"""Kits: drawings and tables are what the data says, every wire leads somewhere, mistakes name their key."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from repbeat_tools import boards, kits, power

NAMES = ("band", "barbell-sensor", "cable-sensor", "stack-sensor", "strap-relay")
SECTIONS = ("## Parts", "## Wiring", "## Calibration", "## Power", "## Safety and cleaning")


def test_there_are_five() -> None:
    assert kits.names() == list(NAMES)


def test_what_is_made_from_data_is_up_to_date() -> None:
    stale = [str(path) for path, text in kits.made().items() if path.read_text(encoding="utf-8") != text]
    assert not stale, "run `python -m repbeat_tools.kits`"


@pytest.mark.parametrize("name", NAMES)
def test_a_kit_is_complete(name: str) -> None:
    kit = kits.read(name)
    assert all(part.number and part.maker for part in kit.parts)
    text = (kits.folder(name) / "README.md").read_text(encoding="utf-8")
    assert all(section in text for section in SECTIONS)
    assert "mounting.svg" in text
    for picture in ("wiring.svg", "mounting.svg"):
        root = ET.parse(kits.folder(name) / picture).getroot()  # noqa: S314 - the project's own
        assert root.find("{*}title") is not None
    table = power.read(power.kit(name))
    assert sum(state["hours_a_week"] for state in table.states.values()) == pytest.approx(168)


@pytest.mark.parametrize("name", NAMES)
def test_each_pin_of_the_board_has_its_wire(name: str) -> None:
    kit = kits.read(name)
    board = boards.load(boards.shipped(kit.board))
    drawn = {pin for _, _, pin, _ in kits.wires(name)}
    used = [board[part]["pin"] for part in ("button", "haptic", "led", "battery") if part in board]
    used += [board[part]["int_pin"] for part in ("imu", "distance") if part in board]
    for part, keys in (("encoder", ("pin_a", "pin_b")), ("load_cell", ("data_pin", "clock_pin"))):
        used += [board[part][key] for key in keys if part in board]
    for pin in used:
        printed = kit.pins[str(pin)]
        assert printed in drawn or printed == "on the module"


def test_a_part_is_fed_by_the_pin_that_the_kit_names() -> None:
    fed = {(part, pin) for part, terminal, pin, _ in kits.wires("cable-sensor") if terminal == "VCC"}
    assert fed == {("encoder", "5V"), ("HX711", "3V3")}


def test_a_mistake_names_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (kits.folder("band") / "kit.toml").read_text(encoding="utf-8")
    monkeypatch.setattr(kits, "folder", lambda name: tmp_path)
    for old, new, said in (
        ('price = "€€"', 'price = "12 euros"', "parts[0].price"),
        ("quantity = 1", 'quantity = "one"', "$.parts[0].quantity"),
        ('5 = "SDA"\n', "", "pins.5 is missing: SDA"),
    ):
        (tmp_path / "kit.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(kits.KitError) as caught:
            kits.wires("band")
        assert said in str(caught.value)
