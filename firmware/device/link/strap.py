"""A chest strap, read as a BLE central: found by address or name, subscribed, kept (Heart Rate service).

The radio's events only leave their data behind; one task walks from step to step and looks for them. It
works beside the peripheral role: the strap has the chip's fourth connection.
"""

import asyncio

import bluetooth

from device.link.measurement import Measurement
from device.link.ring import EventRing
from repbeat_protocol import gatt

SCAN_MS = 8000
SCAN_INTERVAL_US = 100000
SCAN_WINDOW_US = 50000  # half of the time, so that the companions' connections keep theirs
CONNECT_MS = 5000
STEP_MS = 5000  # a discovery or a write that takes longer has failed
LOOK_MS = 50
SILENT_MS = 10000  # a strap notifies every second
BACK_OFF_MS = (1000, 2000, 5000, 15000, 60000)

_SCAN_RESULT = 5
_SCAN_DONE = 6
_PERIPHERAL_CONNECT = 7
_PERIPHERAL_DISCONNECT = 8
_SERVICE_RESULT = 9
_SERVICE_DONE = 10
_CHARACTERISTIC_RESULT = 11
_CHARACTERISTIC_DONE = 12
_DESCRIPTOR_RESULT = 13
_DESCRIPTOR_DONE = 14
_WRITE_DONE = 17
_NOTIFY = 18
_ENDS = (_SCAN_DONE, _SERVICE_DONE, _CHARACTERISTIC_DONE, _DESCRIPTOR_DONE, _WRITE_DONE)

_NAMES = (0x08, 0x09)  # shortened and complete name in an advertisement
_NOTIFICATIONS_ON = b"\x01\x00"
_WITH_RESPONSE = 1


class StrapError(Exception):
    """The strap could not be had; each cause is a subclass."""


class StrapNotFound(StrapError):
    """It does not advertise: wet the electrodes, put it on, and end other apps' connection to it."""


class StrapRefused(StrapError):
    """It did not let itself be connected or subscribed: bring it nearer."""


def name_in(advertisement: memoryview, name: bytes) -> bool:
    """Whether the advertised name begins with `name`."""
    at = 0
    while at + 1 < len(advertisement):
        size = advertisement[at]
        if size == 0:
            return False
        if advertisement[at + 1] in _NAMES:
            return bytes(advertisement[at + 2 : at + 2 + len(name)]) == name
        at += 1 + size
    return False


def address_of(text: str) -> bytes | None:
    """Six bytes of "AA:BB:CC:DD:EE:FF"; None for anything else (a name)."""
    parts = text.split(":")
    if len(parts) != 6:
        return None
    try:
        return bytes([int(part, 16) for part in parts])
    except ValueError:
        return None


