"""`repbeat replay reps`: the device's counter over recorded sets, against a recount and the labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from repbeat_tools.replay.live_count import LiveCount, live_figures
from repbeat_tools.replay.options import common_options, print_json, with_progress
from repbeat_tools.replay.plot import draw_set
from repbeat_tools.replay.recordings import RecordedSet, read_samples, read_sets
from repbeat_tools.replay.runner import Firmware

DRIVER = """
from device.signal.reps import RepCounter
counters = {"equipment": RepCounter(), "wrist": RepCounter(True)}
FIELDS = ("start_ms", "turn_ms", "end_ms", "concentric_ms", "pause_ms", "eccentric_ms", "range_mg",
          "range_permille", "mean_velocity_mm_s", "peak_velocity_mm_s", "form_bits", "confidence")

def begin(options):
    global counter, last_ms, seen, shown, shown_ms, settled_ms, first, withdrawn
    counter = counters[options["site"]]
    counter.calibration = options["calibration"]
    counter.begin(options["start_ms"], options["exercise"])
    last_ms, seen = options["start_ms"], 0
    shown, shown_ms, settled_ms, first, withdrawn = 0, [], [], 0, 0

def note(confirmed):
    global seen
    for _ in range(confirmed):
        rep = counter.rep(seen)
        emit({name: getattr(rep, name) for name in FIELDS})
        seen += 1

def sample(t_ms, ax, ay, az, gx, gy, gz):
    global last_ms
    last_ms = t_ms
    note(counter.push(t_ms, ax, ay, az, gx, gy, gz))
    show(t_ms)

def show(t_ms):
    global shown, first, withdrawn
    now = counter.count + counter.likely
    if now < shown:
        withdrawn += 1
        del shown_ms[now:]
    shown_ms.extend([t_ms] * (now - shown))
    settled_ms.extend([t_ms] * (counter.count - len(settled_ms)))
    first = first or now
    shown = now

def end():
    note(counter.finish(last_ms))
    emit({"counted": counter.count, "rejected": counter.rejected, "calibration": counter.calibrate(),
          "live": {"shown_ms": shown_ms, "settled_ms": settled_ms,
                   "together": first, "withdrawn": withdrawn}})
"""
SURE = ("high", "medium")
"""A recount of low confidence is no truth: such sets are counted but not scored."""


@dataclass(frozen=True)
class Counted:
    """A set and what the device made of it."""

    recorded: RecordedSet
    counted: int
    rejected: int
    reps: list[dict[str, int]]
    live: LiveCount
    busy_s: float
    duration_s: float
    by_calibration: bool = False


def count_sets(sets: Iterable[RecordedSet], *, plan_known: bool, calibrated: bool = False) -> list[Counted]:
    """Replay the sets through the firmware's RepCounter; `plan_known` tells it the exercise.

    `calibrated`: the first three repetitions of a participant's first set of an exercise calibrate the later
    ones, which are marked `by_calibration`.
    """
    results = []
    kept: dict[tuple[str, str, str], list[int]] = {}
    with Firmware(DRIVER) as firmware:
        for recorded in sets:
            samples = read_samples(recorded)
            start_ms = int(samples[0, 0])
            exercise = recorded.exercise_code if plan_known else 0
            own = (recorded.source, recorded.participant, recorded.exercise)
            known = kept.get(own) if calibrated else None
            options = {
                "site": recorded.site,
                "start_ms": start_ms,
                "exercise": exercise,
                "calibration": known,
            }
            run = firmware.replay(samples, options)
            *reps, last = run.emitted
            seconds = max(1, int(samples[-1, 0]) - start_ms) / 1000
            if last["calibration"]:
                kept.setdefault(own, last["calibration"])
            results.append(
                Counted(
                    recorded,
                    last["counted"],
                    last["rejected"],
                    reps,
                    LiveCount(**last["live"], end_ms=int(samples[-1, 0])),
                    busy_s=run.busy_ms / 1000,
                    duration_s=seconds,
                    by_calibration=known is not None,
                )
            )
    return results


def recount_truth(recorded: RecordedSet) -> int | None:
    """The recount where its reader was sure enough."""
    return recorded.recount_reps if recorded.recount_confidence in SURE else None


def label_truth(recorded: RecordedSet) -> int | None:
    """The count that came with the recording."""
    return recorded.label_reps


Truth = Callable[[RecordedSet], int | None]


def score(results: Iterable[Counted], truth: Truth) -> dict[str, float | int | None]:
    """n, mae, exact, within_1 over sets with a truth; false_reps over rest sets. Shares are 0-1."""
    errors: list[int] = []
    false_reps = 0
    for result in results:
        reps = truth(result.recorded)
        if result.recorded.is_rest:
            false_reps += result.counted
        elif reps is not None:
            errors.append(abs(result.counted - reps))
    n = len(errors)
    return {
        "n": n,
        "mae": sum(errors) / n if n else None,
        "exact": sum(error == 0 for error in errors) / n if n else None,
        "within_1": sum(error <= 1 for error in errors) / n if n else None,
        "false_reps": false_reps,
    }


def summarise(results: list[Counted]) -> dict[str, Any]:
    """The command's JSON for one pass over all sets."""
    recounted = {result.recorded.source for result in results if result.recorded.recount_reps is not None}
    truth_name, truth = ("recount", recount_truth) if recounted else ("label", label_truth)
    judged = [result for result in results if not recounted or result.recorded.source in recounted]
    sources = sorted({result.recorded.source for result in results})

    def grouped(chosen: list[Counted], truth: Truth, key: Callable[[RecordedSet], str]) -> dict[str, Any]:
        names = sorted({key(result.recorded) for result in chosen})
        return {name: score([r for r in chosen if key(r.recorded) == name], truth) for name in names}

    by_source = grouped(judged, truth, lambda recorded: recorded.source)
    for source in sources:
        if source not in by_source:  # nobody recounted this source: its labels are all there is
            chosen = [result for result in results if result.recorded.source == source]
            by_source[source] = score(chosen, label_truth) | {"truth": "label"}
    summary: dict[str, Any] = {
        "truth": truth_name,
        "total": score(judged, truth),
        "by_source": by_source,
        "by_equipment": grouped(judged, truth, lambda recorded: recorded.equipment),
        "by_label": {
            "total": score(results, label_truth),
            "by_source": grouped(results, label_truth, lambda recorded: recorded.source),
        },
    }
    if recounted:
        summary["by_confidence"] = grouped(
            judged, lambda recorded: recorded.recount_reps, lambda recorded: recorded.recount_confidence
        )
    lives = {
        source: [(r.live, r.reps) for r in results if r.recorded.source == source and not r.recorded.is_rest]
        for source in sources
    }
    summary["live"] = live_figures([one for chosen in lives.values() for one in chosen])
    summary["live"]["by_source"] = {source: live_figures(chosen) for source, chosen in lives.items()}
    recorded_s = sum(result.duration_s for result in results)
    summary["realtime_share"] = sum(result.busy_s for result in results) / max(1.0, recorded_s)
    summary["records"] = [
        {
            "name": result.recorded.set_id,
            "source": result.recorded.source,
            "exercise": result.recorded.exercise,
            "counted": result.counted,
            "recount": result.recorded.recount_reps,
            "recount_confidence": result.recorded.recount_confidence or None,
            "label": result.recorded.label_reps,
            "rejected": result.rejected,
        }
        for result in results
    ]
    return summary


