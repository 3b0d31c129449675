"""The services' work beside the pages: what is due, again and again."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator

from repbeat.beside import again_and_again
from repbeat.services import outbox
from repbeat.services.registry import Services
from repbeat.store import Database

EVERY_S = 10.0
log = logging.getLogger(__name__)


@contextlib.contextmanager
def working(db: Database, services: Services, now_ms: Callable[[], int]) -> Iterator[None]:
    """Work for as long as the block lasts."""

    def work() -> None:
        for report in outbox.run(db, services.adapters, now_ms()):
            if report.sent or report.refused or report.problem:
                log.info("%s: %s, %d sent", report.service, report.state, report.sent)

    with again_and_again("services", work, EVERY_S):
        yield
