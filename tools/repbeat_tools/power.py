"""`repbeat power`: how long a cell lasts, from a week's hours in each state and the kit's table."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import click
import msgspec

HOURS_A_WEEK = 168.0
BAR = 40


class PowerError(ValueError):
    """The table or the plan for the week cannot be used; the message names the key."""


class Table(msgspec.Struct):
    """Currents in microamperes by state and part; hours of the usual week by state."""

    title: str
    cell_mah: float
    usable_percent: float
    states: dict[str, dict[str, float]]
    sources: dict[str, str]


def kit(name: str) -> Path:
    """The power table of one of the project's kits: of the checkout, else of the installed package."""
    tools_package = Path(__file__).resolve().parent
    checkout = tools_package.parents[1] / "hardware" / "kits"
    folder = checkout if checkout.is_dir() else tools_package / "_kits"
    return folder / name / "power.toml"


def read(path: Path) -> Table:
    """The table; PowerError names what is wrong in it."""
    try:
        table = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Table)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise PowerError(f"{path.name}: {error}") from error
    for state, parts in table.states.items():
        if "hours_a_week" not in parts:
            raise PowerError(f"{path.name}: states.{state}.hours_a_week is missing")
        for part, value in parts.items():
            if value < 0:
                raise PowerError(f"{path.name}: states.{state}.{part} is negative")
            if part != "hours_a_week" and part not in table.sources:
                raise PowerError(f"{path.name}: sources.{part} is missing: say where {part}'s figure is from")
    return table


def lifetime(table: Table, battery_mah: float, hours: dict[str, float]) -> dict[str, Any]:
    """Days from full to empty, the mean current, and each state's share of the charge.

    `hours`: a week's hours by state where they differ from the table's; asleep takes what is left of 168.
    """
    unknown = hours.keys() - table.states.keys()
    if unknown:
        raise PowerError(f"no state {unknown.pop()}: there are {', '.join(table.states)}")
    week = {state: hours.get(state, parts["hours_a_week"]) for state, parts in table.states.items()}
    awake = sum(value for state, value in week.items() if state != "asleep")
    if awake > HOURS_A_WEEK or min(week.values()) < 0:
        raise PowerError(f"{awake:g} hours awake do not fit a week of {HOURS_A_WEEK:g}")
    week["asleep"] = HOURS_A_WEEK - awake
    currents = {
        state: sum(value for part, value in parts.items() if part != "hours_a_week")
        for state, parts in table.states.items()
    }
    charge = {state: currents[state] * week[state] for state in table.states}
    mean_ua = sum(charge.values()) / HOURS_A_WEEK
    usable_mah = battery_mah * table.usable_percent / 100
    return {
        "kit": table.title,
        "battery_mah": battery_mah,
        "usable_mah": usable_mah,
        "mean_current_ma": round(mean_ua / 1000, 3),
        "days": round(usable_mah * 1000 / mean_ua / 24, 2),
        "states": {
            state: {
                "hours_a_week": round(week[state], 2),
                "current_ma": round(currents[state] / 1000, 3),
                "share": round(charge[state] / sum(charge.values()), 4),
            }
            for state in table.states
        },
    }


def _hours(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> dict[str, float]:
    found = {}
    for value in values:
        state, _, number = value.partition("=")
        try:
            found[state] = float(number)
        except ValueError as error:
            raise click.BadParameter(f"{value!r} is not like in_set=4.5") from error
    return found


@click.command()
@click.option("--battery", "battery_mah", type=click.FloatRange(1), help="The cell's capacity, mAh.")
@click.option("--kit", "kit_name", default="band", show_default=True, help="A folder of hardware/kits.")
@click.option(
    "--hours", multiple=True, callback=_hours, metavar="STATE=H", help="Hours a week in a state; repeatable."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def power(battery_mah: float | None, kit_name: str, hours: dict[str, float], as_json: bool) -> None:
    """How many days a cell lasts in a usual week, and what it is spent on.

    The currents are the kit's (hardware/kits/KIT/power.toml), each with its source.
    """
    path = kit(kit_name)
    if not path.exists():
        raise click.ClickException(f"no kit {kit_name}: hardware/kits has no {kit_name}/power.toml")
    try:
        table = read(path)
        result = lifetime(table, battery_mah or table.cell_mah, hours)
    except PowerError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps(result))
        return
    click.echo(
        f"{result['kit']}, {result['battery_mah']:g} mAh: {result['days']:g} days, "
        f"{result['mean_current_ma']:g} mA on average"
    )
    for state, one in result["states"].items():
        bar = "#" * round(one["share"] * BAR)
        click.echo(f"  {state:13} {one['hours_a_week']:6.1f} h  {one['current_ma']:7.3f} mA  {bar}")
