"""Device Information service (0x180A): maker, model, serial number, firmware, interpreter."""

import sys

from device.link.service import READ, Service
from device.system import version
from repbeat_protocol import gatt

MAKER = "RepBeat"
TEXT_MAX = 32


class Information(Service):
    """Five texts that do not change; the software revision is the interpreter, as it names itself."""

    UUID = gatt.DEVICE_INFORMATION_SERVICE
    CHARACTERISTICS = (
        (gatt.MANUFACTURER_NAME, READ, TEXT_MAX),
        (gatt.MODEL_NUMBER, READ, TEXT_MAX),
        (gatt.SERIAL_NUMBER, READ, TEXT_MAX),
        (gatt.FIRMWARE_REVISION, READ, TEXT_MAX),
        (gatt.SOFTWARE_REVISION, READ, TEXT_MAX),
    )

    def __init__(self, model: str, device_id: int) -> None:
        interpreter = "%s %d.%d.%d" % ((sys.implementation[0],) + sys.implementation[1][:3])
        self._texts = (MAKER, model, "%016x" % device_id, version.TEXT, interpreter)

    def bind(self, server, attributes: tuple[int, ...]) -> None:
        for attribute, text in zip(attributes, self._texts):
            server.write(attribute, text.encode()[:TEXT_MAX])
