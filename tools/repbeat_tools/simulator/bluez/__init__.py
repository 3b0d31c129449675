"""BlueZ's D-Bus interface before the simulator's air: bleak's own Linux backend runs on it unmodified.

with private_bus() as address:  # and DBUS_SYSTEM_BUS_ADDRESS set to it
    async with Bluetoothd(await air.central("computer"), address): ...

Modelled is what clients of Bluetooth LE use of BlueZ 5.66: adapter, discovery, devices, attributes, agents.
Differs on purpose: every advertisement updates RSSI (bluetoothd thins them out), a read that needs pairing is
refused as "Not paired" instead of starting one, attributes have no AcquireWrite and AcquireNotify.
"""

from repbeat_tools.simulator.bluez.bluetoothd import Bluetoothd
from repbeat_tools.simulator.bluez.daemon import DbusMissing, installed, private_bus

__all__ = ["Bluetoothd", "DbusMissing", "installed", "private_bus"]
