"""The Bluetooth side of one device: a Bumble host and controller for each life of its firmware.

standin/bluetooth.py keeps handles and values; this end speaks to the link. GATT frames are handled where they
arrive, so answers and notifications leave in the order in which the firmware gave them.
"""

from __future__ import annotations

import asyncio
import logging
import struct
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from bumble import att, core, hci
from bumble.device import AdvertisingType, Device, DeviceConfiguration
from bumble.host import Host
from bumble.transport.common import AsyncPipeSink

from repbeat_tools.simulator.central_role import CentralRole
from repbeat_tools.simulator.controller import AirController, Faults
from repbeat_tools.simulator.gatt import ALL_CONNECTIONS, AttributeServer, Bearer
from repbeat_tools.simulator.link import AirLink
from repbeat_tools.simulator.pairing import PAIR, PASSKEY, SECRET, Pairing
from repbeat_tools.simulator.process import frame
from repbeat_tools.simulator.tasks import end

log = logging.getLogger(__name__)

# Frames from the firmware (standin/bluetooth.py has the same table)
ACTIVE, NAME, MTU, SECURITY, SERVICES = 1, 2, 3, 4, 5
ADVERTISE, ADVERTISE_STOP, SCAN, SCAN_STOP, CONNECT, CONNECT_CANCEL, DISCONNECT = 6, 7, 8, 9, 10, 11, 12
SEND_NOTIFICATION, SEND_INDICATION, UPDATED, REPLY = 13, 14, 15, 16
CLIENT_OPERATIONS = range(17, 23)
# Frames to the firmware that are not events by themselves
CREDIT, REMOTE_READ, REMOTE_WRITE = 0xA1, 0xA2, 0xA3
# Events of MicroPython's BLE.irq()
CENTRAL_CONNECT, CENTRAL_DISCONNECT, SCAN_RESULT, SCAN_DONE = 1, 2, 5, 6
PERIPHERAL_CONNECT, PERIPHERAL_DISCONNECT, INDICATE_DONE, MTU_EXCHANGED = 7, 8, 20, 21
CONNECTION_UPDATE = 27

NOTIFICATION_PDU = 0x1B
BLUETOOTH_ERRORS = (core.BaseBumbleError, hci.HCI_Error)


class AirDevice(Device):  # type: ignore[misc]
    """Bumble's host with the public address of an ESP32 in both roles.

    Bumble clears connect_own_address_type on any connection, an incoming one too, and then fails on the
    outgoing one that was waiting: it is a constant here.
    """

    connect_own_address_type = property(lambda self: hci.OwnAddressType.PUBLIC, lambda self, value: None)


def host_of(name: str, controller: AirController, random_address: str) -> Any:
    """A Bumble host wired to a controller."""
    config = DeviceConfiguration()
    config.name = name
    config.address = hci.Address(random_address)
    return AirDevice(config=config, host=Host(controller, AsyncPipeSink(controller)))


def address_fields(address: Any) -> tuple[int, bytes]:
    """Type (0 public, 1 random) and bytes as MicroPython gives them: most significant first."""
    kind = int(
        address.address_type in (hci.Address.RANDOM_DEVICE_ADDRESS, hci.Address.RANDOM_IDENTITY_ADDRESS)
    )
    return kind, bytes(address)[::-1]


class Radio:
    """Made by the air for each device; `attach` and `detach` bracket one life of the firmware."""

    def __init__(self, name: str, mac: str, link: AirLink) -> None:
        self.name = name
        self.mac = mac
        self.link = link
        self.faults = Faults()
        self._life: _Life | None = None

    @property
    def mac_bytes(self) -> bytes:
        return bytes.fromhex(self.mac.replace(":", ""))

    async def attach(self, write: Callable[[bytes], None]) -> None:
        """Power on; frames for the firmware go to `write`."""
        life = self._life = _Life(self.name, self.mac, self.link, self.faults, write)
        await life.start()

    async def detach(self) -> None:
        """Power off: peers see a supervision time-out."""
        life, self._life = self._life, None
        if life is not None:
            await life.stop()

    def on_firmware(self, payload: bytes) -> None:
        if self._life is not None:
            self._life.on_frame(payload)

    def expire(self) -> None:
        """Supervision time-out of every connection, at both ends."""
        if self._life is not None:
            self._life.controller.expire()


