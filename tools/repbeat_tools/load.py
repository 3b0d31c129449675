"""`repbeat load`: many uploaders on the real server, killed in the middle; then each record is looked for."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click
import httpx
import msgspec
from rich.console import Console
from rich.progress import Progress

from repbeat.people import accounts, setup, tokens
from repbeat.store import Database, athletes, devices, records
from repbeat.store.console import json_option, print_json
from repbeat_tools.sample import NOW_MS, session_log

LOG = 1
BATCH = 64
START_S = 120.0
PERCENT_50, PERCENT_99 = 0.50, 0.99


class Band(msgspec.Struct, kw_only=True):
    """One athlete's device: what it has written so far, and what of it the server has acknowledged."""

    device_id: str
    written: dict[int, bytes] = {}
    acked: int = 0
    sessions: int = 0

    def train(self) -> None:
        """Write one more session."""
        log = session_log(
            first_seq=len(self.written),
            boot=self.sessions + 1,
            unix_ms=NOW_MS + self.sessions * 3_600_000,
        )
        self.written |= dict(log.records)
        self.sessions += 1


class Tally:
    """What the uploaders met; from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.took_s: list[float] = []
        self.errors: list[str] = []
        self.cut = 0  # requests that the killed server never answered

    def answered(self, took_s: float, problem: str) -> None:
        """One answer."""
        with self._lock:
            self.took_s.append(took_s)
            if problem:
                self.errors.append(problem)

    def unanswered(self) -> None:
        """The server was gone."""
        with self._lock:
            self.cut += 1

    def share_ms(self, share: float) -> float:
        """The time within which this share was answered."""
        ordered = sorted(self.took_s)
        return round(ordered[int((len(ordered) - 1) * share)] * 1000, 1) if ordered else 0.0


class Server:
    """`repbeat serve` as its own process, to be killed and started again on the same port."""

    def __init__(self, folder: Path, database: Path, environment: dict[str, str] | None = None) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self._log = folder / "serve.log"
        self._command = [
            str(Path(sys.executable).with_name("repbeat")),
            *("serve", "--no-hub", "--port", str(self.port), "--database", str(database)),
        ]
        self._environment = {
            **os.environ,
            "REPBEAT_REQUESTS_A_MINUTE": "1000000",
            "REPBEAT_LOG_LEVEL": "error",
            **(environment or {}),
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(self._command, env=self._environment, stdout=log, stderr=log)
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            with suppress(httpx.HTTPError):
                if httpx.get(f"{self.address}/healthz").is_success:
                    return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise click.ClickException(f"the server did not start:\n{self._log.read_text()[-2000:]}")

    def memory_bytes(self) -> int:
        """Its resident size now; 0 where the system does not tell."""
        with suppress(OSError, AttributeError):
            pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])  # type: ignore[union-attr]
            return pages * os.sysconf("SC_PAGE_SIZE")
        return 0

    def kill(self) -> None:
        """As a power cut does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@click.command()
@click.option("--athletes", "count", type=click.IntRange(1, 10_000), default=500, show_default=True)
@click.option("--uploaders", type=click.IntRange(1, 200), default=20, show_default=True, help="At once.")
@click.option("--seconds", type=click.FloatRange(1, 3600), default=60.0, show_default=True)
@click.option("--kill/--no-kill", default=True, help="kill -9 the server halfway.  [default: kill]")
@json_option
def load(count: int, uploaders: int, seconds: float, kill: bool, as_json: bool) -> None:
    """Have many devices' sessions handed in at once, and see that all of it is there once.

    The server is this computer's, in a folder of its own. Exit code 1 for an error, a loss or a double.
    """
    folder = Path(tempfile.mkdtemp(prefix="repbeat-load-"))
    previous = os.environ.get("REPBEAT_KEY_FILE")
    os.environ["REPBEAT_KEY_FILE"] = str(folder / "key")
    try:
        out = run(folder, count, uploaders, seconds, kill)
    finally:
        os.environ.pop("REPBEAT_KEY_FILE")
        if previous is not None:
            os.environ["REPBEAT_KEY_FILE"] = previous
        shutil.rmtree(folder, ignore_errors=True)
    if as_json:
        print_json(out)
    else:
        for name, value in out.items():
            click.echo(f"{name}: {value}")
    if out["errors"] or out["lost"] or out["duplicates"] or not out["consistent"]:
        raise click.exceptions.Exit(1)


