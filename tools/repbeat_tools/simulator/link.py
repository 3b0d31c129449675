"""The air between controllers: routing, pacing and latency, in order, over Bumble's LocalLink."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bumble import hci, ll
from bumble.core import PhysicalTransport
from bumble.link import LocalLink

from repbeat_tools.simulator.clock import WorldClock


@dataclass(frozen=True)
class Pace:
    """A connection's rhythm: an event every `interval_ms` of air time, `fragments` packets in each.

    15 ms and 6 packets of 251 bytes is what a phone and an ESP32 reach with 2M PHY and a 15 ms interval.
    """

    interval_ms: float = 15.0
    fragments: int = 6

    def __post_init__(self) -> None:
        if self.interval_ms <= 0 or self.fragments < 1:
            raise ValueError("a pace needs an interval above 0 ms and at least one fragment an event")


class _Path:
    """One direction between two controllers: first in, first out, each after the latency."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[float, Callable[[], None]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def carry(self, delay_s: float, deliver: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        if delay_s == 0 and not self._waiting:
            loop.call_soon(deliver)
            return
        due = loop.time() + delay_s
        if self._waiting:
            due = max(due, self._waiting[-1][0])
        self._waiting.append((due, deliver))
        if self._timer is None:
            self._timer = loop.call_at(due, self._arrive)

    def _arrive(self) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        while self._waiting and self._waiting[0][0] <= loop.time():
            self._waiting.popleft()[1]()
        if self._waiting:
            self._timer = loop.call_at(self._waiting[0][0], self._arrive)

    def close(self) -> None:
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()


class AirLink(LocalLink):  # type: ignore[misc]
    """Carries PDUs. `latency_ms` is one way, in air time; it may be changed at any moment."""

    def __init__(self, world: WorldClock, pace: Pace | None, latency_ms: float) -> None:
        super().__init__()
        self.world = world
        self.pace = pace
        self.latency_ms = latency_ms
        self._paths: dict[tuple[Any, Any], _Path] = {}

    def advertiser(self, address: Any) -> Any:
        """The controller that could be connected to at this address now, or None."""
        for candidate in self.controllers:
            advertiser = candidate.le_legacy_advertiser
            if advertiser.enabled and advertiser.address == address and not candidate.silent:
                return candidate
        return None

    def _carry(self, sender: Any, receiver: Any, deliver: Callable[[], None]) -> None:
        if sender.silent or receiver.silent:
            return
        own = [c.faults.latency_ms for c in (sender, receiver) if c.faults.latency_ms is not None]
        latency_ms = max(own) if own else self.latency_ms
        path = self._paths.setdefault((sender, receiver), _Path())
        path.carry(self.world.wall_s(latency_ms / 1000), deliver)

    def send_acl_data(
        self, sender_controller: Any, destination_address: Any, transport: Any, data: bytes
    ) -> None:
        connection = sender_controller.le_connections.get(destination_address)
        if connection is None:
            return
        sender_controller.on_pdu_left(connection.handle, data)
        receiver = self.find_le_controller(destination_address)
        if receiver is not None:
            source = connection.self_address
            self._carry(
                sender_controller,
                receiver,
                lambda: receiver.on_link_acl_data(source, PhysicalTransport.LE, data),
            )

    def send_ll_control_pdu(self, sender_address: Any, receiver_address: Any, packet: Any) -> None:
        sender = self.find_le_controller(sender_address)
        receiver = self.find_le_controller(receiver_address)
        if sender is not None and receiver is not None:
            self._carry(sender, receiver, lambda: receiver.on_ll_control_pdu(sender_address, packet))

    def send_advertising_pdu(self, sender_controller: Any, packet: Any) -> None:
        if isinstance(packet, ll.ConnectInd):
            self._connect(sender_controller, packet)
        else:
            super().send_advertising_pdu(sender_controller, packet)

    def _connect(self, central: Any, packet: Any) -> None:
        """A CONNECT_IND reaches the one who advertises, at once, or is lost as on a busy channel."""
        peripheral = self.advertiser(packet.advertiser_address)
        if not peripheral.faults.refuse_next_connection:
            peripheral.on_le_connect_ind(packet)
            return
        peripheral.faults.refuse_next_connection = False
        peripheral.le_legacy_advertiser.stop()
        peripheral.on_connection_refused(packet.initiator_address)
        asyncio.get_running_loop().call_soon(
            central.on_le_disconnected,
            central.le_connections[packet.advertiser_address],
            hci.HCI_ErrorCode.CONNECTION_FAILED_TO_BE_ESTABLISHED_ERROR,
        )

    def remove_controller(self, controller: Any) -> None:
        super().remove_controller(controller)
        for ends in [ends for ends in self._paths if controller in ends]:
            self._paths.pop(ends).close()

    def close(self) -> None:
        for path in self._paths.values():
            path.close()
