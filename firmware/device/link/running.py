"""Running Speed and Cadence service (0x1814), for who wants it: steps a minute, and a speed from them.

Registered only where the setting `cadence` is 1, and after all others, so that their handles stay. The speed
is cadence times the setting `step_mm`; no length is measured here.
"""

import struct

from device.link.service import NOTIFY, READ, LatestValue
from repbeat_protocol import gatt

RUNNING_SPM = 140  # steps a minute from which people run (Tudor-Locke 2019: walking up to 130-140)
RUNNING_FLAG = 0x04
WALKING_OR_RUNNING = 0x0004  # RSC Feature: the flag above is given


class RunningCadence(LatestValue):
    """The service; `update` once a second."""

    UUID = gatt.RUNNING_SPEED_CADENCE_SERVICE
    CHARACTERISTICS = (
        (gatt.RSC_MEASUREMENT, NOTIFY, 4),
        (gatt.RSC_FEATURE, READ, 2),
    )

    def __init__(self, step_mm: int) -> None:
        super().__init__()
        self._step_mm = step_mm
        self._buf = bytearray(4)

    def bind(self, server, attributes: tuple[int, ...]) -> None:
        self.attribute = attributes[0]
        server.write(attributes[1], struct.pack("<H", WALKING_OR_RUNNING))

    def update(self, cadence_x10: int) -> None:
        """Tenths of a step a minute; 0 while not walking."""
        cadence = min(255, (cadence_x10 + 5) // 10)
        speed = min(0xFFFF, cadence * self._step_mm * 256 // 60_000)  # 1/256 m/s
        flags = RUNNING_FLAG if cadence >= RUNNING_SPM else 0
        struct.pack_into("<BHB", self._buf, 0, flags, speed, cadence)
        self.changed()

    def value(self) -> memoryview:
        return memoryview(self._buf)
