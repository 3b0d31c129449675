"""What somebody else read from the same files: an index to compare an import of theirs with."""

from __future__ import annotations

import csv
from pathlib import Path

import msgspec

NAME = "index.csv"
MEAN_WITHIN_BPM = 0.1  # two records of one second are one sample here: that moves a mean by hundredths
COLUMNS = {"file", "hr_samples", "hr_min", "hr_max", "hr_mean"}


class Expected(msgspec.Struct, frozen=True):
    """Heart rate in a file; None: it has none. `refused`: why that reader did not read it, or ""."""

    samples: int
    least_bpm: int | None
    most_bpm: int | None
    mean_bpm: float | None
    refused: str


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """`mean_off_bpm`: ours minus theirs, None where either has none."""

    agrees: bool
    samples: int
    samples_expected: int
    mean_off_bpm: float | None
    text: str


def found_for(folder: Path) -> Path | None:
    """The index in a folder or beside it, or None."""
    return next((path for path in (folder / NAME, folder.parent / NAME) if path.is_file()), None)


def read(path: Path) -> dict[str, Expected]:
    """By file name; ValueError for a file that is no such index."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        if not set(rows.fieldnames or ()) >= COLUMNS:
            raise ValueError(f"{path} is no index of files: it has no columns {', '.join(sorted(COLUMNS))}")
        return {row["file"]: _expected(row) for row in rows}


def compare(expected: Expected, bpm: list[int], *, refused: bool) -> Agreement:
    """How the heart rates that were read fit the index."""
    mean = sum(bpm) / len(bpm) if bpm else None
    off = None if mean is None or expected.mean_bpm is None else round(mean - expected.mean_bpm, 2) + 0.0
    if expected.samples == 0:
        agrees = not bpm
        text = "refused by both" if refused and expected.refused else "no heart rate, as the index says"
    elif not bpm:
        agrees, text = False, f"none of {expected.samples} samples"
    else:
        span = (min(bpm), max(bpm)) == (expected.least_bpm, expected.most_bpm)
        agrees = span and off is not None and abs(off) <= MEAN_WITHIN_BPM
        text = f"{len(bpm)} of {expected.samples} samples, mean {mean:.2f} bpm ({off:+.2f})"
        text += "" if span else f", {min(bpm)}-{max(bpm)} instead of {expected.least_bpm}-{expected.most_bpm}"
    return Agreement(
        agrees=agrees,
        samples=len(bpm),
        samples_expected=expected.samples,
        mean_off_bpm=off,
        text=text if agrees else f"differs: {text}",
    )


def _expected(row: dict[str, str]) -> Expected:
    return Expected(
        samples=int(row["hr_samples"] or 0),
        least_bpm=int(row["hr_min"]) if row["hr_min"] else None,
        most_bpm=int(row["hr_max"]) if row["hr_max"] else None,
        mean_bpm=float(row["hr_mean"]) if row["hr_mean"] else None,
        refused=next((text for name, text in row.items() if name.startswith("parse_error") and text), ""),
    )
