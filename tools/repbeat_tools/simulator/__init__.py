"""The firmware's own files in real MicroPython, on modelled chips, with a real Bluetooth stack.

async with Air(clock=Scaled(20), pace=Pace()) as air:
    band = await air.device("band-1", board=settings)
    phone = await air.central("phone")
    scanner, client = phone.backends  # for BleakScanner(backend=…) and BleakClient(…, backend=…)
"""

from repbeat_tools.simulator.air import Air, Central
from repbeat_tools.simulator.clock import ClockKind, Real, Scaled, Virtual
from repbeat_tools.simulator.controller import Faults
from repbeat_tools.simulator.device import Device
from repbeat_tools.simulator.errors import (
    BootLoop,
    DeviceFailed,
    DeviceHung,
    DeviceOff,
    FirmwareStopped,
    RuntimeMissing,
    SimulatorError,
    UnmodelledHardware,
)
from repbeat_tools.simulator.link import Pace

__all__ = [
    "Air",
    "BootLoop",
    "Central",
    "ClockKind",
    "Device",
    "DeviceFailed",
    "DeviceHung",
    "DeviceOff",
    "Faults",
    "FirmwareStopped",
    "Pace",
    "Real",
    "RuntimeMissing",
    "Scaled",
    "SimulatorError",
    "UnmodelledHardware",
    "Virtual",
]
