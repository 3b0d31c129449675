"""A file handed in by a browser: its page tells how far it is; large only for whoever was shown the form."""

import errno
import http.client
import io
import os
import re
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import pytest
from interop.test_apple_health import HEALTH, zipped
from web.town import Town

from repbeat.interop import alike, imports, jobs
from repbeat.people import accounts
from repbeat.people.spool import SealedSpool
from repbeat.web import background, uploads
from repbeat_tools.sample import NOW_MS


@pytest.fixture
def athlete_id(town: Town) -> str:
    (found,) = accounts.owned(town.db, town.ann.account_id)
    return found


@pytest.fixture
def served_town(town: Town) -> Iterator[str]:
    with background.served(town.app) as address:
        yield address


def finished(town: Town, athlete_id: str) -> jobs.Job:
    """The newest job, once nothing of it runs any more."""
    for thread in threading.enumerate():
        if thread.name == "import":
            thread.join(60)
    return jobs.of_athlete(town.db, athlete_id, NOW_MS)[0]


def test_a_file_is_read_in_the_background_and_its_page_tells(
    town: Town, athlete_id: str, tmp_path: Path
) -> None:
    client = town.client(town.ann)
    form = client.get("/import").get_data(as_text=True)
    (action,) = re.findall(f'action="({uploads.PATH}[^"]+)"', form)
    content = zipped(tmp_path / "export.zip", HEALTH).read_bytes()
    answer = client.post(action, data={"file": (io.BytesIO(content), "export.zip")})
    assert answer.status_code == 303
    done = finished(town, athlete_id)
    assert done.result.sessions_new == 1
    assert answer.location.endswith(f"/import/{athlete_id}/{done.job_id}")
    page = client.get(answer.location).get_data(as_text=True)
    assert "Done." in page
    assert 'http-equiv="refresh"' not in page
    assert "Traditionalstrengthtraining" in client.get("/import").get_data(as_text=True)


def test_the_page_of_a_running_job_looks_again_without_scripts(town: Town, athlete_id: str) -> None:
    job = jobs.begin(town.db, athlete_id, "years.zip", 100, NOW_MS)
    town.db.run("UPDATE import_jobs SET done = 50")
    client = town.client(town.ann)
    page = client.get(f"/import/{athlete_id}/{job.job_id}").get_data(as_text=True)
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in page
    assert "The file is being read: 35 %" in page
    assert 'aria-live="polite"' in page
    second = client.post(
        f"{uploads.PATH}{ticket(town, athlete_id)}",
        data={"file": (io.BytesIO(b"x"), "b.fit")},
        follow_redirects=True,
    )
    assert "One file at a time" in second.get_data(as_text=True)
    german = client.get(f"/import/{athlete_id}/{job.job_id}", headers={"Accept-Language": "de"})
    assert "Die Datei wird gelesen: 35 %" in german.get_data(as_text=True)


def test_two_at_the_same_time_are_decided_by_the_athlete(town: Town, athlete_id: str) -> None:
    session = town.db.rows("SELECT * FROM sessions WHERE athlete_id = :one", one=athlete_id)[0]
    end_ms = session["start_ms"] + session["duration_s"] * 1000
    town.db.insert(
        "imported_sessions",
        [
            {
                "athlete_id": athlete_id,
                "import_id": "f" * 32,
                "source": "fit",
                "sport": "training",
                "start_ms": session["start_ms"],
                "end_ms": end_ms,
                "imported_ms": NOW_MS,
                "heart": b"",
            }
        ],
    )
    (pair,) = alike.mark_import(town.db, athlete_id, "f" * 32, session["start_ms"], end_ms)
    client = town.client(town.ann)
    assert "The same training twice?" in client.get("/import").get_data(as_text=True)
    told = {"import_id": pair.import_id, "other": pair.other, "same": "1"}
    assert client.post(f"/import/{athlete_id}/alike", data=told).status_code == 302
    assert alike.undecided(town.db, athlete_id) == []
    assert "The same training twice?" not in client.get("/import").get_data(as_text=True)


def ticket(town: Town, athlete_id: str) -> str:
    with town.app.app_context():
        return uploads.ticket(town.app, athlete_id)


def sent(address: str, path: str, size: int) -> int:
    """Status of a body of zeros; 413 where the server hangs up on it."""
    there = urlsplit(address)
    wire = http.client.HTTPConnection(there.hostname or "", there.port, timeout=60)
    try:
        wire.request("POST", path, body=b"0" * size)
        return wire.getresponse().status
    except (BrokenPipeError, ConnectionResetError):
        return 413
    finally:
        wire.close()


def test_only_who_was_shown_the_form_may_send_much(served_town: str, town: Town, athlete_id: str) -> None:
    large = 2 << 20
    good = ticket(town, athlete_id)
    assert sent(served_town, uploads.PATH + good, large) == 401  # taken in whole; nobody is signed in
    assert sent(served_town, uploads.PATH + good[:-2], large) == 413
    assert sent(served_town, "/signin", large) == 413
    assert uploads.athlete_of(town.app, good) == athlete_id


def test_a_ticket_is_over_after_a_day(town: Town, athlete_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    old = ticket(town, athlete_id)
    later = time.time() + uploads.GOOD_FOR_S + 10
    monkeypatch.setattr(time, "time", lambda: later)
    assert uploads.athlete_of(town.app, old) is None
    assert uploads.most_bytes(town.app, uploads.PATH + old) == town.app.config["MAX_CONTENT_LENGTH"]


def test_anothers_ticket_is_of_no_use(town: Town, athlete_id: str) -> None:
    client = town.client(town.people["athlete"])
    path = uploads.PATH + ticket(town, athlete_id)
    answer = client.post(path, data={"file": (io.BytesIO(b"x"), "a.fit")})
    assert answer.status_code == 404
    assert imports.listed(town.db, athlete_id, 5) == []
    assert jobs.of_athlete(town.db, athlete_id, NOW_MS) == []


def test_a_full_disk_is_named_and_nothing_is_begun(
    town: Town, athlete_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(SealedSpool, "write", full)
    answer = town.client(town.ann).post(
        f"{uploads.PATH}{ticket(town, athlete_id)}", data={"file": (io.BytesIO(b"x"), "b.fit")}
    )
    assert answer.status_code == 503
    assert "TMPDIR" in answer.get_data(as_text=True)
    assert jobs.of_athlete(town.db, athlete_id, NOW_MS) == []


def test_nothing_that_is_sent_lies_on_the_disk_in_the_clear(
    served_town: str, town: Town, athlete_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_disk: list[Path] = []

    def kept(*_: object, **__: object) -> IO[bytes]:
        handle, path = tempfile.mkstemp(dir=tmp_path)
        on_disk.append(Path(path))
        return os.fdopen(handle, "w+b", buffering=0)

    monkeypatch.setattr(tempfile, "TemporaryFile", kept)
    path = uploads.PATH + ticket(town, athlete_id)
    assert sent(served_town, path, 2 << 20) == 401
    town.client(town.ann).post(path, data={"file": (io.BytesIO(b"0" * (400 << 10)), "a.fit")})
    assert finished(town, athlete_id).state == jobs.REFUSED
    assert [one.stat().st_size for one in on_disk] == [2 << 20, 400 << 10]  # the body, then the file in it
    assert not any(b"0" * 64 in one.read_bytes() for one in on_disk)