def run(folder: Path, count: int, uploaders: int, seconds: float, kill: bool) -> dict[str, Any]:
    """The figures of one run."""
    path = folder / "repbeat.sqlite3"
    with Database(path) as db:
        token, bands = _prepared(db, count)
    server, tally, ended = Server(folder, path), Tally(), threading.Event()
    server.start()
    shares = [bands[number::uploaders] for number in range(uploaders)]
    threads = [
        threading.Thread(target=_upload, args=(server.address, token, share, tally, ended))
        for share in shares
        if share
    ]
    kills = 0
    try:
        with _shown(seconds) as at:
            began = time.monotonic()
            for thread in threads:
                thread.start()
            while (passed := time.monotonic() - began) < seconds:
                at(passed)
                if kill and not kills and passed > seconds / 2:
                    server.kill()
                    kills = 1
                    server.start()
                time.sleep(0.1)
            ended.set()
            for thread in threads:
                thread.join()
            took_s = time.monotonic() - began
        memory = server.memory_bytes()
    finally:
        ended.set()
        server.kill()
    with Database(path) as db:
        kept = _kept(db, bands)
    return {
        "athletes": count,
        "uploaders": uploaders,
        "seconds": round(took_s, 1),
        "requests": len(tally.took_s),
        "requests_per_s": round(len(tally.took_s) / took_s, 1),
        "errors": len(tally.errors),
        "first_error": tally.errors[0] if tally.errors else "",
        "unanswered": tally.cut,
        "kills": kills,
        "p50_ms": tally.share_ms(PERCENT_50),
        "p99_ms": tally.share_ms(PERCENT_99),
        "server_rss_bytes": memory,
        **kept,
    }


def _prepared(db: Database, count: int) -> tuple[str, list[Band]]:
    """An operator's token, and athletes with a device each."""
    password = secrets.token_urlsafe(16)
    setup.first_account(db, "A", "A", "Load", password, "::1", NOW_MS)
    (account,) = accounts.every(db)
    _, token = tokens.make(db, account.account_id, "load", [tokens.HUB], NOW_MS)
    bands = [Band(device_id=f"{number:016x}") for number in range(1, count + 1)]
    with db.atomic():
        for number, band in enumerate(bands):
            athlete = athletes.add(db, f"Athlete {number}", NOW_MS)
            devices.assign(db, band.device_id, LOG, athlete.athlete_id)
    return token, bands


def _upload(address: str, token: str, bands: list[Band], tally: Tally, ended: threading.Event) -> None:
    """One hub: session after session of its devices, each until it is acknowledged."""
    with httpx.Client(timeout=60, headers={"Authorization": f"Bearer {token}"}, base_url=address) as client:
        while True:
            for band in bands:
                if ended.is_set():
                    return
                band.train()
                heard = {"log_id": LOG, "head_seq": len(band.written), "name": f"Band {band.device_id[-4:]}"}
                path = f"/api/v1/devices/{band.device_id}"
                if _ask(client, "PUT", path, heard, tally, ended) is None:
                    continue
                while band.acked < len(band.written):
                    seqs = range(band.acked, min(band.acked + BATCH, len(band.written)))
                    sent = [{"seq": seq, "raw": base64.b64encode(band.written[seq]).decode()} for seq in seqs]
                    batch = {"log_id": LOG, "records": sent, "caught_up": seqs.stop == len(band.written)}
                    acked = _ask(client, "POST", f"{path}/records", batch, tally, ended)
                    if acked is None or acked <= band.acked:
                        break
                    band.acked = acked


def _ask(
    client: httpx.Client, method: str, path: str, body: dict[str, Any], tally: Tally, ended: threading.Event
) -> int | None:
    """What is acknowledged; again while the server is away, None for an error or at the end."""
    while True:
        began = time.perf_counter()
        try:
            answer = client.request(method, path, json=body)
        except httpx.HTTPError:
            tally.unanswered()
            if ended.wait(0.2):
                return None
            continue
        took_s = time.perf_counter() - began
        tally.answered(took_s, "" if answer.is_success else f"{answer.status_code} {answer.text[:200]}")
        return int(answer.json()["next_seq"]) if answer.is_success else None


def _kept(db: Database, bands: list[Band]) -> dict[str, Any]:
    """What is in the store of what was acknowledged, byte for byte."""
    lost = doubles = there = wrong = 0
    for band in bands:
        held = records.present(db, band.device_id, LOG, 0, len(band.written) + 1)
        there += len(held)
        doubles += sum(end - first for first, end in records.spans(db, band.device_id, LOG, 0, 1 << 32))
        doubles -= len(held)
        lost += sum(held.get(seq) != band.written[seq] for seq in range(band.acked))
        wrong += sum(raw != band.written.get(seq) for seq, raw in held.items())
    sessions = db.value("SELECT COUNT(*) FROM sessions")
    started = db.value("SELECT COUNT(*) FROM (SELECT DISTINCT device_id, session_seq FROM sessions) AS s")
    sound = db.value("PRAGMA integrity_check") == "ok"
    return {
        "records_acknowledged": sum(band.acked for band in bands),
        "records_in_store": there,
        "lost": lost,
        "duplicates": doubles + sessions - started,
        "sessions": sessions,
        "consistent": sound and not wrong,
    }


@contextmanager
def _shown(seconds: float) -> Iterator[Any]:
    with Progress(console=Console(file=sys.stderr)) as bar:
        task = bar.add_task("uploading", total=seconds)
        yield lambda passed: bar.update(task, completed=passed)
