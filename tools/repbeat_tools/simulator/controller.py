"""A Bumble controller mended where 0.0.236 differs from a chip, with the faults of a radio.

Mended: real scan responses and advertisement types, advertising intervals, cancelled connects that complete,
connects that reach one advertiser at most, public addresses, disconnects that arrive twice.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bumble import controller, hci, ll

if TYPE_CHECKING:
    from repbeat_tools.simulator.link import AirLink

LL_PAYLOAD = 251
"""Largest link-layer payload with data length extension, bytes (Core 4.2)."""
SLOT_MS = 0.625
RSSI_DBM = -50

AdvertisingType = hci.HCI_LE_Set_Advertising_Parameters_Command.AdvertisingType
Report = hci.HCI_LE_Advertising_Report_Event


@dataclass
class Advertisement(ll.AdvInd):  # type: ignore[misc]
    """An advertising PDU that also says what it is and what a scan request would get."""

    event_type: int = 0
    scan_response: bytes = b""

    @property
    def connectable(self) -> bool:
        return bool(self.event_type == Report.EventType.ADV_IND)

    @property
    def scannable(self) -> bool:
        return self.event_type in (Report.EventType.ADV_IND, Report.EventType.ADV_SCAN_IND)


class Advertiser(controller.LegacyAdvertiser):  # type: ignore[misc]
    """Advertises at its interval of air time, as the type it was told."""

    def _on_timer_fired(self) -> None:
        self.send_advertising_data()
        interval_s = self.advertising_interval_min * SLOT_MS / 1000
        self.timer_handle = asyncio.get_running_loop().call_later(
            self.controller.link.world.wall_s(interval_s), self._on_timer_fired
        )

    def send_advertising_data(self) -> None:
        event_types = {
            AdvertisingType.ADV_IND: Report.EventType.ADV_IND,
            AdvertisingType.ADV_SCAN_IND: Report.EventType.ADV_SCAN_IND,
            AdvertisingType.ADV_NONCONN_IND: Report.EventType.ADV_NONCONN_IND,
        }
        if self.enabled:
            self.controller.send_advertising_pdu(
                Advertisement(
                    advertiser_address=self.address,
                    data=bytes(self.advertising_data),
                    event_type=int(event_types[AdvertisingType(self.advertising_type)]),
                    scan_response=bytes(self.scan_response_data),
                )
            )


@dataclass
class Faults:
    """What may go wrong with one radio; it outlives a reboot of its device.

    silent: nothing gets in or out, connections stay until they expire. drop(pdu): lose an incoming L2CAP PDU
    (u16 length, u16 channel, payload). latency_ms: one way, instead of the air's. refuse_next_connection: the
    next CONNECT_IND is heard, but the connection is not established.
    """

    silent: bool = False
    drop: Callable[[bytes], bool] | None = None
    latency_ms: float | None = None
    refuse_next_connection: bool = False


class AirController(controller.Controller):  # type: ignore[misc]
    """One radio from power-on to power-off."""

    le_acl_data_packet_length = LL_PAYLOAD
    le_features = controller.Controller.le_features & ~(
        hci.LeFeatureMask.LE_EXTENDED_ADVERTISING | hci.LeFeatureMask.LE_PERIODIC_ADVERTISING
    )

    def __init__(self, name: str, link: AirLink, public_address: str, faults: Faults | None = None) -> None:
        super().__init__(name, link=link, public_address=public_address)
        self.le_legacy_advertiser = Advertiser(self)
        self.faults = faults or Faults()
        self.pending_le_connection: Any = None
        self._off = False
        self.on_pdu_left: Callable[[int, bytes], None] = lambda handle, pdu: None
        self.on_connection_refused: Callable[[Any], None] = lambda initiator: None
        self._queues: dict[int, deque[Any]] = {}
        self._event: asyncio.TimerHandle | None = None
        self._event_s = 0.0

    @property
    def silent(self) -> bool:
        return self._off or self.faults.silent

    # -- advertising and scanning -----------------------------------------------------------------

    def on_ll_advertising_pdu(self, packet: Any) -> None:
        if not self.silent:
            super().on_ll_advertising_pdu(packet)

    def send_advertising_pdu(self, packet: Any) -> None:
        if not self.silent:
            super().send_advertising_pdu(packet)

    def on_advertising_pdu(self, pdu: Any) -> None:
        if self.le_scan_enable:
            self._report(pdu, pdu.event_type, pdu.data)
            if self.le_scan_type == 1 and pdu.scannable:
                self._report(pdu, int(Report.EventType.SCAN_RSP), pdu.scan_response)
        pending = self.pending_le_connection
        if pending and pending.peer_address == pdu.advertiser_address and pdu.connectable:
            self.create_le_connection(pdu.advertiser_address)

    def _report(self, pdu: Any, event_type: int, data: bytes) -> None:
        report = Report.Report(
            event_type=event_type,
            address_type=pdu.advertiser_address.address_type,
            address=pdu.advertiser_address,
            data=data,
            rssi=RSSI_DBM,
        )
        self.send_hci_packet(Report([report]))

    # -- connections ------------------------------------------------------------------------------

    def create_le_connection(self, peer_address: Any) -> None:
        if self.link.advertiser(peer_address) is not None and peer_address not in self.le_connections:
            super().create_le_connection(peer_address)

    def on_hci_le_create_connection_cancel_command(self, command: Any) -> Any:
        result = super().on_hci_le_create_connection_cancel_command(command)
        pending, self.pending_le_connection = self.pending_le_connection, None
        if pending:
            completed = hci.HCI_LE_Connection_Complete_Event(
                status=hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR,
                connection_handle=0,
                role=hci.Role.CENTRAL,
                peer_address_type=pending.peer_address.address_type,
                peer_address=pending.peer_address,
                connection_interval=0,
                peripheral_latency=0,
                supervision_timeout=0,
                central_clock_accuracy=0,
            )
            asyncio.get_running_loop().call_soon(self.send_hci_packet, completed)
        return result

    def on_le_disconnected(self, connection: Any, reason: int) -> None:
        if self.le_connections.get(connection.peer_address) is connection:
            self._queues.pop(connection.handle, None)
            super().on_le_disconnected(connection, reason)

    def on_ll_control_pdu(self, sender_address: Any, packet: Any) -> None:
        if sender_address in self.le_connections:
            super().on_ll_control_pdu(sender_address, packet)

    def on_link_acl_data(self, sender_address: Any, transport: Any, data: bytes) -> None:
        if sender_address in self.le_connections and not (self.faults.drop and self.faults.drop(data)):
            super().on_link_acl_data(sender_address, transport, data)

    def expire(self) -> None:
        """Both ends of every connection see a supervision time-out (0x08), as when out of range."""
        reason = hci.HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR
        for connection in list(self.le_connections.values()):
            peer = self.link.find_le_controller(connection.peer_address)
            at_peer = peer.le_connections.get(connection.self_address) if peer else None
            self.on_le_disconnected(connection, reason)
            if at_peer:
                peer.on_le_disconnected(at_peer, reason)

    def switch_off(self) -> None:
        """No power: nothing is sent or heard any more, and connections time out at the other end."""
        self.expire()
        self.le_legacy_advertiser.stop()
        self.le_scan_enable = False
        self.pending_le_connection = None
        self._off = True
        if self._event is not None:
            self._event.cancel()
        self.link.remove_controller(self)

    # -- pacing: data leaves at connection events -------------------------------------------------

    def on_hci_acl_data_packet(self, packet: Any) -> None:
        if self.link.pace is None:
            super().on_hci_acl_data_packet(packet)
            return
        self._queues.setdefault(packet.connection_handle, deque()).append(packet)
        if self._event is None:
            self._event_s = asyncio.get_running_loop().time()
            self._next_event()

    def _next_event(self) -> None:
        loop = asyncio.get_running_loop()
        interval_s = self.link.world.wall_s(self.link.pace.interval_ms / 1000)
        self._event = loop.call_at(self._event_s + interval_s, self._connection_event, interval_s)

    def _connection_event(self, interval_s: float) -> None:
        """Send what fits into the events since the last time: a timer has a grain of a millisecond."""
        events = max(1, int((asyncio.get_running_loop().time() - self._event_s) / interval_s))
        self._event_s += events * interval_s
        for handle, queue in list(self._queues.items()):
            for _ in range(min(len(queue), events * self.link.pace.fragments)):
                super().on_hci_acl_data_packet(queue.popleft())
            if not queue:
                self._queues.pop(handle, None)
        self._event = None
        if self._queues:
            self._next_event()
