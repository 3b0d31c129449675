"""LIVE: what the session is doing now (protocol/frames.md): the latest value, notified when it changed."""

import struct

from device.link.service import LatestValue
from repbeat_protocol import live


class Live(LatestValue):
    """A characteristic of RepBeat's own service (own.py)."""

    def __init__(self) -> None:
        super().__init__()
        self._buf = bytearray(live.ANGLE_SIZE)
        self._new = bytearray(live.ANGLE_SIZE)

    def update(
        self,
        phase: int,
        set_index: int,
        reps: int,
        exercise: int,
        reps_low: int,
        reps_high: int,
        rest_left_s: int,
        mean_velocity_mm_s: int,
        bpm: int,
        zone: int,
        form_bits: int,
        plan_revision: int,
        steps: int,
        cadence: int,
        strain_x10: int,
        angle: int = live.UNKNOWN_ANGLE,
        angle_low: int = 0,
        angle_high: int = 0,
        angle_within: int = 0,
    ) -> bool:
        """The fields of live.FIELDS after the version; True when something is new, and then it is sent."""
        struct.pack_into(
            live.ANGLE_FORM,
            self._new,
            0,
            live.ANGLES if angle_high else live.VERSION,
            phase,
            min(set_index, 255),
            min(reps, 255),
            exercise,
            reps_low,
            reps_high,
            rest_left_s,
            min(mean_velocity_mm_s, 0xFFFF),
            min(bpm, 255),
            zone,
            form_bits,
            plan_revision,
            steps & 0xFFFF,
            min(cadence, 255),
            strain_x10,
            angle,
            angle_low,
            angle_high,
            min(angle_within, 255),
        )
        if self._new == self._buf:
            return False
        self._buf, self._new = self._new, self._buf
        self.changed()
        return True

    def value(self) -> memoryview:
        return memoryview(self._buf)[: live.ANGLE_SIZE if self._buf[0] == live.ANGLES else live.SIZE]

    def next(self, connection) -> memoryview | None:
        """Only a trusted companion sees the session; a link of the smallest MTU carries version 1's part."""
        frame = super().next(connection) if connection.trusted else None
        return frame if frame is None or connection.payload >= len(frame) else frame[: live.FIRST_SIZE]