class _Life:
    """Host, controller and state of the radio between power-on and power-off."""

    def __init__(
        self, name: str, mac: str, link: AirLink, faults: Faults, write: Callable[[bytes], None]
    ) -> None:
        self.name = name
        self.link = link
        self.controller = AirController(name, link, mac, faults)
        self.controller.on_pdu_left = self._on_pdu_left
        self.controller.on_connection_refused = self._on_connection_refused
        random_address = f"{int(mac[:2], 16) | 0xC0:02X}{mac[2:]}"
        self.device = host_of(name, self.controller, random_address)
        self.connections: dict[int, Any] = {}
        self._write = write
        self._ready = False
        self._early: list[bytes] = []
        self._gap: asyncio.Queue[Coroutine[Any, Any, None]] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._sent: dict[
            int, deque[bool]
        ] = {}  # notifications on their way: was each a credit of the firmware's?
        self._credits = 0
        self._updating: set[int] = set()
        self._indicated: dict[int, int] = {}
        self._advertising_data = self._scan_response = b""
        self._scan_timer: asyncio.TimerHandle | None = None
        self._scanning = False
        self.server = AttributeServer(
            send=self.send_att,
            read=lambda connection, handle: self.tell(REMOTE_READ, "HH", connection, handle),
            write=lambda connection, handle, answer, value: self.tell(
                REMOTE_WRITE, "HHB", connection, handle, answer, data=value
            ),
            security=lambda connection: self.pairing.security(connection),
            mtu_exchanged=lambda connection, mtu: self.connections[connection].on_att_mtu_update(mtu),
            confirmed=self._confirmed,
        )
        self.central = CentralRole(self)
        self.pairing = Pairing(self)

    async def start(self) -> None:
        self.device.l2cap_channel_manager.register_fixed_channel(att.ATT_CID, self._on_att)
        self.device.on("connection", self._on_connection)
        self.device.host.on("advertising_report", self._on_report)
        await self.device.power_on()
        self.spawn(self._gap_worker())
        self._ready = True
        for payload in self._early:
            self.on_frame(payload)

    async def stop(self) -> None:
        self._ready = False
        self._write = lambda frames: None
        await end(self._tasks)
        while not self._gap.empty():
            self._gap.get_nowait().close()
        if self._scan_timer is not None:
            self._scan_timer.cancel()
        self.central.close()
        self.controller.switch_off()
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    # -- to the firmware --------------------------------------------------------------------------

    def tell(self, kind: int, layout: str, *fields: Any, data: bytes = b"") -> None:
        """One frame to the firmware: an event or a question."""
        self._write(frame(b"B", struct.pack("<B" + layout, kind, *fields) + data))

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("%s: radio task failed", self.name, exc_info=error)

    # -- from the firmware ------------------------------------------------------------------------

    def on_frame(self, payload: bytes) -> None:
        if not self._ready:
            self._early.append(payload)
            return
        kind = payload[0]
        if kind == SEND_NOTIFICATION:
            connection, handle = struct.unpack_from("<HH", payload, 1)
            if connection in self.connections:
                self._sent[connection].append(True)
                self.server.notify(connection, handle, payload[5:])
            else:
                self._give_credit()
        elif kind == REPLY:
            connection, handle, status = struct.unpack_from("<HHB", payload, 1)
            if connection == ALL_CONNECTIONS:
                self._send_update(handle, payload[6:])
            else:
                self.server.answer(connection, handle, status, payload[6:])
        elif kind in CLIENT_OPERATIONS:
            self.central.on_frame(payload)
        else:
            self._on_command(kind, payload)

    def _on_command(self, kind: int, payload: bytes) -> None:
        unpack = struct.unpack_from
        if kind == SEND_INDICATION:
            connection, handle = unpack("<HH", payload, 1)
            if connection in self.connections:
                self._indicated[connection] = handle
                self.server.indicate(connection, handle, payload[5:])
        elif kind == UPDATED:
            (handle,) = unpack("<H", payload, 1)
            if handle not in self._updating:
                self._updating.add(handle)
                self.tell(REMOTE_READ, "HH", ALL_CONNECTIONS, handle)
        elif kind == SERVICES:
            self.server.register(payload[1:])
        elif kind == NAME:
            self.server.set_name(payload[1:])
        elif kind == MTU:
            (self.server.max_mtu,) = unpack("<H", payload, 1)
        elif kind == ADVERTISE:
            interval_us, connectable, *sizes = unpack("<IBBB", payload, 1)
            self._gap.put_nowait(self._advertise(interval_us, connectable, sizes, payload[8:]))
        elif kind == ADVERTISE_STOP:
            self._gap.put_nowait(self._stop_advertising())
        elif kind == SCAN:
            duration_ms, _, _, active = unpack("<IIIB", payload, 1)
            self._gap.put_nowait(self._scan(duration_ms, bool(active)))
        elif kind == SCAN_STOP:
            self._gap.put_nowait(self._stop_scanning(False))
        elif kind == CONNECT:
            address_type, timeout_ms = unpack("<BI", payload, 1)
            self.central.connect(hci.Address(payload[6:12][::-1], address_type), timeout_ms)
        elif kind == CONNECT_CANCEL:
            self.central.cancel()
        elif kind == DISCONNECT:
            (connection,) = unpack("<H", payload, 1)
            if connection in self.connections:
                self.spawn(self._disconnect(self.connections[connection]))
        elif kind == ACTIVE:
            if not payload[1]:
                self._gap.put_nowait(self._deactivate())
        elif kind in (PAIR, PASSKEY, SECRET):
            self.pairing.on_frame(kind, payload)
        elif kind == SECURITY:
            self.pairing.configure(*payload[1:5])
        else:
            raise NotImplementedError(f"frame {kind} of the firmware's bluetooth has no model")

    # -- attribute protocol -----------------------------------------------------------------------

    def send_att(self, connection: int, pdu: bytes) -> None:
        self.device.send_l2cap_pdu(connection + 1, att.ATT_CID, pdu)

    def _on_att(self, bumble_handle: int, pdu: bytes) -> None:
        """Requests go to our server; what a server sends goes to Bumble's client."""
        connection = bumble_handle - 1
        if connection not in self.connections:
            return
        if pdu[0] & 1:
            self.device.on_gatt_pdu(bumble_handle, pdu)
        else:
            self.server.on_pdu(connection, pdu)

    def _send_update(self, handle: int, value: bytes) -> None:
        """`gatts_write(…, True)`: whoever subscribed gets the value as it is now."""
        self._updating.discard(handle)
        for connection, bearer in self.server.bearers.items():
            subscribed = bearer.subscriptions.get(handle, 0)
            if subscribed & 1:
                self._sent[connection].append(False)
                self.server.notify(connection, handle, value[: bearer.mtu - 3])
            elif subscribed & 2:
                self._indicated[connection] = handle
                self.server.indicate(connection, handle, value[: bearer.mtu - 3])

    def _on_pdu_left(self, bumble_handle: int, pdu: bytes) -> None:
        """A PDU has gone on air: its buffer is free again."""
        if pdu[2:4] == b"\x04\x00" and pdu[4] == NOTIFICATION_PDU:
            waiting = self._sent.get(bumble_handle - 1)
            if waiting and waiting.popleft():
                self._give_credit()

    def _give_credit(self) -> None:
        if self._credits == 0:
            asyncio.get_running_loop().call_soon(self._tell_credits)
        self._credits += 1

    def _tell_credits(self) -> None:
        credits, self._credits = self._credits, 0
        self.tell(CREDIT, "B", credits)

    def _confirmed(self, connection: int) -> None:
        handle = self._indicated.get(connection)
        if handle is not None:
            self.tell(INDICATE_DONE, "HHH", connection, handle, 0)

    # -- connections ------------------------------------------------------------------------------

    def _on_connection(self, bumble: Any) -> None:
        connection = bumble.handle - 1  # NimBLE counts from 0
        self.connections[connection] = bumble
        self._sent[connection] = deque()
        bearer = self.server.bearers[connection] = Bearer()
        incoming = bumble.role == hci.Role.PERIPHERAL
        address_type, address = address_fields(bumble.peer_address)

        def mtu_updated() -> None:
            bearer.mtu = bumble.att_mtu
            self.tell(MTU_EXCHANGED, "HH", connection, bumble.att_mtu)

        def parameters_updated() -> None:
            now = bumble.parameters
            slots, timeout = round(now.connection_interval / 1.25), round(now.supervision_timeout / 10)
            self.tell(CONNECTION_UPDATE, "HHHHH", connection, slots, now.peripheral_latency, timeout, 0)

        def gone(reason: int) -> None:
            self.central.disconnected(connection)
            self.pairing.disconnected(connection)
            self.connections.pop(connection, None)
            self.server.bearers.pop(connection, None)
            self._indicated.pop(connection, None)
            for counted in self._sent.pop(connection):
                if counted:
                    self._give_credit()
            event = CENTRAL_DISCONNECT if incoming else PERIPHERAL_DISCONNECT
            self.tell(event, "HB6s", connection, address_type, address)

        bumble.on("connection_att_mtu_update", mtu_updated)
        bumble.on("connection_parameters_update", parameters_updated)
        bumble.once("disconnection", gone)
        self.pairing.connected(connection, bumble)
        self.central.connected(connection, bumble, not incoming)
        event = CENTRAL_CONNECT if incoming else PERIPHERAL_CONNECT
        self.tell(event, "HB6s", connection, address_type, address)

    def _on_connection_refused(self, initiator: Any) -> None:
        """It failed to be established: DISCONNECT with no CONNECT before (modbluetooth_nimble.c)."""
        self.device.legacy_advertiser = None
        self.tell(CENTRAL_DISCONNECT, "HB6s", ALL_CONNECTIONS, *address_fields(initiator))

    async def _disconnect(self, bumble: Any) -> None:
        try:
            await bumble.disconnect()
        except BLUETOOTH_ERRORS as error:
            log.info("%s: disconnect: %r", self.name, error)

    async def _deactivate(self) -> None:
        for bumble in list(self.connections.values()):
            await self._disconnect(bumble)
        await self._stop_advertising()
        await self._stop_scanning(False)

    # -- advertising and scanning, one after the other --------------------------------------------

    async def _gap_worker(self) -> None:
        while True:
            await (await self._gap.get())

    async def _advertise(self, interval_us: int, connectable: int, sizes: list[int], data: bytes) -> None:
        await self._stop_advertising()
        data_size, response_size = sizes
        if data_size != 255:
            self._advertising_data, data = data[:data_size], data[data_size:]
        if response_size != 255:
            self._scan_response = data[:response_size]
        kind = (
            AdvertisingType.UNDIRECTED_CONNECTABLE_SCANNABLE
            if connectable
            else AdvertisingType.UNDIRECTED_SCANNABLE
        )
        await self.device.start_advertising(
            kind,
            own_address_type=hci.OwnAddressType.PUBLIC,
            auto_restart=False,
            advertising_data=self._advertising_data,
            scan_response_data=self._scan_response,
            advertising_interval_min=interval_us / 1000,
            advertising_interval_max=interval_us / 1000,
        )

    async def _stop_advertising(self) -> None:
        if self.device.is_advertising:
            await self.device.stop_advertising()

    async def _scan(self, duration_ms: int, active: bool) -> None:
        self._scanning = True
        await self.device.start_scanning(active=active, filter_duplicates=False)
        if duration_ms:
            self._scan_timer = asyncio.get_running_loop().call_later(
                self.link.world.wall_s(duration_ms / 1000),
                lambda: self._gap.put_nowait(self._stop_scanning(True)),
            )

    async def _stop_scanning(self, by_itself: bool) -> None:
        if self._scan_timer is not None:
            self._scan_timer.cancel()
            self._scan_timer = None
        if self._scanning:
            self._scanning = False
            await self.device.stop_scanning()
            if by_itself:
                self.tell(SCAN_DONE, "")

    def _on_report(self, report: Any) -> None:
        if self._scanning:
            address_type, address = address_fields(report.address)
            event_type = int(report.event_type)
            self.tell(
                SCAN_RESULT, "B6sBb", address_type, address, event_type, report.rssi, data=bytes(report.data)
            )
