"""FIT activity files: heart rate, HRV and sets. Read by fitdecode with its checks on."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import fitdecode

from repbeat.interop.activity import RR_RANGE_MS, Activity, HeartSample, SetDone, in_order
from repbeat.interop.errors import DamagedFile, ImportRefused, NothingInside, Undated
from repbeat.interop.exercise_names import exercise_of

SOURCE = "fit"
MAGIC_AT, MAGIC = 8, b".FIT"

# fitdecode asserts and unpacks what it has not looked at
_BROKEN = (AssertionError, LookupError, OverflowError, TypeError, ValueError, struct.error)


def looks_like_fit(head: bytes) -> bool:
    """By the letters in every FIT header."""
    return head[MAGIC_AT : MAGIC_AT + len(MAGIC)] == MAGIC


def read(content: bytes) -> Activity:
    """The activity in a FIT file. DamagedFile, NothingInside."""
    try:
        return _activity(content)
    except ImportRefused:
        raise
    except fitdecode.FitCRCError as error:
        raise DamagedFile("its checksum does not fit its content: copy the file again") from error
    except fitdecode.FitEOFError as error:
        raise DamagedFile("it ends in the middle of a message: copy the file again") from error
    except fitdecode.FitHeaderError as error:
        raise DamagedFile("its header is damaged: copy the file again") from error
    except fitdecode.FitError as error:
        raise DamagedFile(f"it cannot be read as FIT ({error})") from error
    except _BROKEN as error:
        raise DamagedFile("it breaks the rules of FIT: export it again from where it came") from error


def _activity(content: bytes) -> Activity:
    heart: list[HeartSample] = []
    rr_ms: list[int] = []
    sets: list[SetDone] = []
    seen: list[int] = []
    sport = "unknown"
    undated = False  # times since the device was switched on
    for message in _messages(content):
        undated = undated or isinstance(_value(message, "timestamp"), int)
        at_ms = _unix_ms(_value(message, "timestamp"))
        if message.name == "record" and at_ms is not None:
            seen.append(at_ms)
            bpm = _value(message, "heart_rate")
            if isinstance(bpm, int | float):
                heart.append(HeartSample(at_ms, round(bpm)))
        elif message.name == "hrv":
            rr_ms.extend(_intervals(message))
        elif message.name == "set" and _value(message, "set_type") in ("active", 1):
            sets.append(_set(message, at_ms))
        elif message.name == "session":
            sport = str(_value(message, "sport") or sport)
            seen.extend(_span(message, at_ms))
    seen.extend(edge for one in sets for edge in (one.start_ms, one.start_ms + one.duration_ms))
    heart = in_order(heart)
    if not seen and undated:
        raise Undated("its device had no date: set the device's clock, and record anew")
    if not seen:
        raise NothingInside("it holds no activity: settings, courses and workouts are not sessions")
    return Activity(
        source=SOURCE,
        sport=sport,
        start_ms=min(seen),
        end_ms=max(seen),
        heart=heart,
        rr_ms=rr_ms,
        sets=sorted(sets, key=lambda one: one.start_ms),
    )


def _messages(content: bytes) -> Iterator[Any]:
    with fitdecode.FitReader(
        io.BytesIO(content),
        check_crc=fitdecode.CrcCheck.RAISE,
        error_handling=fitdecode.ErrorHandling.RAISE,
    ) as reader:
        for frame in reader:
            if isinstance(frame, fitdecode.FitDataMessage):
                yield frame


def _value(message: Any, name: str) -> Any:
    return message.get_value(name, fallback=None)


def _unix_ms(value: Any) -> int | None:
    if not isinstance(value, datetime):
        return None
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1000)


def _intervals(message: Any) -> Iterator[int]:
    """RR intervals of one hrv message: seconds, with unused places empty."""
    times = _value(message, "time")
    for seconds in times if isinstance(times, tuple | list) else (times,):
        if isinstance(seconds, int | float):
            rr = round(seconds * 1000)
            if rr in RR_RANGE_MS:
                yield rr


def _set(message: Any, at_ms: int | None) -> SetDone:
    start_ms = _unix_ms(_value(message, "start_time"))
    duration_s = _value(message, "duration") or 0
    category = message.get_value("category", fallback=None, raw_value=True)
    first = category[0] if isinstance(category, tuple | list) else category
    weight_kg = _value(message, "weight")
    start = start_ms if start_ms is not None else at_ms
    if start is None:
        raise ValueError("a set without a time")
    return SetDone(
        start_ms=start,
        duration_ms=round(duration_s * 1000),
        exercise=exercise_of(first),
        reps=int(_value(message, "repetitions") or 0),
        load_g=round(weight_kg * 1000) if isinstance(weight_kg, int | float) else 0,
    )


def _span(message: Any, at_ms: int | None) -> Iterator[int]:
    start_ms = _unix_ms(_value(message, "start_time"))
    elapsed_s = _value(message, "total_elapsed_time")
    if start_ms is not None:
        yield start_ms
        if isinstance(elapsed_s, int | float):
            yield start_ms + round(elapsed_s * 1000)
    elif at_ms is not None:
        yield at_ms
