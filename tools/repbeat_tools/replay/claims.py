"""`repbeat replay claims`: is a machine's set given to the wearable that did it, and to no other?

Each recorded wrist set goes through the device's counter; a stack that moves with the same repetitions is
made, measured by a sensor on it and counted by the same code. The wrist's times are not the hand's: the stack
turns and rests a little off them (`--jitter`). What the machine counted is then compared with what wearables
did: the set's own among strangers', and strangers' alone. Strangers are other recorded sets that begin within
a few seconds, every second one of the same exercise.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from repbeat.gym import matching
from repbeat.gym.matching import Rep
from repbeat_tools.replay.options import print_json, with_progress
from repbeat_tools.replay.recordings import RecordedSet, read_sets
from repbeat_tools.replay.reps import DRIVER, count_sets
from repbeat_tools.replay.runner import Firmware
from repbeat_tools.simulator.model import stack
from repbeat_tools.simulator.model.kinematics import STEP_MS
from repbeat_tools.simulator.model.lifter import RepTruth

JITTER_MS = 60.0  # standard deviation of a turn as the wrist's counter has it, against the stack's own
LEAST_HALF_MS = 150  # however the jitter falls, a half of a repetition takes so long
CLOCK_MS = 100.0  # standard deviation of a device's clock, which is set over Bluetooth
BEGIN_MS = 8000  # a stranger's set begins so much before or after, at most
STRANGERS = (1, 3)
STILL_MS = 4000.0  # before and after the set
SCORES = (0.7, 0.74, 0.78, 0.82, 0.86, 0.9)
WANTED = 0.99  # precision for which thresholds are chosen
MARGINS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)


@dataclass(frozen=True)
class Pair:
    """One set as wrist and machine counted it."""

    recorded: RecordedSet
    wrist: list[Rep]
    machine: list[Rep]


class Trial(NamedTuple):
    """One comparison: whose set, the best wearable's score and lead, and whether it was the wearer's."""

    participant: str
    score: float
    lead: float
    right: bool


@dataclass
class Tally:
    """What became of comparisons, and each of them: `found` is right, wrong or none."""

    right: int = 0
    wrong: int = 0
    none: int = 0
    best: list[Trial] = field(default_factory=list)

    def add(self, found: str | None, wearer: str | None) -> None:
        """One comparison: whom it found, and who it was (None: nobody there)."""
        if found is None:
            self.none += 1
        elif found == wearer:
            self.right += 1
        else:
            self.wrong += 1


def pairs_of(sets: Sequence[RecordedSet], jitter_ms: float, seed: int) -> list[Pair]:
    """Wrist sets beside the machine's count of the same repetitions."""
    out = []
    counted = count_sets(sets, plan_known=False)
    rng = np.random.default_rng([seed, 9])
    with Firmware(DRIVER) as firmware:
        for one in with_progress(counted, "machines"):
            wrist = [_rep(rep) for rep in one.reps]
            machine: list[Rep] = []
            if wrist:
                samples = machine_samples(_stack_turns(one.reps, jitter_ms, rng), rng)
                options = {
                    "site": "wrist",
                    "start_ms": int(samples[0, 0]),
                    "exercise": 0,
                    "calibration": None,
                }
                *reps, _ = firmware.replay(samples, options).emitted
                machine = [_rep(rep) for rep in reps]
            out.append(Pair(one.recorded, wrist, machine))
    return out


def _rep(counted: dict[str, int]) -> Rep:
    return Rep(counted["start_ms"], counted["concentric_ms"], counted["eccentric_ms"])


def _stack_turns(
    reps: Sequence[dict[str, int]], jitter_ms: float, rng: np.random.Generator
) -> list[RepTruth]:
    """The stack's own times of what the wrist counted, each off by `jitter_ms`, still in order."""
    out: list[RepTruth] = []
    for rep in reps:
        moments = [rep[name] for name in ("start_ms", "turn_ms", "end_ms")]
        start_ms, turn_ms, end_ms = (float(at) for at in moments + rng.normal(0, jitter_ms, 3))
        start_ms = max(start_ms, out[-1].end_ms) if out else start_ms
        turn_ms = max(turn_ms, start_ms + LEAST_HALF_MS)
        out.append(RepTruth(start_ms, turn_ms, max(end_ms, turn_ms + LEAST_HALF_MS)))
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
    usable = [pair for pair in pairs if min(len(pair.wrist), len(pair.machine)) >= matching.LEAST_REPS]
    with_wearer, without = Tally(), Tally()
    for _ in range(trials):
        for pair in usable if len(usable) > 1 else ():
            for count in STRANGERS:
                machine = _off(pair.machine, rng)
                strangers = _strangers(pair, usable, count, machine[0].start_ms, rng)
                who = pair.recorded.participant
                everybody = {**strangers, "wearer": _off(pair.wrist, rng)}
                _compare_one(who, machine, everybody, "wearer", with_wearer)
                _compare_one(who, machine, strangers, None, without)
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
        "held_out": held_out(with_wearer.best, without.best),
    }


def _compare_one(
    who: str, machine: list[Rep], wearables: dict[str, list[Rep]], wearer: str | None, to: Tally
) -> None:
    found = matching.match(machine, wearables)
    to.add(found.wearable, wearer)
    scores = {name: matching.score(machine, reps) for name, reps in wearables.items()}
    best = max(scores, key=lambda name: scores[name])
    to.best.append(Trial(who, found.score, found.margin, best == wearer))


