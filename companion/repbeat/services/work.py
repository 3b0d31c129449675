"""The services' own thread beside the pages: works on what is due, until it is told to end."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator

from repbeat.services import outbox
from repbeat.services.registry import Services
from repbeat.store import Database
from repbeat.store.errors import StoreError

EVERY_S = 10.0
END_S = 10.0
log = logging.getLogger(__name__)


@contextlib.contextmanager
def working(
    db: Database, services: Services, now_ms: Callable[[], int], every_s: float = EVERY_S
) -> Iterator[None]:
    """Work for as long as the block lasts. A store that fails is tried again."""
    ended = threading.Event()

    def run() -> None:
        while not ended.is_set():
            try:
                for report in outbox.run(db, services.adapters, now_ms()):
                    if report.sent or report.refused or report.problem:
                        log.info("%s: %s, %d sent", report.service, report.state, report.sent)
            except StoreError as error:
                log.warning("services wait for the store: %s", type(error).__name__)
            ended.wait(every_s)

    thread = threading.Thread(target=run, name="services", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(END_S)
