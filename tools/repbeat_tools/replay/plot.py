"""A picture of one recorded set: what the sensor saw, the repetitions the device counted, the truth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np

from repbeat_tools.replay.recordings import RecordedSet, read_labelled_rep, read_samples


def find(sets: Sequence[RecordedSet], set_id: str) -> RecordedSet:
    """The set of that name; a click error lists a few that exist."""
    for recorded in sets:
        if recorded.set_id == set_id:
            return recorded
    some = ", ".join(recorded.set_id for recorded in sets[:3])
    raise click.ClickException(f"no record {set_id!r} in this folder; it has for example {some}")


def draw_set(sets: Sequence[RecordedSet], set_id: str, out: Path) -> None:
    """Write the picture of one set."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    from repbeat_tools.replay.reps import count_sets

    recorded = find(sets, set_id)
    samples = read_samples(recorded).astype(float)
    counted = count_sets([recorded], plan_known=False)[0]
    seconds = samples[:, 0] / 1000
    figure, (upper, lower) = pyplot.subplots(2, 1, figsize=(12, 5), sharex=True, layout="constrained")
    upper.plot(seconds, np.linalg.norm(samples[:, 1:4], axis=1) / 1000, color="0.2", lw=0.9)
    upper.set_ylabel("size of acceleration, g")
    for i, name in enumerate("xyz"):
        lower.plot(seconds, samples[:, 1 + i] / 1000, lw=0.8, label=name)
    lower.set_ylabel("acceleration, g")
    lower.set_xlabel("s")
    lower.legend(loc="upper right", ncols=3)
    for number, rep in enumerate(counted.reps, 1):
        for axes in (upper, lower):
            axes.axvspan(
                rep["start_ms"] / 1000, rep["end_ms"] / 1000, color=f"C{number % 2}", alpha=0.12, lw=0
            )
        upper.axvline(rep["turn_ms"] / 1000, color="0.6", lw=0.7, ls=":")
        middle_s = (rep["start_ms"] + rep["end_ms"]) / 2000
        upper.annotate(str(number), (middle_s, 1), xycoords=("data", "axes fraction"), ha="center", va="top")
    labels = read_labelled_rep(recorded)
    for at in np.flatnonzero(np.diff(labels)) if len(labels) else ():
        lower.axvline(seconds[at + 1], color="C3", lw=0.8, ls="--")
    truth = (
        f"recount {recorded.recount_reps} ({recorded.recount_confidence})"
        if recorded.recount_confidence
        else ""
    )
    figure.suptitle(
        f"{set_id}: counted {counted.counted}; {truth} label {recorded.label_reps} (dashed: its bounds)"
    )
    figure.savefig(out, dpi=110)
    pyplot.close(figure)
    click.echo(f"wrote {out}", err=True)
