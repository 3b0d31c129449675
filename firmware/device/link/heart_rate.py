"""Heart Rate service (0x180D): heart rate, contact, energy and RR intervals, as straps send them.

Notified during a session only, unless the wearer chose "always": whoever is near can read it.
"""

from device.link.measurement import pack_measurement
from device.link.service import NOTIFY, READ, LatestValue
from repbeat_protocol import gatt

WRIST = b"\x02"  # Body Sensor Location


class HeartRate(LatestValue):
    """The service. `allowed`: whether it may notify now."""

    UUID = gatt.HEART_RATE_SERVICE
    CHARACTERISTICS = (
        (gatt.HEART_RATE_MEASUREMENT, NOTIFY, 20),
        (gatt.BODY_SENSOR_LOCATION, READ, 1),
    )

    def __init__(self) -> None:
        super().__init__()
        self.allowed = False
        self._buf = bytearray(20)
        self._size = 0

    def bind(self, server, attributes: tuple[int, ...]) -> None:
        self.attribute = attributes[0]
        server.write(attributes[1], WRIST)

    def update(self, bpm: int, contact: int, rr_1024: list[int], energy_kj: int = -1) -> None:
        """This second's value; intervals are those that ended since the last one."""
        self._size = pack_measurement(self._buf, bpm, contact, rr_1024, energy_kj)
        if self.allowed:
            self.changed()

    def value(self) -> memoryview | None:
        return memoryview(self._buf)[: self._size] if self.allowed else None
