"""`repbeat demo`: bands train, sync and get a new plan, or share machines, while a page shows it live."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from repbeat.hub import Backoff, Hub
from repbeat.store import Database
from repbeat.web.access import Open
from repbeat.web.app import create_app
from repbeat.web.background import served
from repbeat_tools.demo import gym_outcome
from repbeat_tools.demo import scene as scenes
from repbeat_tools.demo.floor import athletes_with_bands
from repbeat_tools.demo.gym_scene import GymScene
from repbeat_tools.demo.morning import AmberMorning
from repbeat_tools.demo.outcome import outcome
from repbeat_tools.demo.together import Together
from repbeat_tools.demo.training import Trainee, modelled, recorded
from repbeat_tools.simulator.errors import SimulatorError
from repbeat_tools.simulator.players.recordings import NoRecording

SPEED, SPEED_ONCE = 6.0, 20.0
LIMIT_S = 110.0  # --once ends within two minutes, whatever happens


FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option(
    "--scenario",
    type=click.Choice(["training", "amber", "gym"]),
    default="training",
    show_default=True,
    help="amber: one band, a poor night, a lighter plan that a coach lets through. "
    "gym: three machines that four athletes share.",
)
@click.option("--once", is_flag=True, help="End by itself when the loop has closed.")
@click.option("--json", "as_json", is_flag=True, help="With --once: one JSON object on standard output.")
@click.option("--recordings", type=FOLDER, help="Recorded sets that the motion sensors play.")
@click.option("--participant", help="Whose recorded sets, as in the folder's index.csv.")
@click.option("--database", type=FILE, help="Keep the store here; by default it goes with the demo.")
@click.option(
    "--speed",
    type=click.FloatRange(1, 60),
    help=f"Device seconds a second; by default {SPEED:g}, with --once {SPEED_ONCE:g}.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=8040, show_default=True, help="0: any.")
def demo(
    scenario: str,
    once: bool,
    as_json: bool,
    recordings: Path | None,
    participant: str | None,
    database: Path | None,
    speed: float | None,
    port: int,
) -> None:
    """Show the whole loop: motion and pulse to repetitions, over the air, into the store, to a new plan.

    With --scenario gym sensors look at machines' weight stacks, and each set goes to who did it, or to the
    unclaimed pool.

    The firmware runs in the real MicroPython interpreter, Bluetooth is a real host stack on an emulated
    link, and the companion is the real one.
    """
    if (recordings is None) != (participant is None):
        raise click.UsageError("--recordings and --participant belong together")
    if recordings is not None and scenario != "training":
        raise click.UsageError("--recordings belong to --scenario training")
    if as_json and not once:
        raise click.UsageError("--json belongs to --once: the demo itself does not end")
    console = Console(file=sys.stderr)
    # Bumble warns of notifications before a subscription, which MicroPython's gatts_notify sends by design.
    logging.getLogger("bumble").setLevel(logging.ERROR)

    def say(text: str) -> None:
        console.print(f"[dim]·[/dim] {text}", highlight=False)

    try:
        result = asyncio.run(
            _run(
                scenario,
                once,
                recordings,
                participant,
                database,
                speed or (SPEED_ONCE if once else SPEED),
                port,
                say,
            )
        )
    except TimeoutError:
        raise click.ClickException(
            f"not done after {LIMIT_S:.0f} s: this machine is too busy; try --speed 5"
        ) from None
    except (SimulatorError, scenes.DemoFailed, NoRecording) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"the page cannot be served on port {port}: {error.strerror}") from error
    except KeyboardInterrupt:
        return
    if as_json:
        click.echo(json.dumps(result))
    else:
        _show(result)


async def _run(
    scenario: str,
    once: bool,
    recordings: Path | None,
    participant: str | None,
    database: Path | None,
    speed: float,
    port: int,
    say: scenes.Say,
) -> dict[str, Any]:
    with ExitStack() as stack:
        if database is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="repbeat-demo-"))
            database = Path(folder) / "repbeat.sqlite3"
        store = stack.enter_context(Database(database))
        async with scenes.new_air(None if scenario == "gym" else speed) as air:
            together = Together(air, speed)
            clock = together.unix_s if scenario == "gym" else scenes.world_clock(air)
            central = await air.central("companion")
            hub = Hub(store, backends=central.backends, unix_s=clock, backoff=Backoff(stranger_s=0.2))
            app = create_app(store, hub.board.snapshot, clock, access=Open("demo"))
            address = stack.enter_context(served(app, 0 if once else port))
            say(f"watch it at {address}/")
            parts = (store, air, hub, clock, scenes.load_board(), say)
            scene: scenes.Scene = scenes.Scene(*parts)
            if scenario == "gym":
                scene = GymScene(*parts, together=together)
            elif scenario == "amber":
                scene = AmberMorning(*parts, by_itself=once)
            async with asyncio.timeout(LIMIT_S if once else None):
                await scene.run(_people(scenario, recordings, participant), central.backends)
            result = gym_outcome.outcome(scene) if isinstance(scene, GymScene) else outcome(scene)
            if not once:
                _show(result)
                say("the loop has closed; the page stays until Ctrl-C")
                await scene.go_on()
            return result


def _people(scenario: str, recordings: Path | None, participant: str | None) -> list[Trainee]:
    if scenario == "gym":
        return athletes_with_bands()
    if scenario == "amber":
        return modelled()[:1]
    return recorded(recordings, participant) if recordings and participant else modelled()


def _show(result: dict[str, Any]) -> None:
    same = "identical, byte for byte" if result["log_identical"] else "NOT identical"
    on_devices, in_store = result["records_on_device"], result["records_in_store"]
    click.echo(f"{on_devices} records on the devices, {in_store} stored: {same}.")
    if result.get("scenario") == "gym":
        _show_machines(result)
    else:
        _show_training(result)
    for row in result["plan_applied"]:
        click.echo(f"  {row['athlete']}: the band's log proves plan {row['revision']}")


def _show_training(result: dict[str, Any]) -> None:
    echo = click.echo
    for row in result["sets"]:
        planned = "–".join(map(str, row["planned"])) if row["planned"] else "none"
        figures = f"planned {planned}, counted {row['counted']}, truth {row['truth']}"
        echo(f"  {row['athlete']}: {row['exercise']}, {figures}")
    for row in result["plans"]:
        for change in row["changes"]:
            echo(f"  {row['athlete']}, plan {row['old_revision']} → {row['new_revision']}: {change['why']}")
        for verdict in row["unchanged"]:
            echo(f"  {row['athlete']}, plan {row['old_revision']} stays: {verdict['why']}")


def _show_machines(result: dict[str, Any]) -> None:
    for row in result["sets"]:
        whose = row["athlete"] or "unclaimed"
        why = f"{row['how']}, score {row['score']}, margin {row['margin']}" if row["score"] else row["how"]
        click.echo(f"  {row['machine']}: {whose} ({why}); counted {row['counted']}, truth {row['truth']}")
    click.echo(
        f"  {result['right']} of {len(result['sets'])} sets are under the right person or in the pool."
    )
