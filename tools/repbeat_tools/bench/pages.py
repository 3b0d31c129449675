"""Answer times of pages and API with few and with many sessions, and the server's memory."""

from __future__ import annotations

import resource
import statistics
import time
from pathlib import Path
from typing import Any

import httpx

from repbeat.store import Database
from repbeat.web.access import Open
from repbeat.web.app import create_app
from repbeat.web.limits import Limits
from repbeat_tools.bench.ingest import DEVICE, LOG, Progress, fill, logs
from repbeat_tools.load import Server

SHORT = {"sets": 3, "reps": 10}
REQUESTS = 60
ROUNDS = 5
SESSION = f"{DEVICE}-{LOG:08x}-2"
PATHS = {
    "today": "/",
    "sessions": "/sessions",
    "session": f"/sessions/{DEVICE}/{LOG:08x}/2",
    "devices": "/devices",
    "api_sessions": "/api/v1/sessions",
    "api_session": f"/api/v1/sessions/{SESSION}",
    "api_reps": f"/api/v1/sessions/{SESSION}/reps",
    "api_heart": f"/api/v1/sessions/{SESSION}/heart",
}
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
            for name, path in PATHS.items():
                times = sorted(_time(client, path) for _ in range(REQUESTS))
                out[f"{name}_p50_ms_{count}"] = statistics.median(times)
                out[f"{name}_p99_ms_{count}"] = times[int(len(times) * 0.99)]
        out[f"server_rss_bytes_{count}"] = _server_memory(folder, folder / f"pages-{count}.sqlite3")
    few, many = counts[0], counts[-1]
    for name in PATHS:
        out[f"{name}_growth"] = out[f"{name}_p50_ms_{many}"] / out[f"{name}_p50_ms_{few}"]
    return out


def _server_memory(folder: Path, database: Path) -> int:
    """Resident size of `repbeat serve` as its own process, after it has shown everything some times."""
    server = Server(folder, database, {"REPBEAT_ACCESS": "open"})
    server.start()
    try:
        with httpx.Client(base_url=server.address, timeout=60) as client:
            for _ in range(ROUNDS):
                for path in PATHS.values():
                    client.get(path).raise_for_status()
        return server.memory_bytes()
    finally:
        server.kill()


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
