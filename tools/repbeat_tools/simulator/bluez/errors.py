"""org.bluez.Error.*: what bluetoothd answers when it cannot do a thing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bumble import att

from repbeat_tools.simulator.radio import BLUETOOTH_ERRORS

FAILED, NOT_CONNECTED, IN_PROGRESS, NOT_READY = "Failed", "NotConnected", "InProgress", "NotReady"
NOT_SUPPORTED, DOES_NOT_EXIST, AUTHENTICATION_FAILED = "NotSupported", "DoesNotExist", "AuthenticationFailed"
ALREADY_EXISTS, INVALID_ARGUMENTS = "AlreadyExists", "InvalidArguments"

# src/error.c of BlueZ: why an LE connection failed
CONNECTION_TIMEOUT = "le-connection-timeout"
CONNECTION_ABORTED = "le-connection-abort-by-local"

# create_gatt_dbus_error() in src/gatt-client.c of BlueZ; all other ATT errors are Failed with their number
_OF_ATT = {
    0x02: ("NotPermitted", "Read not permitted"),
    0x03: ("NotPermitted", "Write not permitted"),
    0x05: ("NotPermitted", "Not paired"),
    0x06: (NOT_SUPPORTED, "Operation is not supported"),
    0x07: (INVALID_ARGUMENTS, "Invalid offset"),
    0x08: ("NotAuthorized", "Operation Not Authorized"),
    0x0C: ("NotPermitted", "Not paired"),
    0x0D: (INVALID_ARGUMENTS, "Invalid Length"),
    0x0F: ("NotPermitted", "Not paired"),
}


class BluezError(Exception):
    """Answered to the caller as org.bluez.Error.<cause>."""

    def __init__(self, cause: str, text: str) -> None:
        super().__init__(text)
        self.name = f"org.bluez.Error.{cause}"


def of_att(error: Any) -> BluezError:
    """The answer for an ATT error of the device (a bumble.att.ATT_Error)."""
    code = int(error.error_code)
    return BluezError(*_OF_ATT.get(code, (FAILED, f"Operation failed with ATT error: 0x{code:02x}")))


@contextmanager
def of_link(is_gone: Callable[[], bool]) -> Iterator[None]:
    """Bumble cancels requests when the link drops; to clients of bluetoothd that is an unlikely ATT error."""
    try:
        yield
    except att.ATT_Error as error:
        raise of_att(error) from error
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if is_gone() and task is not None and not task.cancelling():
            raise BluezError(FAILED, "Operation failed with ATT error: 0x0e") from error
        raise
    except (*BLUETOOTH_ERRORS, TimeoutError) as error:
        raise BluezError(FAILED, str(error) or type(error).__name__) from error
