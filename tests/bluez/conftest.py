"""A system bus for one test, where bleak looks for it. dbus-daemon is Debian's; in CI it must be there."""

import os
from collections.abc import Iterator

import pytest

from repbeat_tools.simulator import bluez


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Address of a private bus with nobody on it; DBUS_SYSTEM_BUS_ADDRESS names it."""
    if not bluez.installed():
        if os.environ.get("CI"):
            pytest.fail("CI has no dbus-daemon: .ci/run installs dbus")
        pytest.skip("needs dbus-daemon: apt install dbus")
    with bluez.private_bus() as address:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        yield address
