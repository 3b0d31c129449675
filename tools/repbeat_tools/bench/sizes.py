"""Bytes on flash and on the air: heart rate a sample, and a whole day of wear."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from repbeat_protocol import frames, heart
from repbeat_protocol import records as wire
from repbeat_tools.demo.scene import load_board
from repbeat_tools.device_log import LOG_PARTITION, FlashImage, firmware_importable
from repbeat_tools.sample import HEART_BLOCK, session_log
from repbeat_tools.simulator.model.heart import Heart

MTU = 247
ATT_HEAD = 3
HOURS = 4  # simulated, three of them at rest, one in training; a day is six times as much
ROWS_PER_S = 100


def run() -> dict[str, Any]:
    """heart_per_sample_flash, heart_per_sample_air, and day_air with RR, repetitions and sets."""
    bpm, rr_ms = _hours()
    beats = _records(bpm, rr_ms)
    hearts = [raw for kind, raw in beats if kind == wire.HEART]
    training = [raw for _, raw in session_log(sets=20, reps=10).records if raw[0] in (wire.REP, wire.SET)]
    day = [raw for _, raw in beats] * (24 // HOURS) + training
    return {
        "heart_per_sample_flash": _flash(hearts) / len(bpm),
        "heart_per_sample_air": _air(hearts) / len(bpm),
        "day_air": _air(day),
    }


def _hours() -> tuple[list[int], list[float]]:
    """Heart rate once a second and the intervals, from the model."""
    model = Heart(3, resting_bpm=58, max_bpm=188)
    still = np.zeros((ROWS_PER_S, 3))
    still[:, 2] = 1.0
    for second in range(HOURS * 3600):
        training = second >= (HOURS - 1) * 3600
        effort = 0.05 if not training else 0.7 if second % 150 < 40 else 0.25
        model.advance(np.full(ROWS_PER_S, effort), still)
    truth = model.truth
    return [round(bpm) for _, bpm in truth.bpm], truth.rr_ms


def _records(bpm: list[int], rr_ms: list[float]) -> list[tuple[int, bytes]]:
    out = []
    writer = heart.HeartWriter()
    for value in bpm:
        writer.add(value, heart.GOOD)
        if writer.samples == HEART_BLOCK or writer.full():
            out.append((wire.HEART, bytes(writer.take(HEART_BLOCK * 1000, wire.SOURCE_OPTICAL))))
    intervals = heart.RrWriter()
    for rr in rr_ms:
        intervals.add(round(rr * 1.024))
        if intervals.full() or intervals.count >= HEART_BLOCK * 2:
            out.append((wire.RR, bytes(intervals.take(0, wire.SOURCE_STRAP))))
    return [(kind, wire.encode(seq, kind, 1, 1, seq, payload)) for seq, (kind, payload) in enumerate(out)]


def _air(raws: list[bytes]) -> int:
    """Bytes of notifications that carry these records, ATT header included, as the firmware packs them."""
    room = MTU - ATT_HEAD - frames.DATA_HEAD
    total = used = 0
    for raw in raws:
        if used and used + len(raw) <= room:
            used += len(raw)
        else:
            used = len(raw)
            pieces = -(-len(raw) // room)
            total += pieces * (ATT_HEAD + frames.DATA_HEAD)
        total += len(raw)
    return total + len(raws) // 32 * (ATT_HEAD + struct.calcsize("<BIIH"))  # an ACK for every 32 records


def _flash(raws: list[bytes]) -> int:
    """Bytes that the firmware's own log programs for these records, sector headers included."""
    image = FlashImage.blank(load_board(), LOG_PARTITION)
    with firmware_importable():
        from device.store.log import Log  # type: ignore[import-not-found]

    log = Log(image)
    log.mount()
    before = image.programmed
    for raw in raws:
        payload = raw[wire.HEADER_SIZE : -wire.CRC_SIZE]
        log.append(raw[0], 1, payload, 0)
    return image.programmed - before
