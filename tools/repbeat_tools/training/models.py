"""The two tasks: what a set is labelled with, from which inputs, by which fit; and fits that leave people
out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from repbeat_tools.replay.recordings import RecordedSet
from repbeat_tools.training.fit import Floats, Ints, discriminant, probabilities, scores, softmax
from repbeat_tools.training.sets import MEANS_AND_WHOLE, SPREADS_AND_MEANS, SetResult

TRAINED_ON = Path(__file__).with_name("trained_on.json")
"""Whose recordings the shipped models have seen: their sets are judged by a fit without them."""
TEMPERATURES = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 64.0, 128.0)
ALONE = 1e6  # nothing is likelier than anything else
FORMS = ("clean", "uncontrolled", "abrupt_start", "pull_fast", "release_fast")


@dataclass(frozen=True)
class Task:
    """`label` is a set's class as text, "" for a set that has no part in the task."""

    name: str
    first: int
    last: int
    label: Callable[[RecordedSet], str]
    fit: Callable[[Floats, Ints, int], Floats]


def trainable(recorded: RecordedSet) -> bool:
    """muvr is one person without a gyroscope, its labels of low trust: no part in training or scores."""
    return recorded.source != "muvr"


def _exercise(recorded: RecordedSet) -> str:
    return str(recorded.exercise_code) if recorded.exercise_code and trainable(recorded) else ""


def _form(recorded: RecordedSet) -> str:
    return recorded.quality if recorded.quality in FORMS else ""


EXERCISE = Task("exercise", *MEANS_AND_WHOLE, _exercise, discriminant)
FORM = Task("form", *SPREADS_AND_MEANS, _form, softmax)


def training_data(task: Task, results: list[SetResult]) -> tuple[Floats, Ints, list[str]]:
    """Features, class numbers and class names of the sets that have a label."""
    chosen = [result for result in results if task.label(result.recorded)]
    names = sorted({task.label(result.recorded) for result in chosen})
    features = np.array([result.features[task.first : task.last] for result in chosen], dtype=np.float64)
    classes = np.array([names.index(task.label(result.recorded)) for result in chosen], dtype=np.int64)
    return features, classes, names


def fitted(task: Task, results: list[SetResult]) -> tuple[Floats, list[str]]:
    """Weights and class names, the probabilities no surer than they proved on people left out of the fit."""
    features, classes, names = training_data(task, results)
    weights = task.fit(features, classes, len(names))
    if task is EXERCISE:
        people = np.array([result.recorded.participant for result in results if task.label(result.recorded)])
        weights = weights / _temperature(task, features, classes, people)
    return weights, names


def _temperature(task: Task, features: Floats, classes: Ints, people: npt.NDArray[np.str_]) -> float:
    """What to divide the scores by so that people who were left out are least surprising (Guo 2017).

    A fit to one person says nothing of how others differ: it is never sure.
    """
    n_classes = int(classes.max()) + 1
    names = sorted(set(people.tolist()))
    if len(names) < 2:
        return ALONE
    left_out = np.zeros((len(features), n_classes))
    for person in names:
        theirs = people == person
        model = task.fit(features[~theirs], classes[~theirs], n_classes)
        left_out[theirs] = scores(model, features[theirs])

    def surprise(temperature: float) -> float:
        likely = probabilities(left_out / temperature)[np.arange(len(classes)), classes]
        return float(-np.log(likely + 1e-9).mean())

    return min(TEMPERATURES, key=surprise)


def unseen_answers(task: Task, results: list[SetResult]) -> dict[str, tuple[str, float]]:
    """By set id, class and probability from a fit without the set's participant, for people the model
    knows."""
    known = set(json.loads(TRAINED_ON.read_text())[task.name]) if TRAINED_ON.exists() else set()
    answers: dict[str, tuple[str, float]] = {}
    usable = [result for result in results if result.usable and task.label(result.recorded)]
    for person in sorted({result.recorded.participant for result in usable} & known):
        theirs = [result for result in usable if result.recorded.participant == person]
        others = [result for result in usable if result.recorded.participant != person]
        if len({task.label(result.recorded) for result in others}) < 2:
            continue
        model, names = fitted(task, others)
        inputs = np.array([result.features[task.first : task.last] for result in theirs])
        for result, row in zip(theirs, probabilities(scores(model, inputs)), strict=True):
            answers[result.recorded.set_id] = (names[int(row.argmax())], float(row.max()))
    return answers
