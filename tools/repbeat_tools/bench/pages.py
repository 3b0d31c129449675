"""Answer times of pages and API with few and with many sessions, and the server's memory."""

from __future__ import annotations

import resource
import statistics
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from repbeat.coach import desk, recovery
from repbeat.derive.hrv import Morning
from repbeat.ingest.batch import ingest
from repbeat.store import Database, plans
from repbeat.web.access import Open
from repbeat.web.app import create_app
from repbeat.web.limits import Limits
from repbeat_protocol import exercises
from repbeat_protocol import plan as wire
from repbeat_tools.bench.ingest import DAY_MS, DEVICE, LOG, Progress, introduce
from repbeat_tools.load import Server
from repbeat_tools.sample import session_log

SHORT: dict[str, Any] = {"sets": 3, "reps": 10}
A_DAY = 2  # as many a day in either store, so that no week shown holds more; 10,000 are then 14 years
LAST_MS = 2_190_000_000_000  # 2039, so that these begin after 2025: an earlier clock is not believed
NIGHTS = 70
BATCH = 512  # records a commit: the stores are made ready, not measured
WARM_UP, REQUESTS = 5, 200
ROUNDS = 5
SESSION = f"{DEVICE}-{LOG:08x}-2"
PATHS = {
    "today": "/",
    "sessions": "/sessions",
    "session": f"/sessions/{DEVICE}/{LOG:08x}/2",
    "trends": "/trends?days=28",
    "streaks": "/streaks",
    "devices": "/devices",
    "api_sessions": "/api/v1/sessions",
    "api_session": f"/api/v1/sessions/{SESSION}",
    "api_reps": f"/api/v1/sessions/{SESSION}/reps",
    "api_heart": f"/api/v1/sessions/{SESSION}/heart",
}
UNHURRIED = Limits(burst=1 << 20)  # the limit on requests is not what is measured


def run(folder: Path, counts: tuple[int, ...], progress: Progress) -> dict[str, Any]:
    """p50 and p99 in ms of each page, by number of sessions in the store.

    The stores are asked in turns, so that whatever else the machine does falls on all. The first answers,
    for which templates and texts are read, are not counted.
    """
    paths = {count: folder / f"pages-{count}.sqlite3" for count in counts}
    times: dict[tuple[str, int], list[float]] = {(name, count): [] for name in PATHS for count in counts}
    with ExitStack() as open_ones:
        clients = {}
        for count in counts:
            db = open_ones.enter_context(Database(paths[count]))
            _fill(db, count, progress)
            app = create_app(db, unix_s=lambda: LAST_MS / 1000, access=Open("bench"), limits=UNHURRIED)
            clients[count] = app.test_client()
        for number in range(WARM_UP + REQUESTS):
            for name, path in PATHS.items():
                for count, client in clients.items():
                    took_ms = _time(client, path)
                    if number >= WARM_UP:
                        times[name, count].append(took_ms)
            progress("pages", number + 1, WARM_UP + REQUESTS)
    out: dict[str, Any] = {}
    for (name, count), found in times.items():
        out[f"{name}_p50_ms_{count}"] = statistics.median(found)
        out[f"{name}_p99_ms_{count}"] = sorted(found)[int(len(found) * 0.99)]
    for count in counts:
        out[f"server_rss_bytes_{count}"] = _server_memory(folder, paths[count])
    few, many = counts[0], counts[-1]
    for name in PATHS:
        out[f"{name}_growth"] = out[f"{name}_p50_ms_{many}"] / out[f"{name}_p50_ms_{few}"]
    return out


def _fill(db: Database, count: int, progress: Progress) -> None:
    """`count` sessions of one band through the real ingest, some dozen a commit."""
    db.run("PRAGMA synchronous = OFF")  # durability has no part in what is measured here
    waiting: list[tuple[int, bytes]] = []
    seq = 0
    for number in range(count):
        start_ms = LAST_MS - (count - number) * DAY_MS // A_DAY
        log = session_log(**SHORT, first_seq=seq, boot=number + 1, unix_ms=start_ms)
        seq = log.next_seq
        if number == 0:
            _live(db, introduce(db, seq * count, count))
        waiting += log.records
        if len(waiting) >= BATCH or number + 1 == count:
            ingest(db, DEVICE, LOG, waiting, LAST_MS)
            waiting = []
            progress(f"{count} sessions", number + 1, count)


def _live(db: Database, athlete_id: str) -> None:
    """What else Today looks at: a plan in force that the sessions followed, and ten weeks of nights."""
    items = [
        wire.Item(exercises.code(slug), 3, 8, 10, load_g, 60)
        for slug, load_g in (("squat", 60_000), ("bench_press", 50_000), ("lat_pulldown", 45_000))
    ]
    begun_ms = LAST_MS - NIGHTS * DAY_MS
    plan = desk.set_plan(db, athlete_id, wire.Plan(1, items, "Full body"), begun_ms)
    plans.set_status(db, athlete_id, plan.revision, plans.APPLIED)
    last = desk.day_of(LAST_MS, 0)
    for ago in range(NIGHTS):
        night = Morning(last - timedelta(days=ago), DEVICE, 55 + ago % 7, 54 + ago % 3, 430 + ago % 40)
        recovery.add_morning(db, athlete_id, night)


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
