"""bluetoothd in this process: org.bluez on a bus, its radio a central of the simulator's air."""

from __future__ import annotations

from types import TracebackType

from repbeat_tools.simulator.air import Central
from repbeat_tools.simulator.bluez.adapter import Adapter
from repbeat_tools.simulator.bluez.agent import Agents
from repbeat_tools.simulator.bluez.bus import ServiceBus

NAME = "org.bluez"
EXCHANGE_MTU = 517  # the default of bluetoothd's main.conf


class Bluetoothd:
    """`async with Bluetoothd(await air.central("computer"), bus_address):` – and bleak finds an adapter.

    exchange_mtu  the MTU that it asks devices for, 23 to 517
    """

    def __init__(self, central: Central, bus_address: str, exchange_mtu: int = EXCHANGE_MTU) -> None:
        self._bus = ServiceBus(bus_address)
        self.adapter = Adapter(self._bus, central.device, Agents(self._bus), exchange_mtu)

    async def __aenter__(self) -> Bluetoothd:
        await self._bus.open(NAME)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.adapter.close()
        await self._bus.close()
