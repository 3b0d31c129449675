"""An event loop whose clock jumps to what comes next: days of waiting in a moment, in a fixed order."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class _Selector(selectors.DefaultSelector):
    """Waits by moving the clock on; a real file that is ready still counts, and threads at work hold it."""

    now_s = 0.0
    threads = 0

    def select(self, timeout: float | None = None) -> list:
        found = super().select(None if self.threads and timeout != 0 else 0)
        if not found and timeout:
            self.now_s += timeout
        return found


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.now_s

    def run_in_executor(self, *work: Any) -> asyncio.Future:
        def done(_: asyncio.Future) -> None:
            self._virtual.threads -= 1

        self._virtual.threads += 1
        future = super().run_in_executor(*work)
        future.add_done_callback(done)
        return future


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """`asyncio.run` in virtual time; the loop's own executors take none of it."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(main)
