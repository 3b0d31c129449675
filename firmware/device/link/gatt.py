"""Services, connections and radio events: the only file that calls `bluetooth` as a peripheral.

IRQ handlers run on the radio's stack and only copy into an EventRing (the one exception: a value is made
fresh when it is read). One task takes events out, in order, and hands them to the services. A central
gets one of three places; the fourth connection of the chip is the strap's.
"""

import asyncio

import bluetooth

from device.link.ring import EventRing
from device.link.service import READ, WRITE_MAX

COMPANIONS = 3
MTU = 247  # one notification fills one 251-byte link-layer packet
RING = 2048
FIRST_MTU = 23
ENOMEM = 12
NOT_AUTHORIZED = 0x08  # ATT error code, Core 5.4 Vol 3 Part F 3.4.1.1

_CENTRAL_CONNECT = 1
_CENTRAL_DISCONNECT = 2
_WRITE = 3
_READ_REQUEST = 4
_MTU_EXCHANGED = 21
_ENCRYPTION_UPDATE = 28
_GET_SECRET = 29
_SET_SECRET = 30
_PASSKEY_ACTION = 31


class Connection:
    """A place for one central: `index` is the place, `handle` the radio's number, `payload` MTU - 3."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.handle = 0
        self.payload = FIRST_MTU - 3
        self.is_open = False
        self.trusted = False  # whether it has proved an application key (auth.py)
        self.authenticated = (
            False  # whether a passkey was typed for its encryption, now or when it was bonded
        )


class Gatt:
    """Registers `services` and serves their centrals.

    A service has `UUID`, `CHARACTERISTICS` as (uuid, properties, buffer bytes), and takes its attribute
    handles by `bind(gatt, handles)`. It may have `opened(connection)`, `closed(connection)`,
    `written(connection, attribute, data)` and `refresh(attribute)`; the base class Service has them all.
    """

    def __init__(self, ble, name: str, services, pairing) -> None:
        self._ble = ble
        self._services = services
        self._owners = {}
        self._fresh = {}
        self._guarded = set()
        self._ring = EventRing(RING)
        self._data = bytearray(WRITE_MAX)
        self._flag = asyncio.ThreadSafeFlag()
        self.connections = [Connection(i) for i in range(COMPANIONS)]
        self.changed = asyncio.Event()  # a connection came or went
        self.central_irq = None  # events that concern the strap
        self._pairing = pairing
        ble.active(True)
        ble.config(gap_name=name, mtu=MTU)
        pairing.start()
        ble.irq(self._irq)
        self._register()

    def _register(self) -> None:
        tables = []
        for service in self._services:
            characteristics = tuple([(bluetooth.UUID(u), flags) for u, flags, _ in service.CHARACTERISTICS])
            tables.append((bluetooth.UUID(service.UUID), characteristics))
        handles = self._ble.gatts_register_services(tuple(tables))
        for service, own in zip(self._services, handles):
            for attribute, (_, flags, size) in zip(own, service.CHARACTERISTICS):
                self._ble.gatts_set_buffer(attribute, size)
                self._owners[attribute] = service
                if flags & READ and service.FRESH:
                    self._fresh[attribute] = service
            service.bind(self, own)

    # On the radio's stack

    def _irq(self, event: int, data):
        if event == _WRITE:
            connection, attribute = data
            self._ring.put(event, connection, attribute, self._ble.gatts_read(attribute))
        elif event == _READ_REQUEST:
            connection, attribute = data
            if attribute in self._guarded and not self._is_trusted(connection):
                return NOT_AUTHORIZED
            service = self._fresh.get(attribute)
            if service:
                service.refresh(attribute)
            return 0
        elif event in (_CENTRAL_CONNECT, _CENTRAL_DISCONNECT):
            self._ring.put(event, data[0])
        elif event in (_MTU_EXCHANGED, _PASSKEY_ACTION):
            self._ring.put(event, data[0], data[1])
        elif event == _ENCRYPTION_UPDATE:
            self._ring.put(event, data[0], data[1] and data[2])
        elif event == _GET_SECRET:
            return self._pairing.get_secret(*data)
        elif event == _SET_SECRET:
            return self._pairing.set_secret(*data)
        elif self.central_irq:
            return self.central_irq(event, data)
        self._flag.set()
        return None

    # In the task

    @property
    def lost(self) -> int:
        """Events that did not fit the queue since the start."""
        return self._ring.lost

    def find(self, handle: int) -> Connection | None:
        """The place of the central with this number of the radio's."""
        for connection in self.connections:
            if connection.is_open and connection.handle == handle:
                return connection
        return None

    def guard(self, attribute: int) -> None:
        """Only trusted companions may read this."""
        self._guarded.add(attribute)

    def _is_trusted(self, handle: int) -> bool:
        connection = self.find(handle)
        return connection is not None and connection.trusted

    def write(self, attribute: int, value: bytes) -> None:
        """Set what a read of `attribute` gives."""
        self._ble.gatts_write(attribute, value)

    def notify(self, connection: Connection, attribute: int, data: memoryview) -> bool:
        """Send now; False when the radio's queue is full (try again in a while). OSError: not connected."""
        try:
            self._ble.gatts_notify(connection.handle, attribute, data)
        except OSError as error:
            if error.errno == ENOMEM:
                return False
            raise
        return True

    def off(self) -> None:
        """Switch the radio off."""
        self._ble.active(False)

    def drop(self, handle: int) -> None:
        """End a connection."""
        self._ble.gap_disconnect(handle)

    async def run(self) -> None:
        """Hand events to the services, for ever."""
        ring = self._ring
        while True:
            size = ring.take(self._data)
            if size < 0:
                await self._flag.wait()
                continue
            if ring.event == _WRITE:
                connection = self.find(ring.connection)
                owner = self._owners.get(ring.attribute)
                if connection and owner:
                    owner.written(connection, ring.attribute, memoryview(self._data)[:size])
            elif ring.event == _CENTRAL_CONNECT:
                self._open(ring.connection)
            elif ring.event == _CENTRAL_DISCONNECT:
                self._close(ring.connection)
            else:
                connection = self.find(ring.connection)
                if connection:
                    self._changed(connection, ring.event, ring.attribute)
            await asyncio.sleep_ms(0)

    def _changed(self, connection: Connection, event: int, value: int) -> None:
        if event == _MTU_EXCHANGED:
            connection.payload = value - 3
        elif event == _ENCRYPTION_UPDATE:
            connection.authenticated = bool(value)
            self._pairing.encrypted(connection)
        else:
            self._pairing.passkey(connection, value)

    def _open(self, handle: int) -> None:
        for connection in self.connections:
            if not connection.is_open:
                connection.handle = handle
                connection.payload = FIRST_MTU - 3
                connection.is_open = True
                connection.authenticated = False
                for service in self._services:
                    service.opened(connection)
                self.changed.set()
                return
        self.drop(handle)

    def _close(self, handle: int) -> None:
        """Also a connect that failed ends here, with no connect before: the advertiser is told either way."""
        connection = self.find(handle)
        if connection:
            connection.is_open = False
            for service in self._services:
                service.closed(connection)
            self._pairing.closed(connection)
        self.changed.set()
