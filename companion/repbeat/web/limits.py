"""How much one caller may ask: a bucket of requests that fills again with time, kept in this process."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of one application."""

    requests_a_minute: int = 600  # of one account, token or address; a live page asks 60 times
    burst: int = 200
    body_bytes: int = 1 << 20
    upload_bytes: int = 512 << 20  # of a file; ten years of a watch are 100-200 MB as the ZIP of a phone
    streams: int = 4  # at once: each keeps a thread of the server
    stream_s: float = 600.0  # then the browser connects anew, and consent is looked at from the start


class Buckets:
    """Callers' buckets; those of the longest silent are forgotten first."""

    def __init__(self, limits: Limits, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, caller: str) -> float:
        """0 and one request is taken; else how long to wait for the next."""
        rate = self._limits.requests_a_minute / 60
        now = self._monotonic_s()
        with self._lock:
            left, since = self._buckets.pop(caller, (float(self._limits.burst), now))
            left = min(self._limits.burst, left + (now - since) * rate)
            allowed = left >= 1
            self._buckets[caller] = (left - 1 if allowed else left, now)
            while len(self._buckets) > 10_000:
                self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - left) / rate
