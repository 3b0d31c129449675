"""What the firmware does as a central: connect, and be a GATT client (`gattc_*`), over Bumble's client."""

from __future__ import annotations

import asyncio
import logging
import struct
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from bumble import att, core, hci
from bumble.gatt_client import ServiceProxy

if TYPE_CHECKING:
    from repbeat_tools.simulator.radio import _Life

log = logging.getLogger(__name__)

EXCHANGE_MTU, DISCOVER_SERVICES, DISCOVER_CHARACTERISTICS, DISCOVER_DESCRIPTORS, READ, WRITE = range(17, 23)
PERIPHERAL_DISCONNECT = 8
SERVICE_RESULT, SERVICE_DONE, CHARACTERISTIC_RESULT, CHARACTERISTIC_DONE = 9, 10, 11, 12
DESCRIPTOR_RESULT, DESCRIPTOR_DONE, READ_RESULT, READ_DONE, WRITE_DONE = 13, 14, 15, 16, 17
NOTIFY, INDICATE = 18, 19
DONE = {
    DISCOVER_SERVICES: SERVICE_DONE,
    DISCOVER_CHARACTERISTICS: CHARACTERISTIC_DONE,
    DISCOVER_DESCRIPTORS: DESCRIPTOR_DONE,
    READ: READ_DONE,
    WRITE: WRITE_DONE,
}
BLE_HS_ENOTCONN, BLE_HS_ETIMEOUT, BLE_HS_ERR_ATT_BASE = 7, 13, 0x100
NO_CONNECTION = 0xFFFF
INTERVAL_SLOTS, SUPERVISION_10MS = (
    24,
    256,
)  # 30 ms and 2.56 s: BLE_GAP_INITIAL_CONN_ITVL_MIN, _SUPERVISION_TIMEOUT


class _Client:
    """Client operations of one connection, one at a time and in order."""

    def __init__(self, life: _Life, connection: int, bumble: Any) -> None:
        self.life = life
        self.connection = connection
        self.bumble = bumble
        self.operations: asyncio.Queue[bytes] = asyncio.Queue()
        self.current: bytes | None = None
        client = bumble.gatt_client
        client.on_att_handle_value_notification = self._notified
        client.on_att_handle_value_indication = self._indicated
        self.task = life.spawn(self._work())

    def _notified(self, pdu: Any) -> None:
        self.life.tell(NOTIFY, "HH", self.connection, pdu.attribute_handle, data=pdu.attribute_value)

    def _indicated(self, pdu: Any) -> None:
        self.life.tell(INDICATE, "HH", self.connection, pdu.attribute_handle, data=pdu.attribute_value)
        self.bumble.gatt_client.send_confirmation(att.ATT_Handle_Value_Confirmation())

    async def _work(self) -> None:
        while True:
            self.current = await self.operations.get()
            status = 0
            try:
                await self._operate(self.current)
            except att.ATT_Error as error:
                status = BLE_HS_ERR_ATT_BASE + error.error_code
            except (core.BaseBumbleError, hci.HCI_Error, TimeoutError) as error:
                log.info("%s: client operation %d: %r", self.life.name, self.current[0], error)
                status = BLE_HS_ETIMEOUT
            self.finish(status)

    def finish(self, status: int) -> None:
        """Tell the firmware that the current operation is over."""
        operation, self.current = self.current, None
        if operation is None or operation[0] == EXCHANGE_MTU:
            return
        kind = operation[0]
        if kind in (READ, WRITE):
            (handle,) = struct.unpack_from("<H", operation, 3)
            if kind == READ or operation[5]:
                self.life.tell(DONE[kind], "HHH", self.connection, handle, status)
        else:
            self.life.tell(DONE[kind], "HH", self.connection, status)

    async def _operate(self, operation: bytes) -> None:
        unpack, client, tell = struct.unpack_from, self.bumble.gatt_client, self.life.tell
        kind, connection = operation[0], self.connection
        if kind == EXCHANGE_MTU:
            await client.request_mtu(unpack("<H", operation, 3)[0])
        elif kind == DISCOVER_SERVICES:
            wanted = [core.UUID.from_bytes(operation[3:])] if len(operation) > 3 else []
            for service in await client.discover_services(wanted):
                handles = service.handle, service.end_group_handle
                tell(SERVICE_RESULT, "HHH", connection, *handles, data=bytes(service.uuid))
        elif kind == DISCOVER_CHARACTERISTICS:
            start, end = unpack("<HH", operation, 3)
            wanted = [core.UUID.from_bytes(operation[7:])] if len(operation) > 7 else []
            service = ServiceProxy(client, start, end, core.UUID.from_16_bits(0))
            for found in await client.discover_characteristics(wanted, service):
                fields = found.end_group_handle, found.handle, int(found.properties)
                tell(CHARACTERISTIC_RESULT, "HHHB", connection, *fields, data=bytes(found.uuid))
        elif kind == DISCOVER_DESCRIPTORS:
            start, end = unpack("<HH", operation, 3)
            if end > start:
                for found in await client.discover_descriptors(start_handle=start + 1, end_handle=end):
                    tell(DESCRIPTOR_RESULT, "HH", connection, found.handle, data=bytes(found.type))
        elif kind == READ:
            (handle,) = unpack("<H", operation, 3)
            tell(READ_RESULT, "HH", connection, handle, data=await client.read_value(handle))
        else:
            handle, with_response = unpack("<HB", operation, 3)
            await client.write_value(handle, operation[6:], bool(with_response))


