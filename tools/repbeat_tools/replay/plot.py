"""A picture of one recorded set: what the sensor saw, the repetitions the device counted, the truth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np

from repbeat_tools.replay.recordings import RecordedSet, read_labelled_rep, read_samples

FAULTS = {1: "partial", 2: "fast", 4: "turn", 8: "uneven", 16: "abrupt", 32: "asymmetric"}
"""Form flags of a REP record, as in the firmware's form.py."""


def find(sets: Sequence[RecordedSet], set_id: str) -> RecordedSet:
    """The set of that name; a click error lists a few that exist."""
    for recorded in sets:
        if recorded.set_id == set_id:
            return recorded
    some = ", ".join(recorded.set_id for recorded in sets[:3])
    raise click.ClickException(f"no record {set_id!r} in this folder; it has for example {some}")


def draw_set(sets: Sequence[RecordedSet], set_id: str, out: Path) -> None:
    """Write the picture of one set: a band is a repetition, under its number what was wrong with it."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.lines import Line2D

    from repbeat_tools.replay.reps import count_sets

    recorded = find(sets, set_id)
    samples = read_samples(recorded).astype(float)
    counted = count_sets([recorded], plan_known=False)[0]
    seconds = samples[:, 0] / 1000
    figure, (upper, lower) = pyplot.subplots(2, 1, figsize=(13, 7), sharex=True, layout="constrained")
    upper.plot(seconds, np.linalg.norm(samples[:, 1:4], axis=1) / 1000, color="0.2", lw=0.9)
    upper.set_ylabel("size of acceleration, g")
    upper.margins(x=0.01)
    for i, name in enumerate("xyz"):
        lower.plot(seconds, samples[:, 1 + i] / 1000, lw=0.8, label=name)
    lower.set_ylabel("acceleration, g")
    lower.set_xlabel("s")
    for number, rep in enumerate(counted.reps, 1):
        for axes in (upper, lower):
            axes.axvspan(
                rep["start_ms"] / 1000, rep["end_ms"] / 1000, color=f"C{number % 2}", alpha=0.12, lw=0
            )
        upper.axvline(rep["turn_ms"] / 1000, color="0.5", lw=0.9, ls=":")
        middle_s = (rep["start_ms"] + rep["end_ms"]) / 2000
        above = upper.get_xaxis_transform()
        upper.text(middle_s, 1.01, str(number), transform=above, ha="center", va="bottom")
        faults = "\n".join(word for bit, word in FAULTS.items() if rep["form_bits"] & bit)
        upper.text(middle_s, 0.98, faults, transform=above, ha="center", va="top", fontsize=7, color="C3")
    labels = read_labelled_rep(recorded)
    for at in np.flatnonzero(np.diff(labels)) if len(labels) else ():
        lower.axvline(seconds[at + 1], color="C3", lw=0.8, ls="--")
    keys = [Line2D([], [], color="0.5", lw=0.9, ls=":", label="turn, as counted")]
    if len(labels):
        keys.append(Line2D([], [], color="C3", lw=0.8, ls="--", label="bounds, as labelled"))
    figure.legend(handles=[*lower.get_legend_handles_labels()[0], *keys], loc="outside lower center", ncols=5)
    lifted = ", ".join(filter(None, (recorded.exercise, recorded.quality)))
    figure.suptitle(f"{set_id}: {lifted}\n{counts(recorded, counted.counted)}")
    figure.savefig(out, dpi=110)
    pyplot.close(figure)
    click.echo(f"wrote {out}", err=True)


def counts(recorded: RecordedSet, counted: int) -> str:
    """What the device counted, beside what is known."""
    said = [f"counted {counted}"]
    if recorded.recount_reps is not None:
        said.append(f"recounted {recorded.recount_reps} (sureness {recorded.recount_confidence})")
    return ", ".join([*said, f"labelled {recorded.label_reps}"])
