"""What can go wrong with a simulated device, one class a cause."""

from __future__ import annotations


class SimulatorError(Exception):
    """Base of all that the simulator raises."""


class RuntimeMissing(SimulatorError):
    """Node or the MicroPython runtime is not where `make setup` puts it."""


class DeviceFailed(SimulatorError):
    """The host process broke down: a bug in the stand-ins, or the interpreter died."""


class UnmodelledHardware(DeviceFailed):
    """The firmware used a register, pin or call that no model knows. Model it; never answer by guessing."""


class FirmwareStopped(SimulatorError):
    """main.py returned or raised: the board is at its prompt and will do nothing more."""


class DeviceHung(SimulatorError):
    """The device did not answer within the time given (wall seconds) and was killed."""


class BootLoop(SimulatorError):
    """The firmware resets itself over and over right after booting."""


class DeviceOff(SimulatorError):
    """The device has no power; `await device.power_on()` first."""
