"""How long a cell lasts: the arithmetic, and mistakes that name their key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from repbeat_tools import power

TABLE = """
title = "Two states"
cell_mah = 100
usable_percent = 80
[states.asleep]
hours_a_week = 158
processor = 10
[states.awake]
hours_a_week = 10
processor = 20_000
light = 4_000
[sources]
processor = "a data sheet"
light = "another"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "power.toml"
    path.write_text(text)
    return path


def test_days_are_charge_over_mean_current(tmp_path: Path) -> None:
    result = power.lifetime(power.read(written(tmp_path, TABLE)), 100, {})
    mean_ua = (158 * 10 + 10 * 24_000) / 168
    assert result["mean_current_ma"] == pytest.approx(mean_ua / 1000, abs=0.001)
    assert result["days"] == pytest.approx(80_000 / mean_ua / 24, abs=0.01)
    assert sum(one["share"] for one in result["states"].values()) == pytest.approx(1, abs=0.001)
    assert result["states"]["awake"]["current_ma"] == 24.0


def test_other_hours_are_taken_from_sleep(tmp_path: Path) -> None:
    table = power.read(written(tmp_path, TABLE))
    result = power.lifetime(table, 100, {"awake": 168})
    assert result["states"]["asleep"]["hours_a_week"] == 0
    assert result["days"] == pytest.approx(80 / 24 / 24, abs=0.01)
    with pytest.raises(power.PowerError, match="do not fit a week"):
        power.lifetime(table, 100, {"awake": 169})
    with pytest.raises(power.PowerError, match="no state dancing"):
        power.lifetime(table, 100, {"dancing": 1})


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("processor = 10", "processor = -10", "states.asleep.processor is negative"),
        ('light = "another"', "", "sources.light is missing"),
        ("hours_a_week = 10", "", "states.awake.hours_a_week is missing"),
        ("cell_mah = 100", 'cell_mah = "big"', "cell_mah"),
        ("[sources]", "[sources", "power.toml"),
    ],
)
def test_a_mistake_names_its_key(tmp_path: Path, old: str, new: str, named: str) -> None:
    with pytest.raises(power.PowerError, match=named.replace("[", r"\[")):
        power.read(written(tmp_path, TABLE.replace(old, new, 1)))


def test_every_kit_has_a_sound_table() -> None:
    kits = sorted(power.kit("x").parent.parent.glob("*/power.toml"))
    assert kits
    for path in kits:
        table = power.read(path)
        week = sum(parts["hours_a_week"] for parts in table.states.values())
        assert week == pytest.approx(power.HOURS_A_WEEK)
        assert set(table.states) == {"asleep", "idle", "between_sets", "in_set", "syncing"}


def test_the_command_prints_one_object_or_a_chart() -> None:
    printed = CliRunner().invoke(power.power, ["--battery", "300", "--json"])
    result = json.loads(printed.output)
    assert result["battery_mah"] == 300
    assert result["days"] > 1
    chart = CliRunner().invoke(power.power, ["--battery", "600", "--hours", "in_set=5"])
    assert "####" in chart.output
    wrong = CliRunner().invoke(power.power, ["--hours", "in_set=much"])
    assert wrong.exit_code == 2
