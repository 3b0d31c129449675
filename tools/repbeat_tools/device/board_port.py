"""A conversation with a board over its serial port: mpremote's transport, and errors that say what to do."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from types import TracebackType
from typing import Any

from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport

from repbeat_tools.device.errors import FailedOnBoard, NoPrompt, PortMissing

BAUD = 115200
PATIENCE_S = 120  # of silence while code runs
CHUNK = 512  # bytes of a file in one step: what a board's REPL takes in without a pause


class BoardPort:
    """`with BoardPort("/dev/ttyACM0") as board:` – the running program is stopped, main.py waits.

    After the block the board starts anew with its main.py, unless `stay` is given.
    """

    def __init__(self, port: str, *, stay: bool = False) -> None:
        self._port = port
        self._stay = stay

    def __enter__(self) -> BoardPort:
        """PortMissing, NoPrompt."""
        try:
            self._transport = SerialTransport(self._port, BAUD)
        except (TransportError, OSError) as error:
            raise PortMissing(
                f"{self._port} cannot be opened: `repbeat device list` shows the ports. If it is there, "
                "another program holds it, or you are not in the group that may use it (dialout)"
            ) from error
        try:
            self._transport.enter_raw_repl()
        except (TransportError, OSError) as error:
            self._transport.close()
            raise NoPrompt(
                f"{self._port} does not answer as MicroPython does. Is MicroPython on the board "
                "(hardware/README.md: the first image)? Unplug it, plug it in, and try again"
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._transport.exit_raw_repl()
            if not self._stay:
                self._transport.write_ctrl_d(lambda _: None)
        except (TransportError, OSError):
            if kind is None:
                raise
        finally:
            self._transport.close()

    def run(self, source: str, on_output: Callable[[bytes], object] | None = None) -> str:
        """Execute on the board; what it printed. FailedOnBoard has the exception's last line, or NoPrompt."""
        try:
            printed, failure = self._transport.exec_raw(source, PATIENCE_S, on_output)
        except (TransportError, OSError) as error:
            raise NoPrompt(f"{self._port} stopped answering: {error}") from error
        if failure:
            raise FailedOnBoard(_last_line(failure.decode(errors="replace")))
        return str(printed.decode(errors="replace"))

    def ask(self, expression: str) -> Any:
        """The value of an expression on the board: numbers, texts, bytes, and tables of them."""
        return ast.literal_eval(self.run(f"print(repr({expression}))").strip())

    def write(self, path: str, content: bytes, progress: Callable[[int, int], object] | None = None) -> None:
        """Write a whole file. FailedOnBoard when the board's file system does not take it."""
        try:
            self._transport.fs_writefile(path, content, CHUNK, progress)
        except (TransportError, OSError) as error:
            raise FailedOnBoard(f"{path} could not be written ({error}): is the file system full?") from error


def _last_line(traceback: str) -> str:
    lines = [line for line in re.split(r"[\r\n]+", traceback) if line.strip()]
    return lines[-1].strip() if lines else "it broke off without a message"