class CentralRole:
    """Outgoing connections of one life of a radio."""

    def __init__(self, life: _Life) -> None:
        self._life = life
        self._clients: dict[int, _Client] = {}
        self._pending: Any = None
        self._timer: asyncio.TimerHandle | None = None

    def connect(self, address: Any, timeout_ms: int) -> None:
        """HCI create-connection, directly: Bumble's Device.connect() resolves on any connection."""
        self._pending = address
        command = hci.HCI_LE_Create_Connection_Command(
            le_scan_interval=16,
            le_scan_window=16,
            initiator_filter_policy=0,
            peer_address_type=address.address_type,
            peer_address=address,
            own_address_type=hci.OwnAddressType.PUBLIC,
            connection_interval_min=INTERVAL_SLOTS,
            connection_interval_max=INTERVAL_SLOTS,
            max_latency=0,
            supervision_timeout=SUPERVISION_10MS,
            min_ce_length=0,
            max_ce_length=0,
        )
        self._life.spawn(self._quietly(self._life.device.send_async_command(command)))
        timeout_s = self._life.link.world.wall_s(timeout_ms / 1000)
        self._timer = asyncio.get_running_loop().call_later(timeout_s, self.cancel)

    def cancel(self) -> None:
        """Time-out or `gap_connect(None)`: the firmware hears of a disconnect without a handle."""
        if self._pending is None:
            return
        self._pending = None
        self._stop_timer()
        command = hci.HCI_LE_Create_Connection_Cancel_Command()
        self._life.spawn(self._quietly(self._life.device.send_sync_command(command)))
        self._life.tell(PERIPHERAL_DISCONNECT, "HB6s", NO_CONNECTION, 0xFF, bytes(6))

    def connected(self, connection: int, bumble: Any, outgoing: bool) -> None:
        if outgoing:
            self._pending = None
            self._stop_timer()
        self._clients[connection] = _Client(self._life, connection, bumble)

    def disconnected(self, connection: int) -> None:
        """What was going on ends with "not connected", before the firmware hears of the disconnect."""
        client = self._clients.pop(connection)
        client.finish(BLE_HS_ENOTCONN)
        client.task.cancel()

    def on_frame(self, payload: bytes) -> None:
        (connection,) = struct.unpack_from("<H", payload, 1)
        if connection in self._clients:
            self._clients[connection].operations.put_nowait(payload)

    def close(self) -> None:
        self._stop_timer()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _quietly(self, work: Coroutine[Any, Any, Any]) -> None:
        try:
            await work
        except (core.BaseBumbleError, hci.HCI_Error) as error:
            log.info("%s: connect: %r", self._life.name, error)
