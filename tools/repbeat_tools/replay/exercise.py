"""`repbeat replay exercise`: which exercise the device takes each recorded set for.

A person whose sets the shipped model was trained on is judged by a fit without that person; everybody else
by the
device's own answer.
"""

from __future__ import annotations

from pathlib import Path

import click

from repbeat_protocol.exercises import UNKNOWN as UNKNOWN_CODE
from repbeat_protocol.exercises import slug
from repbeat_tools.replay.classes import UNKNOWN, Answer, by_source, print_table
from repbeat_tools.replay.options import common_options, print_json, with_progress
from repbeat_tools.replay.plot import draw_set
from repbeat_tools.replay.recordings import read_sets
from repbeat_tools.training.models import EXERCISE, unseen_answers
from repbeat_tools.training.sets import SetResult, device_results

SURE = 0.70
"""As SURE_PERCENT in the firmware's exercise.py."""


def answers(results: list[SetResult]) -> list[Answer]:
    """One answer a labelled set, by nobody's model who has seen its participant."""
    unseen: dict[str, tuple[str, float]] = {}
    for site in sorted({result.recorded.site for result in results}):
        unseen |= unseen_answers(EXERCISE, [result for result in results if result.recorded.site == site])
    given = []
    for result in results:
        recorded = result.recorded
        truth = EXERCISE.label(recorded)
        if not truth:
            continue
        device = (str(result.likely), result.confidence / 100)
        code, probability = unseen.get(recorded.set_id, device)
        likely = UNKNOWN if int(code) == UNKNOWN_CODE else slug(int(code))
        sure = likely if probability >= SURE else UNKNOWN
        given.append(Answer(recorded.set_id, recorded.source, slug(int(truth)), likely, sure, probability))
    return given


@click.command()
@common_options
def exercise(folder: Path, as_json: bool, plot: str | None, out: Path) -> None:
    """Recognise the exercise of every set in DIR."""
    sets = read_sets(folder)
    if plot:
        draw_set(sets, plot, out)
        return
    chosen = [recorded for recorded in sets if EXERCISE.label(recorded)]
    given = answers(device_results(with_progress(chosen, "recognising")))
    scores = by_source(given)
    if as_json:
        print_json({"by_source": scores, "records": [vars(answer) for answer in given]})
    else:
        print_table(scores)
