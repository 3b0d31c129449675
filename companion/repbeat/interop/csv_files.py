"""CSV of a session (heart rate by second, sets) and of nights: plain tables for a spreadsheet, read back."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date

from repbeat.interop.activity import Activity, HeartSample, SetDone, in_order
from repbeat.interop.apple_health import DayValue
from repbeat.interop.errors import DamagedFile, NothingInside
from repbeat.store.oxygen import Sample
from repbeat_protocol import exercises

SOURCE = "csv"
HEART_COLUMNS = ("unix_ms", "bpm")
OXYGEN_COLUMNS = ("unix_ms", "smo2_percent", "thb_g_dl")
SET_COLUMNS = ("unix_ms", "duration_ms", "exercise", "reps", "load_kg")
DAY_COLUMNS = ("day", "kind", "source", "value")  # 2026-11-24, one of DAY_KINDS, oura, 52.0
DAY_KINDS = {  # plausible values
    "resting_bpm": (20, 200),
    "rmssd_ms": (1, 500),
    "sdnn_ms": (1, 500),
    "asleep_s": (0, 86_400),
}
MAX_ROWS = 1_000_000


def heart_table(activity: Activity) -> str:
    """unix_ms, bpm."""
    return _table(HEART_COLUMNS, ((sample.at_ms, sample.bpm) for sample in activity.heart))


def set_table(activity: Activity) -> str:
    """unix_ms, duration_ms, exercise, reps, load_kg."""
    return _table(
        SET_COLUMNS,
        (
            (one.start_ms, one.duration_ms, exercises.slug(one.exercise), one.reps, one.load_g / 1000)
            for one in activity.sets
        ),
    )


def oxygen_table(samples: Iterable[Sample]) -> str:
    """unix_ms, smo2_percent, thb_g_dl; empty where the sensor gave no value."""
    return _table(
        OXYGEN_COLUMNS,
        (
            (
                one.at_ms,
                "" if one.smo2_permille is None else one.smo2_permille / 10,
                "" if one.thb_cg_dl is None else one.thb_cg_dl / 100,
            )
            for one in samples
        ),
    )


def looks_like_csv(head: bytes) -> bool:
    """By the columns of either table."""
    return _first_line(head) in (HEART_COLUMNS, SET_COLUMNS)


def read(content: bytes) -> Activity:
    """A session from either table. DamagedFile names the line."""
    try:
        rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        columns = tuple(rows.fieldnames or ())
        heart: list[HeartSample] = []
        sets: list[SetDone] = []
        for number, row in enumerate(rows):
            if number >= MAX_ROWS:
                raise DamagedFile(f"more than {MAX_ROWS} lines: split the file by session")
            if columns == HEART_COLUMNS:
                heart.append(HeartSample(int(row["unix_ms"]), round(float(row["bpm"]))))
            else:
                sets.append(_set(row))
    except UnicodeDecodeError as error:
        raise DamagedFile("it is not UTF-8 text: save it as CSV UTF-8") from error
    except csv.Error as error:
        raise DamagedFile(f"it is no table: {error}") from error
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        if isinstance(error, DamagedFile):
            raise
        raise DamagedFile(f"line {number + 2} is not what its columns say: {error}") from error
    heart = in_order(heart)
    times = [sample.at_ms for sample in heart]
    times += [edge for one in sets for edge in (one.start_ms, one.start_ms + one.duration_ms)]
    if not times:
        raise NothingInside("it has columns and no usable line")
    sets.sort(key=lambda one: one.start_ms)
    return Activity(
        source=SOURCE,
        sport="training",
        start_ms=min(times),
        end_ms=max(times),
        heart=heart,
        rr_ms=[],
        sets=sets,
    )


def looks_like_days(head: bytes) -> bool:
    """By its columns."""
    return _first_line(head) == DAY_COLUMNS


def read_days(content: bytes) -> list[DayValue]:
    """A ring's nights, one figure a line; the source stays with each. DamagedFile names the line."""
    number = 1
    try:
        out = []
        rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        for number, row in enumerate(rows, 2):  # noqa: B007  the message below names the line
            day, kind, value = date.fromisoformat(row["day"]), row["kind"], float(row["value"])
            least, most = DAY_KINDS[kind]
            if not least <= value <= most:
                raise ValueError(f"{kind} of {value:g}")
            out.append(DayValue(day.isoformat(), kind, row["source"].strip() or SOURCE, value))
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise DamagedFile(f"line {number} is not day, kind, source, value: {error}") from error
    if not out:
        raise NothingInside("it has columns and no usable line")
    return out


def _set(row: dict[str, str]) -> SetDone:
    name = row["exercise"]
    if name not in exercises.CODES:
        raise ValueError(f"no exercise {name!r}")
    return SetDone(
        start_ms=int(row["unix_ms"]),
        duration_ms=int(row["duration_ms"]),
        exercise=exercises.code(name),
        reps=int(row["reps"]),
        load_g=round(float(row["load_kg"]) * 1000),
    )


def _table(columns: tuple[str, ...], rows: object) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)  # type: ignore[arg-type]
    return out.getvalue()


def _first_line(head: bytes) -> tuple[str, ...]:
    return tuple(head.split(b"\n", 1)[0].strip().decode("utf-8-sig", "replace").split(","))
