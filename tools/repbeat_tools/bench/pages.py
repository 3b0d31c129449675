"""The pages' answer times with few and with many sessions, and the process's memory."""

from __future__ import annotations

import resource
import statistics
import time
from pathlib import Path
from typing import Any

from repbeat.store import Database
from repbeat.web.access import Open
from repbeat.web.app import create_app
from repbeat.web.limits import Limits
from repbeat_tools.bench.ingest import DEVICE, LOG, Progress, fill, logs

SHORT = {"sets": 3, "reps": 10}
REQUESTS = 60
UNHURRIED = Limits(burst=1 << 20)  # the limit on requests is not what is measured


def run(folder: Path, counts: tuple[int, ...], progress: Progress) -> dict[str, Any]:
    """p50 and p99 in ms of each page, by number of sessions in the store."""
    out: dict[str, Any] = {}
    for count in counts:
        with Database(folder / f"pages-{count}.sqlite3") as db:
            # Durability has no part in what is measured here, and 10,000 sessions are many commits.
            db.run("PRAGMA synchronous = OFF")
            fill(db, logs(count, SHORT), f"pages, {count} sessions", progress)
            client = create_app(db, access=Open("bench"), limits=UNHURRIED).test_client()
            paths = {
                "today": "/",
                "sessions": "/sessions",
                "session": f"/sessions/{DEVICE}/{LOG:08x}/2",
            }
            for name, path in paths.items():
                times = sorted(_time(client, path) for _ in range(REQUESTS))
                out[f"{name}_p50_ms_{count}"] = statistics.median(times)
                out[f"{name}_p99_ms_{count}"] = times[int(len(times) * 0.99)]
    return out


def _time(client: Any, path: str) -> float:
    started = time.perf_counter()
    response = client.get(path)
    took_ms = (time.perf_counter() - started) * 1000
    if response.status_code != 200:
        raise RuntimeError(f"{path} answered {response.status_code}: the benchmark measures nothing")
    response.close()
    return took_ms


def memory() -> dict[str, int]:
    """Largest resident size of this process so far, bytes."""
    return {"peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
