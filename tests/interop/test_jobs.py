"""A file that is read in the background: how far it is, what came of it, and what a cut leaves."""

import threading
from pathlib import Path

import pytest
from interop.test_apple_health import HEALTH, zipped

from repbeat.interop import imports, jobs
from repbeat.people import archive
from repbeat.store import Database, NotFound, athletes

NOW_MS = 1_793_000_000_000
GOING_ON = threading.Event()


@pytest.fixture
def db(tmp_path: Path) -> Database:
    return Database(tmp_path / "store" / "repbeat.sqlite3")


@pytest.fixture
def athlete_id(db: Database) -> str:
    return athletes.add(db, "Ann", NOW_MS).athlete_id


def handed_in(db: Database, athlete_id: str, path: Path, ending: threading.Event = GOING_ON) -> jobs.Job:
    job = jobs.begin(db, athlete_id, path.name, path.stat().st_size, NOW_MS)
    file = path.open("rb")
    jobs.work(db, job, file, lambda: NOW_MS, ending)
    assert file.closed
    return jobs.get(db, athlete_id, job.job_id, NOW_MS)


def test_what_came_of_a_file_is_told(db: Database, athlete_id: str, tmp_path: Path) -> None:
    for new, known in ((1, 0), (0, 1)):  # the same file again changes nothing
        path = zipped(tmp_path / "export.zip", HEALTH)
        done = handed_in(db, athlete_id, path)
        assert (done.state, done.share, done.running) == (jobs.DONE, 1.0, False)
        assert (done.result.sessions_new, done.result.sessions_known, done.result.days) == (new, known, 3)
    assert len(imports.listed(db, athlete_id, 10)) == 1


def test_how_far_it_is_grows_while_it_is_read(
    db: Database, athlete_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "TELL_S", 0.0)
    record = HEALTH[HEALTH.index("<Record") : HEALTH.index("<Record", 200)]
    long = HEALTH.replace(record, record * 2000)
    shares: list[float] = []
    whole = jobs._Work._tell

    def told(work: jobs._Work, *more: object) -> None:
        whole(work, *more)  # type: ignore[arg-type]
        (job,) = jobs.of_athlete(db, athlete_id, NOW_MS)
        shares.append(job.share)

    monkeypatch.setattr(jobs._Work, "_tell", told)
    assert handed_in(db, athlete_id, zipped(tmp_path / "export.zip", long)).state == jobs.DONE
    assert shares == sorted(shares)
    assert len(set(shares)) > 10
    assert shares[0] < 0.1


def test_a_refused_file_says_why_and_leaves_nothing(db: Database, athlete_id: str, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing of the kind")
    refused = handed_in(db, athlete_id, tmp_path / "notes.txt")
    assert (refused.state, refused.result.refused) == (jobs.REFUSED, "UnknownFormat")
    assert "FIT, TCX, GPX" in refused.result.why
    assert imports.listed(db, athlete_id, 10) == []


def test_an_export_of_somebody_is_not_taken_in_by_a_page(
    db: Database, athlete_id: str, tmp_path: Path
) -> None:
    with (tmp_path / "all.zip").open("wb") as file:
        archive.export(db, athlete_id, file, NOW_MS)
    assert handed_in(db, athlete_id, tmp_path / "all.zip").result.refused == "OwnExport"


def test_what_is_cut_off_is_known_by_its_silence(db: Database, athlete_id: str, tmp_path: Path) -> None:
    ending = threading.Event()
    ending.set()
    cut = handed_in(db, athlete_id, zipped(tmp_path / "export.zip", HEALTH), ending)
    assert cut.state == jobs.READING
    assert jobs.get(db, athlete_id, cut.job_id, NOW_MS + jobs.SILENT_MS + 1).state == jobs.STOPPED
    assert imports.listed(db, athlete_id, 10) == []


def test_old_jobs_are_forgotten_and_nobody_sees_anothers(db: Database, athlete_id: str) -> None:
    for number in range(jobs.KEPT + 3):
        last = jobs.begin(db, athlete_id, "a.fit", 1, NOW_MS + number)
    assert len(jobs.of_athlete(db, athlete_id, NOW_MS)) == jobs.KEPT
    other = athletes.add(db, "Ben", NOW_MS).athlete_id
    with pytest.raises(NotFound):
        jobs.get(db, other, last.job_id, NOW_MS)
