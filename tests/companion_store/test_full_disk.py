"""A disk that is really full in the middle of a sync: said clearly, and nothing acknowledged is lost."""

import os
import pwd
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from ingest import made

from repbeat.ingest import ingest
from repbeat.store import Database, StoreFull, records
from repbeat_protocol import records as wire

WINDOW = 32  # records a commit
UNKNOWN = 99  # a type that is kept as it came


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of 8 MB of its own."""
    folder = Path(tempfile.mkdtemp(prefix="repbeat-disk-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m,mode=0777", "tmpfs", str(folder)], capture_output=True
    )
    if mounted.returncode:
        folder.rmdir()
        pytest.skip("needs the right to mount a small file system")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)
    folder.rmdir()


@pytest.fixture(params=["sqlite", "postgresql"])
def on_small_disk(
    request: pytest.FixtureRequest, small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path | str]:
    """Where a database is whose tables lie on that disk, once on each engine."""
    monkeypatch.setenv("REPBEAT_KEY_FILE", str(tmp_path / "key"))
    if request.param == "sqlite":
        yield small_disk / "repbeat.sqlite3"
        return
    server = request.getfixturevalue("postgresql_server")
    space = small_disk / "space"
    space.mkdir()
    if os.geteuid() == 0:  # the server runs as another user
        owner = pwd.getpwnam("postgres")
        os.chown(space, owner.pw_uid, owner.pw_gid)
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f"CREATE TABLESPACE small LOCATION '{space}'")
        admin.execute("CREATE DATABASE on_small_disk")
        admin.execute("ALTER DATABASE on_small_disk SET default_tablespace = small")
        yield f"{server}/on_small_disk"
        admin.execute("DROP DATABASE on_small_disk WITH (FORCE)")
        admin.execute("DROP TABLESPACE small")


def log_of(count: int) -> list[tuple[int, bytes]]:
    """Records of noise, which no deflating makes smaller."""
    return [(seq, wire.encode(seq, UNKNOWN, 1, 1, seq, os.urandom(wire.MAX_PAYLOAD))) for seq in range(count)]


def bring(db: Database, log: list[tuple[int, bytes]], cursors: list[int]) -> None:
    """From the last cursor on, as the hub does; each acknowledgement is noted."""
    while cursors[-1] < len(log):
        batch = log[cursors[-1] : cursors[-1] + WINDOW]
        cursors.append(ingest(db, made.DEVICE, made.LOG, batch, made.NOW_MS).next_seq)


def test_nothing_acknowledged_is_lost_and_it_goes_on_with_room(
    on_small_disk: Path | str, small_disk: Path
) -> None:
    ballast = small_disk / "ballast"
    log = log_of(3000)
    with Database(on_small_disk) as db:
        ballast.write_bytes(bytes(_free(small_disk) - 400_000))
        cursors = [0]
        with pytest.raises(StoreFull, match=r"free some .*space"):
            bring(db, log, cursors)
        acknowledged = cursors[-1]
        assert 0 < acknowledged < len(log)
        assert records.cursor(db, made.DEVICE, made.LOG) == acknowledged
        assert records.present(db, made.DEVICE, made.LOG, 0, len(log)) == dict(log[:acknowledged])
        ballast.unlink()
        bring(db, log, cursors)
        assert records.present(db, made.DEVICE, made.LOG, 0, len(log)) == dict(log)
        assert db.engine.problems(db.connection()) == []


def _free(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
