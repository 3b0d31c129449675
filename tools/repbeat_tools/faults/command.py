"""`repbeat faults`: break things on purpose, many times, and print what did not survive."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from repbeat_tools.faults import pool

LOG = pool.Kind("power", size=25, micropython_size=6)
STORE = pool.Kind("store", size=25, micropython_size=12)
LINK = pool.Kind("link", size=10, micropython_size=0)
KILL = pool.Kind("kill", size=5, micropython_size=0)
FRAMES = pool.Kind("frames", size=500, micropython_size=100)
UPDATE = pool.Kind("update", size=20, micropython_size=0)
STORE_SHARE = 0.1  # of the power cuts hit settings and plan slots, the others the log


@contextmanager
def bars() -> Iterator[Progress]:
    """Progress on standard error."""
    with Progress(
        TextColumn("{task.description:>8}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    ) as progress:
        yield progress


def power_kinds(cuts: int) -> list[tuple[pool.Kind, int]]:
    """How a number of power cuts is shared out."""
    store = int(cuts * STORE_SHARE)
    return [(LOG, cuts - store), (STORE, store)]


@click.command()
@click.option(
    "--power-cuts", default=0, type=click.IntRange(0), help="Cut power inside so many flash writes."
)
@click.option("--link-cuts", default=0, type=click.IntRange(0), help="Cut the link so often in a sync.")
@click.option(
    "--kills", default=0, type=click.IntRange(0), help="Kill a companion so often while it ingests."
)
@click.option("--frames", default=0, type=click.IntRange(0), help="Feed so many random and mutated frames.")
@click.option(
    "--update-cuts",
    default=0,
    type=click.IntRange(0),
    help="Cut power or link so often while updates arrive, start and are tried.",
)
@click.option(
    "--seed", default=1, show_default=True, type=click.IntRange(0, 1 << 30), help="Reproduces a run."
)
@click.option(
    "--processes", default=pool.PROCESSES, show_default=True, type=click.IntRange(1), help="At work at once."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def faults(
    power_cuts: int,
    link_cuts: int,
    kills: int,
    frames: int,
    update_cuts: int,
    seed: int,
    processes: int,
    as_json: bool,
) -> None:
    """Try faults and print what was lost, doubled, false, crashed or stuck; all zero is right.

    The firmware's own code is tried; of power cuts and frames a tenth under MicroPython. `failures` names the
    lives that found something: `python -m repbeat_tools.faults MODULE LIFE SIZE` leads one again.

    Ctrl-C ends a long run early: what was tried until then is printed, marked `interrupted`.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    wanted = {
        "power": (power_kinds(power_cuts), power_cuts),
        "link": ([(LINK, link_cuts)], link_cuts),
        "kill": ([(KILL, kills)], kills),
        "frames": ([(FRAMES, frames)], frames),
        "update": ([(UPDATE, update_cuts)], update_cuts),
    }
    results: dict[str, pool.Tally] = {}
    with bars() as progress:
        for name, (kinds, total) in wanted.items():
            if total:
                bar = progress.add_task(name, total=total)
                results[name] = pool.run(kinds, seed, partial(progress.advance, bar), processes)
                if results[name].interrupted:
                    break
    if as_json:
        click.echo(json.dumps(as_object(results, seed)))
    else:
        Console().print(as_table(results, seed))


def as_object(results: dict[str, pool.Tally], seed: int) -> dict[str, object]:
    """The JSON form: per kind what was tried and found, and the seed."""
    kinds: dict[str, object] = {
        name: {
            "tried": tally.tried,
            "micropython": tally.micropython,
            **tally.found,
            "failures": tally.failures,
            **({"interrupted": True} if tally.interrupted else {}),
        }
        for name, tally in results.items()
    }
    return {**kinds, "seed": seed}


def as_table(results: dict[str, pool.Tally], seed: int) -> Table:
    """The same for a reader."""
    findings = list(dict.fromkeys(name for tally in results.values() for name in tally.found))
    table = Table("fault", "tried", "of it MicroPython", *findings, title=f"seed {seed}")
    for name, tally in results.items():
        found = [str(tally.found.get(finding, "")) for finding in findings]
        tried = f"{tally.tried} (interrupted)" if tally.interrupted else str(tally.tried)
        table.add_row(name, tried, str(tally.micropython), *found)
    return table
