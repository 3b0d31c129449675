"""Records of a training as a band writes them: sets that tire, a heart that follows, a window kept raw."""

from __future__ import annotations

import math
import random
from collections import Counter

import msgspec

from repbeat.derive import load
from repbeat.derive.heart import HeartScale
from repbeat_protocol import heart, raw_window
from repbeat_protocol import records as wire
from repbeat_tools.sample import HEART_BLOCK, DeviceLog, packed

START_MS = 5000
FAST, PARTIAL = 2, 1  # form bits
WINDOW_MS, WINDOW_STEP_MS = 2000, 40
ONE_G = 1000
MUSCULAR_X10_PER_KG = 0.25  # ours, for the example alone


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """One exercise of a session: what is lifted, how often, and how fast the first repetition is."""

    exercise: int
    load_kg: float
    reps: tuple[int, ...]
    rest_s: int = 120
    velocity_mm_s: int = 480
    reps_low: int = 8
    reps_high: int = 10


class Training(msgspec.Struct, frozen=True, kw_only=True):
    """One session of one athlete."""

    unix_ms: int
    work: tuple[Work, ...]
    plan_revision: int = 1
    resting_bpm: int = 54
    max_bpm: int = 188
    rpe: int = 7
    offset_min: int = 60
    window_at: tuple[int, int] | None = None  # set and repetition around which the signal is kept


def write(log: DeviceLog, one: Training, boot: int, seed: int) -> None:
    """Append a boot with one session to a log."""
    chance = random.Random(seed)
    log.add(wire.BOOT, 10, packed(wire.BOOT, reset_cause=1, firmware_minor=1), boot=boot)
    time = packed(wire.TIME, unix_ms=one.unix_ms, uncertainty_ms=40, utc_offset_min=one.offset_min, source=1)
    log.add(wire.TIME, 1000, time, boot=boot)
    seq = log.next_seq
    scale = {"resting_bpm": one.resting_bpm, "max_bpm": one.max_bpm}
    named = {"session_seq": seq, "plan_revision": one.plan_revision, **scale}
    begun = packed(wire.SESSION, event=wire.SESSION_START, rpe=wire.UNKNOWN_U8, **named)
    log.add(wire.SESSION, START_MS, begun, boot=boot)
    at_ms, index, spans = START_MS + 40_000, 0, []
    for item, work in enumerate(one.work):
        for reps in work.reps:
            begin_ms = at_ms
            at_ms = _set(log, one, work, item, index, reps, at_ms, seq, boot, chance, rested=index > 0)
            spans.append((begin_ms, at_ms))
            at_ms += work.rest_s * 1000 + chance.randrange(-8000, 20_000)
            index += 1
    end_ms = spans[-1][1] + 90_000
    bpm = _pulse(one, spans, end_ms, chance)
    _heart(log, bpm, boot)
    zones = load.zone_seconds(load.seconds_at(bpm), _scale(one))
    trimp = load.banister(load.seconds_at(bpm), _scale(one))
    moved_kg = sum(work.load_kg * sum(work.reps) for work in one.work)
    strain = packed(
        wire.STRAIN,
        session_seq=seq,
        **scale,
        **{f"zone{number}_s": seconds for number, seconds in enumerate(zones)},
        trimp_x100=round(trimp * 100),
        strain_x10=min(210, round(210 * (1 - math.exp(-trimp / 90)))),
        strain_version=1,
        muscular_x10=round(moved_kg * MUSCULAR_X10_PER_KG),
    )
    log.add(wire.STRAIN, end_ms, strain, boot=boot)
    done = {"sets": index, "reps": sum(sum(work.reps) for work in one.work)}
    duration_s = (end_ms - START_MS) // 1000
    ended = packed(wire.SESSION, event=wire.SESSION_END, rpe=one.rpe, duration_s=duration_s, **done, **named)
    log.add(wire.SESSION, end_ms, ended, boot=boot)
    battery = 30 + (boot * 37) % 65
    log.add(wire.BATTERY, end_ms, packed(wire.BATTERY, millivolts=3950, percent=battery), boot=boot)


def _scale(one: Training) -> HeartScale:
    return HeartScale(one.resting_bpm, one.max_bpm)