class Strap:
    """`take()` gives its measurements. `wanted()`: address or name beginning, "" for none."""

    def __init__(self, ble, wanted, clock) -> None:
        self._ble = ble
        self._wanted = wanted
        self._clock = clock
        self._heart_rate = bluetooth.UUID(gatt.HEART_RATE_SERVICE)
        self._measurement = bluetooth.UUID(gatt.HEART_RATE_MEASUREMENT)
        self._cccd = bluetooth.UUID(gatt.CCCD)
        self._ring = EventRing(512)
        self._data = bytearray(64)
        self.measurement = Measurement()
        self.connected = False  # subscribed, values are coming
        self._name = b""
        self._address = None
        self._found = None  # (address type, address)
        self._forget()

    def _forget(self) -> None:
        self._handle = -1
        self._done = -1  # the last event that ended a step
        self._status = 0
        self._range = (0, 0)
        self._value = 0
        self._end = 0
        self._descriptor = 0

    # On the radio's stack

    def irq(self, event: int, data) -> None:
        """Events of the central role, from Gatt."""
        if event == _NOTIFY:
            if data[0] == self._handle:
                self._ring.put(event, data[0], data[1], data[2])
        elif event == _SCAN_RESULT:
            if self._found is None and self._is_wanted(data):
                self._found = (data[0], bytes(data[1]))
        elif event == _PERIPHERAL_CONNECT:
            self._handle = data[0]
        elif event == _PERIPHERAL_DISCONNECT:
            self._handle = -1
            self._done = event
        elif event == _SERVICE_RESULT:
            self._range = (data[1], data[2])
        elif event == _CHARACTERISTIC_RESULT:
            if data[4] == self._measurement:
                self._end, self._value = data[1], data[2]
        elif event == _DESCRIPTOR_RESULT:
            if data[2] == self._cccd:
                self._descriptor = data[1]
        elif event in _ENDS:
            self._done = event
            self._status = data[-1] if data else 0

    def _is_wanted(self, data) -> bool:
        if self._address:
            return bytes(data[1]) == self._address
        return name_in(data[4], self._name)

    # In the tasks

    def take(self) -> bool:
        """Put the oldest waiting measurement into `measurement`; False when none waits."""
        while True:
            size = self._ring.take(self._data)
            if size < 0:
                return False
            if self.measurement.parse(memoryview(self._data)[:size]):
                self._heard_ms = self._clock.uptime_ms()
                return True

    async def run(self) -> None:
        """Keep the strap that is wanted connected, for ever."""
        failures = 0
        while True:
            wanted = self._wanted()
            if wanted:
                try:
                    await self._attach(wanted)
                    failures = 0
                    await self._stay(wanted)
                except (StrapError, OSError):
                    failures = min(failures + 1, len(BACK_OFF_MS) - 1)
                await self._detach()
            await asyncio.sleep_ms(BACK_OFF_MS[failures])

    async def _attach(self, wanted: str) -> None:
        """Scan, connect, discover, subscribe."""
        self._forget()
        ble = self._ble
        self._address = address_of(wanted)
        self._name = wanted.encode()
        self._found = None
        ble.gap_scan(SCAN_MS, SCAN_INTERVAL_US, SCAN_WINDOW_US, True)
        await self._until(_SCAN_DONE, SCAN_MS + STEP_MS, self._has_found)
        if self._found is None:
            raise StrapNotFound("no strap %s advertises" % wanted)
        if self._done != _SCAN_DONE:
            ble.gap_scan(None)
            await self._until(_SCAN_DONE, STEP_MS)
        ble.gap_connect(self._found[0], self._found[1], CONNECT_MS)
        await self._until(_PERIPHERAL_DISCONNECT, CONNECT_MS + STEP_MS, self._has_link)
        if self._handle < 0:
            raise StrapRefused("no connection to strap %s" % wanted)
        handle = self._handle
        ble.gattc_discover_services(handle, self._heart_rate)
        await self._step(_SERVICE_DONE)
        ble.gattc_discover_characteristics(handle, self._range[0], self._range[1], self._measurement)
        await self._step(_CHARACTERISTIC_DONE)
        ble.gattc_discover_descriptors(handle, self._value, self._end)
        await self._step(_DESCRIPTOR_DONE)
        ble.gattc_write(handle, self._descriptor, _NOTIFICATIONS_ON, _WITH_RESPONSE)
        await self._step(_WRITE_DONE)
        self._heard_ms = self._clock.uptime_ms()
        self.connected = True

    async def _stay(self, wanted: str) -> None:
        """Until the strap is gone, silent, or another one is wanted."""
        while self._handle >= 0 and self._wanted() == wanted:
            if self._clock.uptime_ms() - self._heard_ms > SILENT_MS:
                raise StrapRefused("strap %s is silent" % wanted)
            await asyncio.sleep_ms(10 * LOOK_MS)

    async def _detach(self) -> None:
        self.connected = False
        if self._handle >= 0:
            self._ble.gap_disconnect(self._handle)
            await self._until(_PERIPHERAL_DISCONNECT, STEP_MS)

    def _has_found(self) -> bool:
        return self._found is not None

    def _has_link(self) -> bool:
        return self._handle >= 0

    async def _until(self, event: int, limit_ms: int, enough=None) -> bool:
        """Wait for a step's last event, or until `enough()`; False after `limit_ms`."""
        for _ in range(limit_ms // LOOK_MS):
            if self._done == event or (enough and enough()):
                return True
            await asyncio.sleep_ms(LOOK_MS)
        return False

    async def _step(self, event: int) -> None:
        """Wait for a step of discovery on a link that stands."""
        if not await self._until(event, STEP_MS) or self._handle < 0 or self._status:
            raise StrapRefused("the strap's Heart Rate service could not be had")
