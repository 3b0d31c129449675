"""`repbeat simulate`: a year of many athletes through the real planner."""

from __future__ import annotations

import json
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from repbeat_tools.simulate import report
from repbeat_tools.simulate.year import Seen, Year

SEEDS_APART = 1_000_003


def one_year(job: tuple[int, int]) -> Seen:
    """The year of (seed, weeks)."""
    seed, weeks = job
    return Year(seed, weeks).run()


@click.command()
@click.option("--athletes", default=200, show_default=True, type=click.IntRange(1, 100_000))
@click.option("--weeks", default=52, show_default=True, type=click.IntRange(1, 520))
@click.option(
    "--seed", default=1, show_default=True, type=click.IntRange(0, 1 << 30), help="Reproduces a run."
)
@click.option(
    "--plot", type=click.Path(dir_okay=False, path_type=Path), help="Write a picture of the run here."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def simulate(athletes: int, weeks: int, seed: int, plot: Path | None, as_json: bool) -> None:
    """Let simulated athletes train by the planner, and print what came of it.

    Every proposal is looked at again by other code than the planner's, and by the device's own checks.
    """
    jobs = [(seed * SEEDS_APART + number, weeks) for number in range(athletes)]
    with Progress(
        TextColumn("athletes"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    ) as progress:
        bar = progress.add_task("athletes", total=athletes)
        seen: list[Seen] = []
        with ProcessPoolExecutor(max_workers=min(os.cpu_count() or 1, athletes)) as pool:
            for one in pool.map(one_year, jobs):
                seen.append(one)
                progress.advance(bar)
    figures = report.summarize(seen, seed)
    if plot is not None:
        report.draw(seen, plot)
        click.echo(f"wrote {plot}", err=True)
    if as_json:
        click.echo(json.dumps(figures))
        return
    for name, value in figures.items():
        click.echo(f"{name}: {value}")