def compare_calibration(plain: list[Counted], calibrated: list[Counted]) -> dict[str, Any]:
    """Per source, the sets that had a calibration: scored `without` it and `with` it."""
    recounted = {result.recorded.source for result in plain if result.recorded.recount_reps is not None}
    pairs = [(a, b) for a, b in zip(plain, calibrated, strict=True) if b.by_calibration]
    figures: dict[str, Any] = {}
    for source in sorted({b.recorded.source for _, b in pairs}):
        truth = recount_truth if source in recounted else label_truth
        chosen = [pair for pair in pairs if pair[0].recorded.source == source]
        figures[source] = {
            "without": score([a for a, _ in chosen], truth),
            "with": score([b for _, b in chosen], truth),
        }
    return figures


def print_table(summary: dict[str, Any]) -> None:
    """The same figures for a reader."""
    table = Table("source", "truth", "sets", "MAE", "exact", "within 1", "false reps")

    def add(name: str, truth: str, figures: dict[str, Any]) -> None:
        shares = [f"{100 * figures[key]:.0f} %" if figures["n"] else "–" for key in ("exact", "within_1")]
        mae = f"{figures['mae']:.2f}" if figures["n"] else "–"
        table.add_row(name, truth, str(figures["n"]), mae, *shares, str(figures["false_reps"]))

    for source, figures in summary["by_source"].items():
        add(source, figures.get("truth", summary["truth"]), figures)
    for source, figures in summary["by_label"]["by_source"].items():
        add(source, "label", figures)
    for source, figures in summary.get("plan_known", {}).get("by_source", {}).items():
        add(f"{source}, plan known", figures.get("truth", summary["truth"]), figures)
    for source, both in summary.get("calibrated", {}).items():
        for name in ("without", "with"):
            add(f"{source}, {name} calibration", summary["truth"], both[name])
    Console().print(table)


@click.command()
@common_options
@click.option("--plan-known", is_flag=True, help="Also tell the counter the exercise, as a plan would.")
@click.option("--calibrated", is_flag=True, help="Also count later sets after three own repetitions.")
def reps(
    folder: Path, as_json: bool, plot: str | None, out: Path, plan_known: bool, calibrated: bool
) -> None:
    """Count the repetitions of every set in DIR with the device's counter."""
    sets = read_sets(folder)
    if plot:
        draw_set(sets, plot, out)
        return
    blind = count_sets(with_progress(sets, "counting"), plan_known=False)
    summary = summarise(blind)
    if plan_known:
        known = summarise(count_sets(with_progress(sets, "counting, plan known"), plan_known=True))
        summary["plan_known"] = {
            key: known[key] for key in ("total", "by_source", "by_equipment", "by_label")
        }
    if calibrated:
        later = count_sets(with_progress(sets, "counting, calibrated"), plan_known=False, calibrated=True)
        summary["calibrated"] = compare_calibration(blind, later)
    if as_json:
        print_json(summary)
    else:
        print_table(summary)
