"""Make the WebAssembly build look like a board before boot.py runs: asyncio.run, ThreadSafeFlag, time."""

import asyncio
import os  # ours, with urandom  # noqa: F401
import sys
import time  # ours, before anything asks for the built-in one  # noqa: F401

import _host

import __main__


class _LoopRuns(BaseException):
    """Leaves main.py: node drives asyncio's loop, so asyncio.run cannot block as it does on a chip."""


class ThreadSafeFlag:
    """Nothing preempts Python here, so an Event that clears itself is enough."""

    def __init__(self):
        self._event = asyncio.Event()

    def set(self):
        self._event.set()

    def clear(self):
        self._event.clear()

    async def wait(self):
        await self._event.wait()
        self._event.clear()


async def _main(coroutine):
    try:
        await coroutine
        _host.main_ended("")
    except SystemExit:
        _host.halt("soft_reset")
    except BaseException as error:
        sys.print_exception(error)
        _host.main_ended(repr(error))


def _run(coroutine):
    asyncio.create_task(_main(coroutine))  # noqa: RUF006
    raise _LoopRuns


def run(name):
    """Execute boot.py or main.py as a board does: an exception is printed, and the board idles."""
    try:
        execfile(name, __main__.__dict__)  # noqa: F821
    except _LoopRuns:
        pass
    except SystemExit:
        _host.halt("soft_reset")
    except BaseException as error:
        sys.print_exception(error)
        _host.main_ended(repr(error))


asyncio.run = _run
asyncio.ThreadSafeFlag = ThreadSafeFlag
