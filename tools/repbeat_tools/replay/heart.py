"""`repbeat replay heart`: the device's optical heart rate over recordings, against the reference.

DIR holds `index.csv` (rec_id, source, subject, …), `<rec>.csv.gz` (t_ms, ppg1[, ppg2][, ax, ay, az]) and
`<rec>_hr.csv` (start_s, end_s, hr_bpm); a record without the latter is scored by `<rec>_rpeaks.csv`, in
windows of 8 s every 2 s.

**Which estimate a window gets.** The one a person would have read at its end: the last that the device gave
at or before `end_s`; nothing later than that has been seen. Where the reference averages over more than
12 s, the mean of the estimates given in (start_s + 8 s, end_s] (the good ones if there are any), because the
device's own window is 8 s. A window is called good if its estimate was (long ones: if half of them were).
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

import click
import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from repbeat_tools.replay.options import common_options, print_json, with_progress
from repbeat_tools.replay.runner import Firmware
from repbeat_tools.replay.tables import read_table

DEVICE_WINDOW_S = 8.0
LONG_WINDOW_S = 12.0
CLOSE_BPM = 5.0
LOWEST_HZ, HIGHEST_HZ = 0.6, 3.6  # of a picture
NORMALISED_SPAN = 10.0
"""A record whose light varies by less is not in counts but normalised (0-1)."""
NORMALISED_COUNTS = 100_000
COUNTS = 2
"""Recordings in counts were stored in half counts."""

DRIVER = """
from device.signal.heart import HeartTracker

def begin(options):
    global tracker
    tracker = HeartTracker(contact_counts=0)  # the recordings lack the light level: contact is unknown

def sample(t_ms, ppg1, ppg2, ax, ay, az):
    if tracker.push(t_ms, ppg1, ppg2, ax, ay, az):
        emit([t_ms, tracker.bpm_x10, tracker.quality, tracker.good])

def end():
    pass
"""


@dataclass(frozen=True)
class Recording:
    """One optical recording; `rows` as the firmware gets them, `truth` as (start_s, end_s, bpm) rows."""

    name: str
    source: str
    subject: str
    rows: npt.NDArray[np.int32]
    truth: npt.NDArray[np.float64]
    has_motion: bool


@dataclass(frozen=True)
class Scored:
    """A recording, the device's estimates (t_s, bpm, quality, good) and one (error, good) per window."""

    recording: Recording
    estimates: npt.NDArray[np.float64]
    errors: npt.NDArray[np.float64]
    good: npt.NDArray[np.bool_]
    busy_share: float


def read_index(folder: Path) -> list[dict[str, str]]:
    """The lines of index.csv, in its order."""
    return read_table(folder / "index.csv", ("rec_id", "source", "subject"))


def read_recording(folder: Path, entry: dict[str, str]) -> Recording:
    """One line of the index with its samples and reference."""
    name = entry["rec_id"]
    with gzip.open(folder / f"{name}.csv.gz", "rt") as file:
        columns = file.readline().strip().split(",")
        values = np.loadtxt(file, delimiter=",", ndmin=2)
    column = {title: values[:, i] for i, title in enumerate(columns)}
    first = column["ppg1"]
    scale = NORMALISED_COUNTS if np.ptp(first) < NORMALISED_SPAN else COUNTS
    still = np.zeros(len(values))
    rows = np.column_stack(
        [
            column["t_ms"],
            first * scale,
            column.get("ppg2", first) * scale,
            *(column.get(axis, still) * 1000 for axis in ("ax", "ay", "az")),
        ]
    )
    return Recording(
        name=name,
        source=entry["source"],
        subject=entry["subject"],
        rows=np.rint(rows).astype(np.int32),
        truth=read_truth(folder, name),
        has_motion="ax" in column,
    )


