"""`repbeat replay form`: which instructed fault the device sees in each recorded set.

From the device's own repetition boundaries; a person the shipped model was trained on is judged by a fit
without
that person. Exercise and fault go together in the recordings (a pull is a lat pulldown): hints, not verdicts.
"""

from __future__ import annotations

from pathlib import Path

import click

from repbeat_tools.replay.classes import UNKNOWN, Answer, balanced_accuracy, by_source, print_table
from repbeat_tools.replay.options import common_options, print_json, with_progress
from repbeat_tools.replay.plot import draw_set
from repbeat_tools.replay.recordings import read_sets
from repbeat_tools.training.models import FORM, unseen_answers
from repbeat_tools.training.sets import SetResult, device_results

CLEAN = "clean"


def answers(results: list[SetResult]) -> list[Answer]:
    """One answer a labelled set, by nobody's model who has seen its participant."""
    unseen = unseen_answers(FORM, results)
    given = []
    for result in results:
        recorded = result.recorded
        truth = FORM.label(recorded)
        if truth:
            device = (result.form or UNKNOWN, result.form_confidence / 100)
            said, probability = unseen.get(recorded.set_id, device)
            given.append(Answer(recorded.set_id, recorded.source, truth, said, said, probability))
    return given


def fault_or_clean(given: list[Answer]) -> float:
    """Balanced accuracy of telling any fault from a clean set; a set without an answer is wrong."""
    pairs = []
    for answer in given:
        said = "clean" if answer.likely == CLEAN else answer.likely if answer.likely == UNKNOWN else "fault"
        pairs.append((CLEAN if answer.truth == CLEAN else "fault", said))
    return balanced_accuracy(pairs)


@click.command()
@common_options
def form(folder: Path, as_json: bool, plot: str | None, out: Path) -> None:
    """Tell clean sets and kinds of fault apart in DIR."""
    sets = read_sets(folder)
    if plot:
        draw_set(sets, plot, out)
        return
    chosen = [recorded for recorded in sets if FORM.label(recorded)]
    given = answers(device_results(with_progress(chosen, "judging form")))
    scores = by_source(given)
    for source, figures in scores.items():
        theirs = [answer for answer in given if answer.source == source]
        figures["fault_or_clean"] = {"balanced_accuracy": fault_or_clean(theirs)}
    if as_json:
        print_json({"by_source": scores, "records": [vars(answer) for answer in given]})
    else:
        print_table(scores)
        for source, figures in scores.items():
            share = 100 * figures["fault_or_clean"]["balanced_accuracy"]
            click.echo(f"{source}: fault or clean, balanced accuracy {share:.0f} %")
