"""Scores of a classifier that may say "unknown": balanced accuracy, shares, confusion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Answer:
    """`likely` is the best guess ("unknown" when there was none), `given` what the device would say."""

    name: str
    source: str
    truth: str
    likely: str
    given: str
    probability: float


def balanced_accuracy(pairs: Sequence[tuple[str, str]]) -> float:
    """Mean over the classes of the share of (truth, answer) pairs that are right."""
    totals, right = (
        Counter(truth for truth, _ in pairs),
        Counter(truth for truth, said in pairs if truth == said),
    )
    return sum(right[truth] / n for truth, n in totals.items()) / len(totals)


def score(answers: Sequence[Answer]) -> dict[str, Any]:
    """`balanced_accuracy` and `top_1` of the best guesses; `right_when_given` of the answers given."""
    pairs = [(answer.truth, answer.likely) for answer in answers]
    given = [answer for answer in answers if answer.given != UNKNOWN]
    confusion: dict[str, dict[str, int]] = {}
    for truth, said in pairs:
        row = confusion.setdefault(truth, {})
        row[said] = row.get(said, 0) + 1
    return {
        "n": len(pairs),
        "balanced_accuracy": balanced_accuracy(pairs),
        "top_1": sum(truth == said for truth, said in pairs) / len(pairs),
        "unknown_share": 1 - len(given) / len(pairs),
        "right_when_given": sum(a.truth == a.given for a in given) / len(given) if given else None,
        "confusion": confusion,
    }


def by_source(answers: Sequence[Answer]) -> dict[str, dict[str, Any]]:
    """One score per source."""
    sources = sorted({answer.source for answer in answers})
    return {source: score([answer for answer in answers if answer.source == source]) for source in sources}


def print_table(scores: dict[str, dict[str, Any]]) -> None:
    """The figures and confusions for a reader."""
    table = Table("source", "sets", "balanced accuracy", "top 1", "unknown", "right when given")
    for source, figures in scores.items():
        keys = ("balanced_accuracy", "top_1", "unknown_share", "right_when_given")
        shares = ["–" if figures[key] is None else f"{100 * figures[key]:.0f} %" for key in keys]
        table.add_row(source, str(figures["n"]), *shares)
    console = Console()
    console.print(table)
    for source, figures in scores.items():
        for truth, row in sorted(figures["confusion"].items()):
            said = ", ".join(f"{name} {n}" for name, n in sorted(row.items(), key=lambda item: -item[1]))
            console.print(f"{source}: {truth} → {said}")