def read_truth(folder: Path, name: str) -> npt.NDArray[np.float64]:
    """Reference windows (start_s, end_s, bpm): as supplied, else from R peaks that two detectors agree on."""
    supplied = folder / f"{name}_hr.csv"
    if supplied.exists():
        return np.loadtxt(supplied, delimiter=",", skiprows=1, ndmin=2)
    beats = [
        (float(beat["t_ms"]) / 1000, float(beat["rr_ms"]))
        for beat in read_table(folder / f"{name}_rpeaks.csv", ("t_ms", "rr_ms", "both_detectors"))
        if beat["both_detectors"] == "1" and beat["rr_ms"]
    ]
    windows = []
    for start_s in np.arange(0.0, beats[-1][0] - DEVICE_WINDOW_S, 2.0):
        end_s = start_s + DEVICE_WINDOW_S
        inside = [rr_ms for t_s, rr_ms in beats if start_s + rr_ms / 1000 <= t_s <= end_s]
        if len(inside) >= 4:
            windows.append((start_s, end_s, 60_000 / mean(inside)))
    return np.array(windows)


def estimate_for(
    start_s: float, end_s: float, estimates: npt.NDArray[np.float64]
) -> tuple[float, bool] | None:
    """The device's value for one window and whether it called it good; None if it had none yet."""
    known = estimates[(estimates[:, 0] <= end_s) & (estimates[:, 1] > 0)]
    long = end_s - start_s > LONG_WINDOW_S
    known = known[known[:, 0] > start_s + DEVICE_WINDOW_S] if long else known[-1:]
    if len(known) == 0:
        return None
    good = known[:, 3] > 0
    return float(known[good if good.any() else slice(None), 1].mean()), bool(good.mean() >= 0.5)


def score(recording: Recording, emitted: list[list[int]], busy_ms: float) -> Scored:
    """Compare the estimates with every reference window; a window without a value has error NaN."""
    estimates = np.array(emitted, dtype=np.float64).reshape(-1, 4)
    estimates[:, 0] /= 1000
    estimates[:, 1] /= 10
    errors = np.full(len(recording.truth), np.nan)
    good = np.zeros(len(recording.truth), dtype=np.bool_)
    for i, (start_s, end_s, bpm) in enumerate(recording.truth):
        found = estimate_for(start_s, end_s, estimates)
        if found is not None:
            errors[i] = found[0] - bpm
            good[i] = found[1]
    seconds = max(1.0, float(recording.rows[-1, 0] - recording.rows[0, 0]) / 1000)
    return Scored(recording, estimates, errors, good, busy_ms / 1000 / seconds)


def figures(results: Iterable[Scored]) -> dict[str, Any]:
    """Windows, MAE, shares (0-1) and the median over records of their MAE."""
    chosen = list(results)
    errors = np.abs(np.concatenate([result.errors for result in chosen] or [np.empty(0)]))
    good = np.concatenate([result.good for result in chosen] or [np.empty(0, dtype=np.bool_)])
    if not len(errors):
        return {"windows": 0}
    valued = ~np.isnan(errors)
    close = errors <= CLOSE_BPM
    records = [float(np.nanmean(np.abs(r.errors))) for r in chosen if not np.isnan(r.errors).all()]
    return {
        "windows": len(errors),
        "without_value": int((~valued).sum()),
        "mae_bpm": float(errors[valued].mean()) if valued.any() else None,
        "within_5": float(close.mean()),
        "good_share": float(good.mean()),
        "within_5_when_good": float(close[good].mean()) if good.any() else None,
        "mae_bpm_when_good": float(errors[good].mean()) if good.any() else None,
        "median_record_mae_bpm": median(records) if records else None,
    }


def summarise(results: list[Scored]) -> dict[str, Any]:
    """The command's JSON."""

    def grouped(key: Callable[[Recording], str]) -> dict[str, Any]:
        names = sorted({key(result.recording) for result in results})
        return {name: figures(r for r in results if key(r.recording) == name) for name in names}

    total = figures(results)
    return {
        "total": total,
        "by_source": grouped(lambda recording: recording.source),
        "in_exercise": figures(result for result in results if result.recording.has_motion),
        "median_record_mae_bpm": total.get("median_record_mae_bpm"),
        "busy_share": max((result.busy_share for result in results), default=0.0),
        "records": [
            {
                "name": result.recording.name,
                "source": result.recording.source,
                "subject": result.recording.subject,
                **figures([result]),
            }
            for result in results
        ],
    }


