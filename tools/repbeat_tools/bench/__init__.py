"""`repbeat bench`: speeds and sizes, as ratios within one run, because machines are noisy."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

Reporter = Callable[[str, int, int], None]
SECTIONS = ("firmware", "sync", "bytes", "ingest", "pages", "memory")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.option("--only", type=click.Choice(SECTIONS), multiple=True, help="Only this section; repeatable.")
@click.option("--sessions", default=100, show_default=True, help="Hour-long sessions to ingest.")
@click.option("--pages-sessions", default=10000, show_default=True, help="Sessions in the larger store.")
def bench(as_json: bool, only: tuple[str, ...], sessions: int, pages_sessions: int) -> None:
    """Measure what RepBeat costs: on the device, on the air, in the store, on the pages."""
    wanted = only or SECTIONS
    out: dict[str, Any] = {}
    console = Console(file=sys.stderr)
    with Progress(console=console) as bar, tempfile.TemporaryDirectory(prefix="repbeat-bench-") as name:
        tasks: dict[str, Any] = {}

        def progress(label: str, at: int, of: int) -> None:
            if label not in tasks:
                tasks[label] = bar.add_task(label, total=of)
            bar.update(tasks[label], completed=at)

        for section in SECTIONS:
            if section in wanted:
                out[section] = _run(section, Path(name), progress, sessions, pages_sessions)
    if as_json:
        click.echo(json.dumps(out))
    else:
        _show(out)


def _run(
    section: str, folder: Path, progress: Reporter, sessions: int, pages_sessions: int
) -> dict[str, Any]:
    """Each section is imported when it is run: the companion's part needs no radio."""
    if section == "firmware":
        from repbeat_tools.bench import firmware

        return firmware.run(progress)
    if section == "sync":
        from repbeat_tools.bench import sync

        return sync.run(folder, progress)
    if section == "bytes":
        from repbeat_tools.bench import sizes

        return sizes.run()
    from repbeat_tools.bench import ingest, pages

    if section == "ingest":
        return ingest.run(folder, sessions, progress)
    if section == "pages":
        return pages.run(folder, (100, pages_sessions), progress)
    return pages.memory()


def _show(out: dict[str, Any]) -> None:
    table = Table("section", "figure", "value")
    for section, figures in out.items():
        for name, value in _flat(figures):
            table.add_row(section, name, f"{value:.4g}" if isinstance(value, float) else str(value))
    Console().print(table)


def _flat(figures: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Figures within figures by their whole name."""
    for name, value in figures.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value
