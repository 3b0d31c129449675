"""`repbeat replay claims`: is a machine's set given to the wearable that did it, and to no other?

Each recorded wrist set goes through the device's counter; a stack that moves with the same repetitions is
made, measured by a sensor on it and counted by the same code. What the machine counted is then compared with
what wearables did: the set's own among strangers', and strangers' alone. Strangers are other recorded sets
that begin within a few seconds, every second one of the same exercise.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from repbeat.gym import matching
from repbeat_tools.replay.options import print_json, with_progress
from repbeat_tools.replay.recordings import RecordedSet, read_sets
from repbeat_tools.replay.reps import DRIVER, count_sets
from repbeat_tools.replay.runner import Firmware
from repbeat_tools.simulator.model import stack
from repbeat_tools.simulator.model.kinematics import STEP_MS
from repbeat_tools.simulator.model.lifter import RepTruth

CLOCK_MS = 100.0  # standard deviation of a device's clock, which is set over Bluetooth
BEGIN_MS = 8000  # a stranger's set begins so much before or after, at most
STRANGERS = (1, 3)
STILL_MS = 4000.0  # before and after the set
MARGINS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)


@dataclass(frozen=True)
class Pair:
    """One set as wrist and machine counted it: ends of repetitions in ms."""

    recorded: RecordedSet
    wrist_ms: list[int]
    machine_ms: list[int]


@dataclass
class Tally:
    """What became of comparisons, and the score and lead of each: `found` is right, wrong or none."""

    right: int = 0
    wrong: int = 0
    none: int = 0
    best: list[tuple[float, float, bool]] = field(default_factory=list)

    def add(self, found: str | None, wearer: str | None) -> None:
        """One comparison: whom it found, and who it was (None: nobody there)."""
        if found is None:
            self.none += 1
        elif found == wearer:
            self.right += 1
        else:
            self.wrong += 1


def pairs_of(sets: Sequence[RecordedSet], seed: int) -> list[Pair]:
    """Wrist sets beside the machine's count of the same repetitions."""
    out = []
    counted = count_sets(sets, plan_known=False)
    rng = np.random.default_rng([seed, 9])
    with Firmware(DRIVER) as firmware:
        for one in with_progress(counted, "machines"):
            truth = [RepTruth(rep["start_ms"], rep["turn_ms"], rep["end_ms"]) for rep in one.reps]
            if not truth:
                out.append(Pair(one.recorded, [], []))
                continue
            samples = machine_samples(truth, rng)
            options = {"start_ms": int(samples[0, 0]), "exercise": 0, "calibration": None}
            *reps, _ = firmware.replay(samples, options).emitted
            machine_ms = [rep["end_ms"] for rep in reps]
            out.append(Pair(one.recorded, [rep["end_ms"] for rep in one.reps], machine_ms))
    return out


def machine_samples(truth: Sequence[RepTruth], rng: np.random.Generator) -> npt.NDArray[np.int32]:
    """What a motion sensor on the stack gives while it is lifted so: rows as the firmware takes them."""
    start_ms = truth[0].start_ms - STILL_MS
    n = int((truth[-1].end_ms + STILL_MS - start_ms) / STEP_MS)
    rows = stack.sense(stack.height(truth, start_ms, n), rng)
    t_ms = start_ms + STEP_MS * np.arange(n)
    return np.column_stack([t_ms, rows[:, :3] * 1000, rows[:, 3:] * 10]).round().astype(np.int32)


def compare(pairs: Sequence[Pair], trials: int, seed: int) -> dict[str, Any]:
    """Precision and recall of the match at the shipped margin, and at others."""
    rng = random.Random(seed)
    usable = [pair for pair in pairs if min(len(pair.wrist_ms), len(pair.machine_ms)) >= matching.LEAST_REPS]
    with_wearer, without = Tally(), Tally()
    for _ in range(trials):
        for pair in usable:
            for count in STRANGERS:
                machine_ms = _off(pair.machine_ms, rng)
                strangers = _strangers(pair, usable, count, machine_ms[0], rng)
                _compare_one(
                    machine_ms, {**strangers, "wearer": _off(pair.wrist_ms, rng)}, "wearer", with_wearer
                )
                _compare_one(machine_ms, strangers, None, without)
    right, wrong = with_wearer.right, with_wearer.wrong + without.wrong
    tried = right + with_wearer.wrong + with_wearer.none
    return {
        "sets": len(pairs),
        "comparable": len(usable),
        "trials": tried,
        "strangers_alone": without.wrong + without.none,
        "good_score": matching.GOOD_SCORE,
        "margin": matching.CLEAR_MARGIN,
        "right": right,
        "wrong": wrong,
        "precision": _share(right, right + wrong),
        "recall": _share(right, tried),
        "recall_all_sets": _share(right * len(usable), tried * len(pairs)),
        "by_margin": [_at_margin(margin, with_wearer, without) for margin in MARGINS],
    }