def held_out(with_wearer: Sequence[Trial], without: Sequence[Trial]) -> dict[str, Any]:
    """Precision and recall where each person's thresholds are chosen on everybody else's sets.

    Chosen: the pair with most recall among those of WANTED precision. `by_participant`: what was chosen
    without each, and how it does on theirs. Strangers in a comparison may be anybody.
    """
    people = sorted({trial.participant for trial in with_wearer})
    rows = []
    right = wrong = 0
    for person in people if len(people) > 1 else ():
        others = [[one for one in part if one.participant != person] for part in (with_wearer, without)]
        own = [[one for one in part if one.participant == person] for part in (with_wearer, without)]
        good, margin = _chosen(*others)
        found = _given(good, margin, *own)
        right, wrong = right + found[0], wrong + found[1]
        shares = {"precision": _share(found[0], sum(found)), "recall": _share(found[0], len(own[0]))}
        rows.append({"participant": person, "good_score": good, "margin": margin, **shares})
    return {
        "precision": _share(right, right + wrong),
        "recall": _share(right, len(with_wearer)) if rows else None,
        "by_participant": rows,
    }


def _chosen(with_wearer: Sequence[Trial], without: Sequence[Trial]) -> tuple[float, float]:
    """(score, margin) with most recall at WANTED precision; the strictest pair where none reaches it."""
    best, most = (SCORES[-1], MARGINS[-1]), -1
    for good, margin in product(SCORES, MARGINS):
        right, wrong = _given(good, margin, with_wearer, without)
        if right > most and right >= WANTED * (right + wrong):
            best, most = (good, margin), right
    return best


def _given(
    good: float, margin: float, with_wearer: Sequence[Trial], without: Sequence[Trial]
) -> tuple[int, int]:
    """Sets given to who did them, and to somebody else."""
    given = [one for one in (*with_wearer, *without) if one.score >= good and one.lead >= margin]
    right = sum(one.right for one in given)
    return right, len(given) - right


def _at_margin(margin: float, with_wearer: Tally, without: Tally) -> dict[str, Any]:
    """The same comparisons, had the margin been another."""
    right, wrong = _given(matching.GOOD_SCORE, margin, with_wearer.best, without.best)
    return {
        "margin": margin,
        "precision": _share(right, right + wrong),
        "recall": _share(right, len(with_wearer.best)),
    }


def _strangers(
    pair: Pair, usable: Sequence[Pair], count: int, begin_ms: int, rng: random.Random
) -> dict[str, list[Rep]]:
    """Other people's sets near this one, every second of the same exercise where there is one."""
    alike: Callable[[Pair], bool] = lambda other: other.recorded.exercise == pair.recorded.exercise  # noqa: E731
    others = [other for other in usable if other is not pair]
    same = [other for other in others if alike(other)] or others
    out = {}
    for n in range(count):
        other = rng.choice(same if n % 2 == 0 else others).wrist
        shift_ms = begin_ms - other[0].start_ms + rng.randint(-BEGIN_MS, BEGIN_MS)
        out[f"stranger {n}"] = _off(_later(other, shift_ms), rng)
    return out


def _off(reps: Sequence[Rep], rng: random.Random) -> list[Rep]:
    """The same by another device's clock."""
    return _later(reps, round(rng.gauss(0, CLOCK_MS)))


def _later(reps: Sequence[Rep], shift_ms: int) -> list[Rep]:
    return [rep._replace(start_ms=rep.start_ms + shift_ms) for rep in reps]


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--trials", type=click.IntRange(1, 100), default=5, show_default=True, help="A set.")
@click.option(
    "--jitter",
    "jitter_ms",
    type=click.FloatRange(0, 500),
    default=JITTER_MS,
    show_default=True,
    help="Milliseconds that the stack's turns are off the wrist's.",
)
@click.option("--source", help="Only the sets of this source.")
@click.option("--seed", type=int, default=1, show_default=True)
def claims(folder: Path, as_json: bool, trials: int, jitter_ms: float, source: str | None, seed: int) -> None:
    """Match the wrist sets of DIR with synthetic machine traces of the same and of other sets."""
    wrists = (one for one in read_sets(folder) if one.site == "wrist" and not one.is_rest)
    sets = [one for one in wrists if source in (None, one.source)]
    if not sets:
        raise click.ClickException(f"{folder} holds no sets of a sensor on the wrist")
    pairs = pairs_of(with_progress_list(sets), jitter_ms, seed)
    result = {"jitter_ms": jitter_ms, **compare(pairs, trials, seed)}
    result["by_source"] = {
        name: _brief(compare([pair for pair in pairs if pair.recorded.source == name], trials, seed))
        for name in sorted({one.source for one in sets})
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
    held = result["held_out"]
    click.echo(
        f"Thresholds chosen without the person tested: precision {_percent(held['precision'])}, "
        f"recall {_percent(held['recall'])}."
    )


def with_progress_list(sets: Sequence[RecordedSet]) -> list[RecordedSet]:
    """The sets, told of on standard error while they are read."""
    return list(with_progress(sets, "wrists"))


def _brief(result: dict[str, Any]) -> dict[str, Any]:
    return {name: result[name] for name in ("sets", "comparable", "precision", "recall", "recall_all_sets")}


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"
