"""A device's log of one session, written the way a band writes it: for benchmarks, tests and screenshots."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from repbeat_protocol import exercises, heart
from repbeat_protocol import records as wire

NOW_MS = 1_793_000_000_000  # October 2026
SQUAT = exercises.code("squat")
START_MS = 5000
HEART_BLOCK = 120  # seconds a HEART record, as the firmware flushes


@dataclass
class DeviceLog:
    """Records with their sequence numbers, from `first_seq` on."""

    first_seq: int = 0
    records: list[tuple[int, bytes]] = field(default_factory=list)

    @property
    def next_seq(self) -> int:
        return self.first_seq + len(self.records)

    def add(self, kind: int, uptime_ms: int, payload: bytes, *, version: int = 1, boot: int = 1) -> int:
        seq = self.next_seq
        self.records.append((seq, wire.encode(seq, kind, version, boot, uptime_ms, payload)))
        return seq


def packed(kind: int, **fields: int) -> bytes:
    """A version 1 payload by field name; what is not given is 0."""
    return wire.pack(kind, 1, tuple(fields.get(name, 0) for name, _ in wire.LAYOUTS[kind, 1]))


def session_log(
    *,
    sets: int = 3,
    reps: int = 10,
    set_every_s: int = 90,
    rr: bool = False,
    first_seq: int = 0,
    boot: int = 1,
    unix_ms: int = NOW_MS,
    confidence: int = 90,
    offset_min: int = 120,
) -> DeviceLog:
    """Squats at 60 kg with a heart rate each second (and RR), beginning `START_MS` after the boot."""
    log = DeviceLog(first_seq)
    log.add(wire.BOOT, 10, packed(wire.BOOT, reset_cause=1, firmware_minor=1), boot=boot)
    time = packed(wire.TIME, unix_ms=unix_ms, uncertainty_ms=40, utc_offset_min=offset_min, source=1)
    log.add(wire.TIME, 1000, time, boot=boot)
    session = {"session_seq": log.next_seq, "plan_revision": 1, "resting_bpm": 55, "max_bpm": 190}
    started = packed(wire.SESSION, event=wire.SESSION_START, rpe=wire.UNKNOWN_U8, **session)
    log.add(wire.SESSION, START_MS, started, boot=boot)
    end_ms = START_MS
    for number in range(sets):
        begin_ms = START_MS + 10_000 + number * set_every_s * 1000
        for rep in range(reps):
            end_ms = begin_ms + (rep + 1) * 2500
            log.add(wire.REP, end_ms + 600, _rep(session["session_seq"], number, rep, confidence), boot=boot)
        log.add(wire.SET, end_ms + 8000, _set(session["session_seq"], number, reps), boot=boot)
    end_ms += 10_000
    _heart(log, end_ms, boot, rr)
    zones = {"zone0_s": 60, "zone1_s": 80, "zone2_s": 70, "zone3_s": 20, "zone4_s": 5}
    loads = {"trimp_x100": 812, "strain_x10": 34, "strain_version": 1, "muscular_x10": 450}
    strain = {name: session[name] for name in ("session_seq", "resting_bpm", "max_bpm")}
    log.add(wire.STRAIN, end_ms, packed(wire.STRAIN, **strain, **zones, **loads), boot=boot)
    done = {"sets": sets, "reps": sets * reps, "rpe": 7, "duration_s": (end_ms - START_MS) // 1000}
    log.add(wire.SESSION, end_ms, packed(wire.SESSION, event=wire.SESSION_END, **session, **done), boot=boot)
    log.add(wire.BATTERY, end_ms, packed(wire.BATTERY, millivolts=3950, percent=82), boot=boot)
    return log


def _rep(session_seq: int, number: int, rep: int, confidence: int) -> bytes:
    return packed(
        wire.REP,
        session_seq=session_seq,
        exercise=SQUAT,
        set_index=number,
        rep_index=rep,
        end_ago_ms=600,
        concentric_ms=900,
        pause_ms=100,
        eccentric_ms=1400,
        range_mg=520,
        range_permille=980,
        mean_velocity_mm_s=450,
        peak_velocity_mm_s=700,
        confidence=confidence,
    )


def _set(session_seq: int, number: int, reps: int) -> bytes:
    return packed(
        wire.SET,
        session_seq=session_seq,
        plan_revision=1,
        exercise=SQUAT,
        set_index=number,
        reps=reps,
        reps_low=8,
        reps_high=10,
        load_dag=6000,
        end_ago_ms=8000,
        duration_ms=reps * 2500,
        rest_before_s=60,
        velocity_loss_permille=80,
        form_fast=1,
        end_reason=wire.END_TARGET,
    )


def _heart(log: DeviceLog, end_ms: int, boot: int, rr: bool) -> None:
    """A slow wave between 70 and 130 bpm with short losses, and the intervals that go with it."""
    writer, intervals = heart.HeartWriter(), heart.RrWriter()
    first_ms = beat_ms = START_MS
    for at_ms in range(START_MS, end_ms, 1000):
        bpm = round(100 + 30 * math.sin(at_ms / 20_000))
        writer.add(bpm, heart.GOOD if at_ms % 7000 else heart.NO_VALUE)
        if writer.samples == HEART_BLOCK or at_ms + 1000 >= end_ms:
            payload = bytes(writer.take(at_ms + 1000 - first_ms, wire.SOURCE_OPTICAL))
            first_ms = at_ms + 1000
            log.add(wire.HEART, first_ms, payload, boot=boot)
        while rr and beat_ms < at_ms:
            breath = 20 * math.sin(beat_ms / 640)  # about 15 breaths a minute
            rr_1024 = round(61_440 / bpm + breath)
            intervals.add(rr_1024)
            beat_ms += rr_1024
            if intervals.full():
                log.add(
                    wire.RR,
                    at_ms,
                    bytes(intervals.take(at_ms - beat_ms & 0xFFFF, wire.SOURCE_STRAP)),
                    boot=boot,
                )
