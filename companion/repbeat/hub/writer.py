"""The hub's one writer thread: the radio never waits for the disk, nor one device for another's lock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from repbeat.store import Database

Result = TypeVar("Result")


class Writer:
    """Runs store work in order. A job that has begun is finished even when its waiter is cancelled."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="repbeat-store")

    async def do(self, work: Callable[[Database], Result]) -> Result:
        """The result of `work(database)`, run in the writer's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, self._database)

    def close(self) -> None:
        """Finish what is begun."""
        self._thread.shutdown(wait=True)
