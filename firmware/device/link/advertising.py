"""Advertising: who the device is, in 31 bytes, again after every connect and disconnect.

Flags, Heart Rate (so that the apps people have find it) and RepBeat's service are in the advertisement,
the name is in the scan response.
"""

import asyncio

from repbeat_protocol import gatt

FAST_US = 152500  # intervals that phones scan for well: Apple's accessory guidelines list 152.5 and 1022.5 ms
SLOW_US = 1022500
FAST_S = 30  # after a start, a connect or a disconnect; then slow, to save the battery
LIMIT = 31

_FLAGS = b"\x02\x01\x06"  # general discoverable, no BR/EDR
_ALL_16 = 0x03
_ALL_128 = 0x07
_NAME = 0x09
_SHORT_NAME = 0x08


def _field(kind: int, data: bytes) -> bytes:
    return bytes((len(data) + 1, kind)) + data


def advertisement() -> bytes:
    """Advertising data: flags, 0x180D, RepBeat's service; 25 bytes."""
    heart = bytes((gatt.HEART_RATE_SERVICE & 0xFF, gatt.HEART_RATE_SERVICE >> 8))
    own = bytes.fromhex(gatt.SERVICE.replace("-", ""))
    return _FLAGS + _field(_ALL_16, heart) + _field(_ALL_128, bytes(reversed(own)))


def scan_response(name: str) -> bytes:
    """Scan response: the name, shortened if 31 bytes cannot hold it."""
    text = name.encode()
    if len(text) + 2 <= LIMIT:
        return _field(_NAME, text)
    return _field(_SHORT_NAME, text[: LIMIT - 2])


class Advertiser:
    """Keeps the device findable while it has a place for one more central."""

    def __init__(self, ble, server, name: str) -> None:
        self._ble = ble
        self._server = server
        self._data = advertisement()
        self._response = scan_response(name)

    async def run(self) -> None:
        """Advertise, for ever: fast for a while after each change, then slow."""
        changed = self._server.changed
        interval_us = FAST_US
        while True:
            changed.clear()
            if self._places():
                self._start(interval_us)
            try:
                await asyncio.wait_for(changed.wait(), FAST_S)
                interval_us = FAST_US
            except asyncio.TimeoutError:
                interval_us = SLOW_US

    def _places(self) -> int:
        return sum([not connection.is_open for connection in self._server.connections])

    def _start(self, interval_us: int) -> None:
        try:
            self._ble.gap_advertise(interval_us, adv_data=self._data, resp_data=self._response)
        except OSError:
            pass  # the radio has no place at the moment; the next turn asks again
