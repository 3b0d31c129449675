"""Train the exercise and form models on a folder of recordings and write them into the firmware."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from repbeat_tools.replay.recordings import read_sets
from repbeat_tools.replay.runner import firmware_folder
from repbeat_tools.training.fit import Floats
from repbeat_tools.training.models import EXERCISE, FORM, TRAINED_ON, Task, fitted, trainable
from repbeat_tools.training.sets import SetResult, device_results

HEADER = '"""{what}\n\nMade by `python -m repbeat_tools.training`; not to be edited.\n"""\n\n'
WIDTH = 96


def main(folder: Path) -> None:
    """Fit on every participant of the folder; `repbeat replay exercise` and `form` give the honest
    figures."""
    sets = [recorded for recorded in read_sets(folder) if trainable(recorded)]
    results = [result for result in device_results(sets) if result.usable]
    signal = firmware_folder() / "device/signal"
    models = []
    for site in ("equipment", "wrist"):
        chosen = [result for result in results if result.recorded.site == site]
        weights, names = fitted(EXERCISE, chosen)
        models.append((tuple(int(name) for name in names), weights))
    text = HEADER.format(what="Weights of exercise.py, by site: equipment, wrist.")
    text += f"FIRST, LAST = {EXERCISE.first}, {EXERCISE.last}\nMODELS = (\n"
    for codes, weights in models:
        text += f"    (\n        {codes},\n{_hexadecimal(weights, 8)},\n    ),\n"
    (signal / "exercise_model.py").write_text(text + ")\n")
    weights, names = fitted(FORM, results)
    text = HEADER.format(what="Weights of form_class.py.")
    text += f"FIRST, LAST = {FORM.first}, {FORM.last}\nCLASSES = {tuple(names)}\nWEIGHTS = (\n"
    (signal / "form_model.py").write_text((text + _hexadecimal(weights, 4) + "\n)\n").replace("'", '"'))
    people = {task.name: _people(task, results) for task in (EXERCISE, FORM)}
    TRAINED_ON.write_text(json.dumps(people, indent=1) + "\n")


def _people(task: Task, results: list[SetResult]) -> list[str]:
    return sorted({result.recorded.participant for result in results if task.label(result.recorded)})


def _hexadecimal(weights: Floats, indent: int) -> str:
    digits = weights.astype("<f4").tobytes().hex()
    lines = [digits[i : i + WIDTH] for i in range(0, len(digits), WIDTH)]
    return "\n".join(" " * indent + f'"{line}"' for line in lines)


if __name__ == "__main__":
    np.seterr(all="raise", under="ignore")
    main(Path(sys.argv[1]))