def print_table(summary: dict[str, Any]) -> None:
    """The same figures for a reader."""
    table = Table("", "windows", "MAE bpm", "within 5", "good", "within 5 when good", title="Heart rate")

    def add(name: str, row: dict[str, Any]) -> None:
        shares = [
            "–" if row[key] is None else f"{100 * row[key]:.1f} %"
            for key in ("within_5", "good_share", "within_5_when_good")
        ]
        error = "–" if row["mae_bpm"] is None else f"{row['mae_bpm']:.2f}"
        table.add_row(name, str(row["windows"]), error, *shares)

    for record in summary["records"]:
        add(record["name"], record)
    table.add_section()
    for name, row in (*summary["by_source"].items(), ("in exercise", summary["in_exercise"])):
        if row["windows"]:
            add(name, row)
    Console(width=110).print(table)
    exercise = summary["in_exercise"].get("median_record_mae_bpm")
    if exercise is not None:
        click.echo(f"median record in exercise: {exercise:.2f} bpm")


def draw(result: Scored, out: Path) -> None:
    """Write a picture of one record: spectrogram of the light, reference, estimates by quality."""
    import matplotlib  # slow to import: only where a picture is asked for

    matplotlib.use("Agg")
    from matplotlib import pyplot

    rows, truth, estimates = result.recording.rows, result.recording.truth, result.estimates
    rate_hz = 1000 * (len(rows) - 1) / float(rows[-1, 0] - rows[0, 0])
    panels = 2 if result.recording.has_motion else 1
    figure, axes = pyplot.subplots(
        *(panels, 1),
        figsize=(12, 2 + 3 * panels),
        sharex=True,
        squeeze=False,
        layout="constrained",
        height_ratios=(3, 1)[:panels],
    )
    light, *motions = axes[:, 0]
    points = int(DEVICE_WINDOW_S * rate_hz)
    drawn = rows[:, 1] - rows[:, 1].mean()
    power, hz, _, picture = light.specgram(
        drawn, NFFT=points, Fs=rate_hz, noverlap=points * 3 // 4, pad_to=4 * points, cmap="Greys"
    )
    shown_db = 10 * np.log10(power[(hz >= LOWEST_HZ) & (hz <= HIGHEST_HZ)] + 1e-9)
    picture.set_clim(*np.percentile(shown_db, (50, 100)))  # what stands out is grey, the rest white
    light.set(ylim=(LOWEST_HZ, HIGHEST_HZ), xlim=(rows[0, 0] / 1000, rows[-1, 0] / 1000))
    light.set_ylabel("Hz")
    bpm = light.twinx()
    bpm.set_ylim(60 * LOWEST_HZ, 60 * HIGHEST_HZ)
    bpm.set_ylabel("bpm")
    bpm.plot(truth[:, 1], truth[:, 2], color="#1f5f8b", label="reference, at the window's end")
    good = estimates[:, 3] > 0
    valued = estimates[:, 1] > 0
    for chosen, colour, label in ((good, "#2e7d32", "good"), (valued & ~good, "#c0392b", "not good")):
        bpm.plot(estimates[chosen, 0], estimates[chosen, 1], ".", color=colour, label=label)
    light.set_title(f"{result.recording.name}: first optical channel and the device's heart rate")
    for motion in motions:
        for axis, name in enumerate("xyz", 3):
            motion.plot(rows[:, 0] / 1000, rows[:, axis] / 1000, linewidth=0.4, label=f"acceleration {name}")
        motion.set_ylabel("g")
    axes[-1, 0].set_xlabel("s")
    handles = [handle for panel in (bpm, *motions) for handle in panel.get_legend_handles_labels()[0]]
    figure.legend(handles=handles, loc="outside lower center", ncols=6, markerscale=2)
    figure.savefig(out, dpi=110)
    pyplot.close(figure)


@click.command()
@common_options
def heart(folder: Path, as_json: bool, plot: str | None, out: Path) -> None:
    """Score the device's heart rate over the optical recordings in DIR."""
    entries = [entry for entry in read_index(folder) if plot is None or entry["rec_id"] == plot]
    if not entries:
        raise click.ClickException(f"no record {plot or ''} in {folder}")
    results = []
    with Firmware(DRIVER) as firmware:
        for entry in with_progress(entries, "heart rate"):
            recording = read_recording(folder, entry)
            run = firmware.replay(recording.rows)
            results.append(score(recording, run.emitted, run.busy_ms))
    if plot is not None:
        draw(results[0], out)
        click.echo(f"wrote {out}", err=True)
    if as_json:
        print_json(summarise(results))
    elif plot is None:
        print_table(summarise(results))
