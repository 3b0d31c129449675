"""Battery service (0x180F): percent."""

from device.link.service import NOTIFY, READ, LatestValue
from repbeat_protocol import gatt


class Battery(LatestValue):
    """The level, read and notified when it changed."""

    UUID = gatt.BATTERY_SERVICE
    CHARACTERISTICS = ((gatt.BATTERY_LEVEL, READ | NOTIFY, 1),)

    def __init__(self) -> None:
        super().__init__()
        self._buf = bytearray(1)

    def bind(self, server, attributes: tuple[int, ...]) -> None:
        self._server = server
        self.attribute = attributes[0]
        server.write(self.attribute, self._buf)

    def update(self, percent: int) -> None:
        """The present charge, 0-100 %."""
        if percent != self._buf[0]:
            self._buf[0] = percent
            self._server.write(self.attribute, self._buf)
            self.changed()

    def value(self) -> memoryview:
        return memoryview(self._buf)
