"""A private D-Bus: the reference dbus-daemon on a socket of its own, as a system bus nobody else is on."""

from __future__ import annotations

import selectors
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from repbeat_tools.simulator.errors import SimulatorError

PROGRAM = "dbus-daemon"
START_S = 10.0
END_S = 5.0

_CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
  </policy>
</busconfig>
"""


class DbusMissing(SimulatorError):
    """There is no dbus-daemon on this computer: `apt install dbus`."""


def installed() -> bool:
    """Whether this computer has the program."""
    return shutil.which(PROGRAM) is not None


@contextmanager
def private_bus() -> Iterator[str]:
    """The address of a running bus, for DBUS_SYSTEM_BUS_ADDRESS; its daemon ends with the block."""
    if not installed():
        raise DbusMissing(f"{PROGRAM} is missing: apt install dbus")
    # Short, as a socket's path has room for 107 bytes only.
    with tempfile.TemporaryDirectory(prefix="repbeat-bus-") as folder:
        configuration = Path(folder) / "bus.conf"
        configuration.write_text(_CONFIGURATION.format(socket=Path(folder) / "socket"))
        daemon = subprocess.Popen(
            [PROGRAM, f"--config-file={configuration}", "--nofork", "--nopidfile", "--print-address"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            yield _address(daemon)
        finally:
            _end(daemon)


def _address(daemon: subprocess.Popen[bytes]) -> str:
    """The daemon prints its address when it listens."""
    assert daemon.stdout is not None  # noqa: S101 (a pipe was asked for)
    with selectors.DefaultSelector() as selector:
        selector.register(daemon.stdout, selectors.EVENT_READ)
        if not selector.select(START_S):
            raise SimulatorError(f"{PROGRAM} did not come up within {START_S:.0f} s")
    line = daemon.stdout.readline().decode().strip()
    if not line.startswith("unix:"):
        raise SimulatorError(f"{PROGRAM} did not start: {line}")
    return line


def _end(daemon: subprocess.Popen[bytes]) -> None:
    daemon.terminate()
    try:
        daemon.wait(END_S)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()
    if daemon.stdout is not None:
        daemon.stdout.close()