def _compare_one(
    machine_ms: list[int], wearables: dict[str, list[int]], wearer: str | None, to: Tally
) -> None:
    found = matching.match(machine_ms, wearables)
    to.add(found.wearable, wearer)
    scores = {name: matching.score(machine_ms, ends) for name, ends in wearables.items()}
    to.best.append((found.score, found.margin, max(scores, key=lambda name: scores[name]) == wearer))


def _at_margin(margin: float, with_wearer: Tally, without: Tally) -> dict[str, Any]:
    """The same comparisons, had the margin been another."""

    def given(tally: Tally, right: bool) -> int:
        return sum(
            score >= matching.GOOD_SCORE and lead >= margin and is_right == right
            for score, lead, is_right in tally.best
        )

    right, wrong = given(with_wearer, True), given(with_wearer, False) + given(without, False)
    return {
        "margin": margin,
        "precision": _share(right, right + wrong),
        "recall": _share(right, len(with_wearer.best)),
    }


def _strangers(
    pair: Pair, usable: Sequence[Pair], count: int, begin_ms: int, rng: random.Random
) -> dict[str, list[int]]:
    """Other people's sets near this one, every second of the same exercise where there is one."""
    alike: Callable[[Pair], bool] = lambda other: other.recorded.exercise == pair.recorded.exercise  # noqa: E731
    others = [other for other in usable if other is not pair]
    same = [other for other in others if alike(other)] or others
    out = {}
    for n in range(count):
        other = rng.choice(same if n % 2 == 0 else others).wrist_ms
        shift_ms = begin_ms - other[0] + rng.randint(-BEGIN_MS, BEGIN_MS)
        out[f"stranger {n}"] = _off([at + shift_ms for at in other], rng)
    return out


def _off(ends_ms: Sequence[int], rng: random.Random) -> list[int]:
    """The same by another device's clock."""
    shift_ms = round(rng.gauss(0, CLOCK_MS))
    return [at + shift_ms for at in ends_ms]


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--trials", type=click.IntRange(1, 100), default=5, show_default=True, help="A set.")
@click.option("--seed", type=int, default=1, show_default=True)
def claims(folder: Path, as_json: bool, trials: int, seed: int) -> None:
    """Match the wrist sets of DIR with synthetic machine traces of the same and of other sets."""
    sets = [one for one in read_sets(folder) if one.site == "wrist" and not one.is_rest]
    if not sets:
        raise click.ClickException(f"{folder} holds no sets of a sensor on the wrist")
    pairs = pairs_of(with_progress_list(sets), seed)
    result = compare(pairs, trials, seed)
    by_source = {one.source for one in sets}
    result["by_source"] = {
        source: _brief(compare([pair for pair in pairs if pair.recorded.source == source], trials, seed))
        for source in sorted(by_source)
    }
    if as_json:
        print_json(result)
        return
    table = Table("margin", "precision", "recall")
    for row in result["by_margin"]:
        shipped = " (shipped)" if row["margin"] == matching.CLEAR_MARGIN else ""
        table.add_row(f"{row['margin']:.2f}{shipped}", _percent(row["precision"]), _percent(row["recall"]))
    Console().print(table)
    click.echo(
        f"{result['right']} right, {result['wrong']} wrong of {result['trials']} sets with their wearer "
        f"there and {result['strangers_alone']} without."
    )


def with_progress_list(sets: Sequence[RecordedSet]) -> list[RecordedSet]:
    """The sets, told of on standard error while they are read."""
    return list(with_progress(sets, "wrists"))


def _brief(result: dict[str, Any]) -> dict[str, Any]:
    return {name: result[name] for name in ("sets", "comparable", "precision", "recall", "recall_all_sets")}


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"
