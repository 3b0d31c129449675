"""A file that was handed in is read in the background; how far that is stands in the store for every process.

The same file again changes nothing, so whatever was cut off is simply handed in once more.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable
from typing import IO

import msgspec

from repbeat.interop import imports, reading
from repbeat.interop.errors import ImportRefused, OwnExport
from repbeat.interop.reading import Found
from repbeat.people import archive
from repbeat.store import Database, NotFound, StoreError

log = logging.getLogger(__name__)

READING, KEEPING, DONE, REFUSED, STOPPED = "reading", "keeping", "done", "refused", "stopped"
RUNNING = (READING, KEEPING)
SILENT_MS = 60_000  # a job that tells nothing for so long went with its process
TELL_S = 0.5
BATCH = 20  # sessions in one transaction: devices write in between
KEPT = 20  # jobs of an athlete; older ones are forgotten


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a file; `refused` is the name of the error and `why` its words."""

    kind: str = ""
    sessions_new: int = 0
    sessions_known: int = 0
    days: int = 0
    alike: int = 0
    refused: str = ""
    why: str = ""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """`done` of `total`: bytes while it is read, sessions while they are kept."""

    athlete_id: str
    job_id: str
    file: str
    begun_ms: int
    told_ms: int
    state: str
    done: int
    total: int
    outcome: str

    @property
    def running(self) -> bool:
        """Whether more is to come."""
        return self.state in RUNNING

    @property
    def share(self) -> float:
        """Of the whole, 0-1: reading a file is most of the work."""
        part = self.done / self.total if self.total else 0.0
        return {READING: 0.7 * part, KEEPING: 0.7 + 0.3 * part}.get(self.state, 1.0)

    @property
    def result(self) -> Result:
        """What came of it so far."""
        return msgspec.json.decode(self.outcome, type=Result)


class Stopping(Exception):
    """The process ends."""


def of_athlete(db: Database, athlete_id: str, now_ms: int) -> list[Job]:
    """All that are remembered, newest first."""
    found = db.all(
        Job,
        "SELECT * FROM import_jobs WHERE athlete_id = :athlete_id ORDER BY begun_ms DESC",
        athlete_id=athlete_id,
    )
    return [_as_of(one, now_ms) for one in found]


def get(db: Database, athlete_id: str, job_id: str, now_ms: int) -> Job:
    """One of them; NotFound."""
    found = next((one for one in of_athlete(db, athlete_id, now_ms) if one.job_id == job_id), None)
    if found is None:
        raise NotFound("no such import: it was long ago, or is somebody else's")
    return found


def begin(db: Database, athlete_id: str, name: str, size: int, now_ms: int) -> Job:
    """Note that a file of `size` bytes is to be read; `name` is what the person calls it."""
    job = Job(
        athlete_id=athlete_id,
        job_id=secrets.token_hex(8),
        file=name[:120],
        begun_ms=now_ms,
        told_ms=now_ms,
        state=READING,
        done=0,
        total=size,
        outcome=msgspec.json.encode(Result()).decode(),
    )
    db.insert("import_jobs", [job])
    for old in of_athlete(db, athlete_id, now_ms)[KEPT:]:
        db.run(
            "DELETE FROM import_jobs WHERE athlete_id = :athlete_id AND job_id = :job_id",
            athlete_id=athlete_id,
            job_id=old.job_id,
        )
    return job


def work(
    db: Database, job: Job, file: IO[bytes], clock_ms: Callable[[], int], ending: threading.Event
) -> None:
    """Read the file, keep what it holds, close it. Never raises: what went wrong is told.

    `ending` is set when the process is to end.
    """
    with file:
        _Work(db, job, clock_ms, ending).run(file)


class _Work:
    """One file on its way; tells the store how far it is, but not at every block."""

    def __init__(self, db: Database, job: Job, clock_ms: Callable[[], int], ending: threading.Event) -> None:
        self._db, self._job, self._clock_ms, self._ending = db, job, clock_ms, ending
        self._told_s = 0.0

    def run(self, file: IO[bytes]) -> None:
        try:
            self._tell(DONE, self._kept(file), 1, 1)
        except ImportRefused as error:
            self._tell(REFUSED, Result(refused=type(error).__name__, why=str(error)), 1, 1)
        except (Stopping, StoreError):  # it falls silent, and the page says so
            log.info("import %s was cut off", self._job.job_id)
        except Exception:
            log.exception("import %s failed", self._job.job_id)

    def _kept(self, file: IO[bytes]) -> Result:
        if archive.is_export(file):
            raise OwnExport(
                "a whole export of RepBeat: whoever runs the companion takes it in by `repbeat import`"
            )
        found = reading.from_file(file, self._read)
        result = Result(kind=found.kind)
        total = len(found.activities)
        for first in range(0, max(1, total), BATCH):
            days = [] if first else found.days
            batch = Found(found.kind, found.activities[first : first + BATCH], days)
            kept = imports.keep(self._db, self._job.athlete_id, batch, self._clock_ms())
            result = Result(
                kind=found.kind,
                sessions_new=result.sessions_new + kept.sessions_new,
                sessions_known=result.sessions_known + kept.sessions_known,
                days=result.days + kept.days,
                alike=result.alike + len(kept.alike),
            )
            self._at_times(KEEPING, result, min(first + BATCH, total), total)
        return result

    def _read(self, done: int, total: int) -> None:
        self._at_times(READING, Result(), done, total)

    def _at_times(self, state: str, result: Result, done: int, total: int) -> None:
        if self._ending.is_set():
            raise Stopping
        if time.monotonic() - self._told_s >= TELL_S:
            self._told_s = time.monotonic()
            self._tell(state, result, done, total)

    def _tell(self, state: str, result: Result, done: int, total: int) -> None:
        self._db.run(
            """UPDATE import_jobs SET state = :state, outcome = :outcome, done = :done, total = :total,
               told_ms = :now_ms WHERE athlete_id = :athlete_id AND job_id = :job_id""",
            state=state,
            outcome=msgspec.json.encode(result).decode(),
            done=done,
            total=total,
            now_ms=self._clock_ms(),
            athlete_id=self._job.athlete_id,
            job_id=self._job.job_id,
        )


def _as_of(job: Job, now_ms: int) -> Job:
    silent = job.running and now_ms - job.told_ms > SILENT_MS
    return msgspec.structs.replace(job, state=STOPPED) if silent else job
