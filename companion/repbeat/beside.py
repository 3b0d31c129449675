"""Work beside the rest: a thread that does one step again and again, until it is told to end."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator

from repbeat.people.errors import KeyUnavailable
from repbeat.store import StoreError

log = logging.getLogger(__name__)

END_S = 10.0  # a step under way at the end is waited for


@contextlib.contextmanager
def again_and_again(
    name: str,
    step: Callable[[], object],
    every_s: float,
    *,
    after_trouble_s: float = 0.0,
    passes: tuple[type[Exception], ...] = (),
) -> Iterator[None]:
    """`step` at once and every `every_s`, for as long as the block lasts.

    A store or key that fails, or an error of `passes`, is told in the log by its sort alone, and the step is
    tried again; after `after_trouble_s`, where that is longer.
    """
    ended = threading.Event()
    expected: tuple[type[Exception], ...] = (StoreError, KeyUnavailable, *passes)

    def run() -> None:
        while not ended.is_set():
            pause_s = every_s
            try:
                step()
            except expected as error:
                log.warning("%s: trying again (%s)", name, type(error).__name__)
                pause_s = max(every_s, after_trouble_s)
            ended.wait(pause_s)

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(END_S)