def _set(
    log: DeviceLog,
    one: Training,
    work: Work,
    item: int,
    index: int,
    reps: int,
    at_ms: int,
    seq: int,
    boot: int,
    chance: random.Random,
    *,
    rested: bool,
) -> int:
    """One set from `at_ms` on; when it ended."""
    begin_ms, forms, speeds = at_ms, Counter[str](), []
    for rep in range(reps):
        tired = rep / max(reps - 1, 1)
        speed = round(work.velocity_mm_s * (1 - 0.22 * tired**1.5) * chance.uniform(0.97, 1.03))
        speeds.append(speed)
        bits = 0
        if tired > 0.8 and chance.random() < 0.35:
            bits, name = chance.choice(((FAST, "form_fast"), (PARTIAL, "form_partial")))
            forms[name] += 1
        up_ms = round(420_000 / speed)
        down_ms = round(chance.uniform(1300, 1700) * (0.7 if bits & FAST else 1))
        pause_ms = round(chance.uniform(80, 260))
        at_ms += up_ms + down_ms + pause_ms
        record = packed(
            wire.REP,
            session_seq=seq,
            exercise=work.exercise,
            set_index=index,
            rep_index=rep,
            end_ago_ms=600,
            concentric_ms=up_ms,
            pause_ms=pause_ms,
            eccentric_ms=down_ms,
            range_mg=520,
            range_permille=760 if bits & PARTIAL else round(chance.uniform(940, 1020)),
            mean_velocity_mm_s=speed,
            peak_velocity_mm_s=round(speed * 1.5),
            form_bits=bits,
            confidence=round(chance.uniform(84, 97)),
        )
        rep_seq = log.add(wire.REP, at_ms + 600, record, boot=boot)
        if one.window_at == (index, rep):
            _window(log, rep_seq, at_ms, up_ms + down_ms, boot, chance)
    ended = packed(
        wire.SET,
        session_seq=seq,
        plan_revision=one.plan_revision,
        exercise=work.exercise,
        set_index=index,
        plan_item=item,
        reps=reps,
        reps_low=work.reps_low,
        reps_high=work.reps_high,
        load_dag=round(work.load_kg * 100),
        end_ago_ms=8000,
        duration_ms=at_ms - begin_ms,
        rest_before_s=work.rest_s if rested else 0,
        velocity_loss_permille=round(1000 * (1 - min(speeds) / max(speeds))),
        end_reason=wire.END_TARGET,
        **forms,
    )
    log.add(wire.SET, at_ms + 8000, ended, boot=boot)
    return at_ms


def _window(
    log: DeviceLog, rep_seq: int, end_ms: int, length_ms: int, boot: int, chance: random.Random
) -> None:
    """The signal around a repetition, in as many parts as it takes."""
    times = list(range(end_ms - WINDOW_MS, end_ms + WINDOW_MS, WINDOW_STEP_MS))
    rows = []
    for at in times:
        swing = math.sin(2 * math.pi * (at - end_ms) / length_ms)
        rows.append(
            [
                round(180 * swing + chance.gauss(0, 12)),
                round(90 * swing * swing + chance.gauss(0, 12)),
                round(ONE_G + 420 * swing + chance.gauss(0, 15)),
            ]
        )
    fit = raw_window.rows_in_part(3)
    parts = -(-len(rows) // fit)
    writer = raw_window.RawWriter(3)
    written_ms = end_ms + WINDOW_MS + 500
    for part in range(parts):
        for row in rows[part * fit : (part + 1) * fit]:
            writer.add(row, 0)
        ago_ms = written_ms - times[part * fit]
        payload = bytes(writer.take(rep_seq, part, parts, ago_ms, WINDOW_STEP_MS))
        log.add(wire.RAW_WINDOW, written_ms, payload, version=2, boot=boot)


def _pulse(one: Training, spans: list[tuple[int, int]], end_ms: int, chance: random.Random) -> list[int]:
    """bpm a second: rises in a set and a little after it, falls in the rest, both with lag."""
    bpm, out = one.resting_bpm + 22.0, []
    reserve = one.max_bpm - one.resting_bpm
    for number, at_ms in enumerate(range(START_MS, end_ms, 1000)):
        busy = any(first <= at_ms < last + 6000 for first, last in spans)
        late = min(number / 2400, 1) * 0.12
        goal = one.resting_bpm + reserve * ((0.74 if busy else 0.34) + late)
        bpm += (goal - bpm) * (0.055 if busy else 0.022)
        out.append(round(bpm + chance.gauss(0, 1.1)))
    return out


def _heart(log: DeviceLog, bpm: list[int], boot: int) -> None:
    writer, first_ms = heart.HeartWriter(), START_MS
    for number, value in enumerate(bpm):
        at_ms = START_MS + number * 1000
        lost = number % 311 < 4
        writer.add(value, heart.NO_VALUE if lost else heart.GOOD)
        if writer.samples == HEART_BLOCK or number == len(bpm) - 1:
            payload = bytes(writer.take(at_ms + 1000 - first_ms, wire.SOURCE_OPTICAL))
            first_ms = at_ms + 1000
            log.add(wire.HEART, first_ms, payload, boot=boot)
