"""A band, a hub and the pages in a thread of their own, for a browser in the test's to look at."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from repbeat.hub import Backoff, Hub
from repbeat.store import Database
from repbeat.web import background
from repbeat.web.access import Access
from repbeat.web.app import create_app
from repbeat_tools.demo import scene as scenes
from repbeat_tools.demo.outcome import outcome
from repbeat_tools.demo.training import Trainee

LIMIT_S = 150.0


class World(threading.Thread):
    """Runs a scene of the demo once; `result` is its own account of it, `failure` what ended it."""

    def __init__(
        self,
        database: Path,
        kind: type[scenes.Scene],
        trainees: list[Trainee],
        access: Access,
        speed: float,
        **more: Any,
    ) -> None:
        super().__init__(daemon=True)
        self.database = database
        self.address: queue.Queue[str] = queue.Queue()
        self.result: dict[str, Any] = {}
        self.failure: BaseException | None = None
        self.scene: scenes.Scene | None = None
        self.begun_ms = 0.0
        """Unix ms at which the world's clock stood at 0."""

        self._end: Callable[[], object] | None = None
        self._play = (kind, trainees, access, speed, more)

    def run(self) -> None:
        try:
            asyncio.run(self._until_stopped())
        except BaseException as error:
            self.failure = error
            self.address.put("")

    def stop(self) -> None:
        """End it, wherever it stands."""
        if self._end is not None:
            with suppress(RuntimeError):  # its loop has ended by itself
                self._end()
        self.join(20)

    async def _until_stopped(self) -> None:
        loop, living = asyncio.get_running_loop(), asyncio.create_task(self._live())
        self._end = lambda: loop.call_soon_threadsafe(living.cancel)
        with suppress(asyncio.CancelledError):
            await living

    async def _live(self) -> None:
        kind, trainees, access, speed, more = self._play
        with Database(self.database) as store:
            async with scenes.new_air(speed) as air, asyncio.timeout(LIMIT_S):
                clock = scenes.world_clock(air)
                self.begun_ms = time.time() * 1000 - air.now_ms / speed
                central = await air.central("companion")
                hub = Hub(store, backends=central.backends, unix_s=clock, backoff=Backoff(stranger_s=0.2))
                app = create_app(store, hub.board.snapshot, clock, access=access)
                self.scene = kind(store, air, hub, clock, scenes.load_board(), lambda _: None, **more)
                with background.served(app) as address:
                    self.address.put(address)
                    await self.scene.run(trainees, central.backends)
                self.result = outcome(self.scene)
