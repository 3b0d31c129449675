"""`repbeat replay rr`: heart rate variability of stored RR series, by the firmware's own code.

DIR holds an `index.csv` with a column `name` (and, where known, rmssd, sdnn and pnn50 of the series as
stored) and one `<name>.csv` a series with a column `rr_ms`; without an index every other CSV is a series.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from repbeat_tools.replay.options import common_options, print_json, with_progress
from repbeat_tools.replay.runner import Firmware
from repbeat_tools.replay.tables import read_table

FIGURES = ("rmssd", "sdnn", "pnn50")

DRIVER = """
from device.signal.hrv import figures, measure
from device.signal.rr import RrSeries

def said(result):
    if result is None:
        return {"rmssd": None, "sdnn": None, "pnn50": None}
    return {"rmssd": result.rmssd_ms, "sdnn": result.sdnn_ms, "pnn50": result.pnn50}

def begin(options):
    global series
    series = RrSeries(options["capacity"])

def sample(rr_ms):
    series.push(rr_ms)

def end():
    clean = said(measure(series))
    rejected = [i for i in range(series.count) if series.rejected(i)]
    clean["removed"] = len(rejected)
    clean["usable"] = clean["rmssd"] is not None
    emit({"raw": said(figures(series, keep_all=True)), "clean": clean, "rejected": rejected})
"""


def read_series(path: Path) -> list[int]:
    """Intervals of one series in whole ms, as the firmware takes them; click's error names a bad line."""
    with path.open(newline="", encoding="utf-8") as file:
        lines = csv.DictReader(file)
        try:
            return [round(float(line["rr_ms"])) for line in lines]
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise click.ClickException(f"{path.name}, line {lines.line_num}: no number in rr_ms") from error


def read_index(folder: Path) -> dict[str, dict[str, float]]:
    """Reference figures by series name, in the order of the index; empty where it states none."""
    path = folder / "index.csv"
    if not path.exists():
        return {series.stem: {} for series in sorted(folder.glob("*.csv"))}
    return {
        line["name"]: {figure: float(line[figure]) for figure in FIGURES if line.get(figure)}
        for line in read_table(path, ("name",))
    }


def draw(intervals: list[int], rejected: list[int], title: str, out: Path) -> None:
    """Write a picture of one series with its rejected intervals marked."""
    import matplotlib  # slow to import: only where a picture is asked for

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(13, 5), layout="constrained")
    axes.plot(intervals, linewidth=0.2, color="0.8")
    axes.plot(intervals, ".", markersize=2, color="#1f5f8b", label="as stored")
    axes.plot(
        rejected, [intervals[i] for i in rejected], "x", markersize=4, color="#c0392b", label="rejected"
    )
    axes.set(title=title, xlabel="interval", ylabel="RR (ms)")
    axes.margins(x=0.01)
    figure.legend(loc="outside lower center", ncols=2, markerscale=2)
    figure.savefig(out, dpi=110)
    pyplot.close(figure)


def print_table(records: list[dict[str, Any]]) -> None:
    table = Table(title="Heart rate variability: as stored, reference, cleaned (ms, ms, %)")
    for column in ("series", "intervals", "raw", "reference", "clean", "removed"):
        table.add_column(column, justify="left" if column == "series" else "right")

    def triple(figures: dict[str, float | None]) -> str:
        values = [figures.get(figure) for figure in FIGURES]
        return " / ".join("–" if value is None else f"{value:.2f}" for value in values)

    for record in records:
        clean = record["clean"]
        shown = triple(clean) if clean["usable"] else "unusable"
        row = (record["name"], str(record["intervals"]), triple(record["raw"]), triple(record["reference"]))
        table.add_row(*row, shown, str(clean["removed"]))
    Console(width=130).print(table)


@click.command()
@common_options
def rr(folder: Path, as_json: bool, plot: str | None, out: Path) -> None:
    """Score RR series: RMSSD, SDNN and pNN50 as stored and after cleaning, against index.csv."""
    index = read_index(folder)
    if not index:
        raise click.ClickException(f"no series in {folder}: each is one CSV with a column rr_ms")
    if plot is not None and plot not in index:
        raise click.ClickException(f"no series {plot} in {folder}")
    names = [plot] if plot is not None else list(index)
    records: list[dict[str, Any]] = []
    with Firmware(DRIVER) as firmware:
        for name in with_progress(names, "RR series"):
            intervals = read_series(folder / f"{name}.csv")
            run = firmware.replay([[value] for value in intervals], {"capacity": len(intervals)})
            result = run.emitted[0]
            if plot is not None:
                draw(intervals, result["rejected"], name, out)
                click.echo(f"wrote {out}", err=True)
            records.append(
                {
                    "name": name,
                    "intervals": len(intervals),
                    "raw": result["raw"],
                    "clean": result["clean"],
                    "reference": index[name],
                }
            )
    if as_json:
        print_json({"records": records})
    else:
        print_table(records)
