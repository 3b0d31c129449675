"""Both engines for the tests: SQLite in the test's folder, and a real PostgreSQL for the whole run."""

import contextlib
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from free_port import free_port

from repbeat.store import Database

HOW_TO_HAVE_IT = "needs PostgreSQL's server programs: `apt-get install postgresql` (Debian) brings them"
# A test's server may forget everything at a power cut.
FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=60"

_numbers = itertools.count()


def programs() -> Path | None:
    """The folder of initdb and pg_ctl, newest version first."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


@contextlib.contextmanager
def running() -> Iterator[str]:
    """A fresh server on a free loopback port; gives the address of its databases without a name."""
    bin_folder = programs()
    assert bin_folder is not None
    # The server refuses to run as root.
    owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    as_owner = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
    folder = Path(tempfile.mkdtemp(prefix="repbeat-pg-"))
    if owner:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    port = free_port()

    def call(*command: str) -> None:
        subprocess.run(
            command,
            check=True,
            timeout=60,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            env={"LC_ALL": "C"},
            **as_owner,
        )

    data = str(folder / "data")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} {FAST}"
    try:
        call(
            str(bin_folder / "initdb"), "-D", data, "-U", "repbeat", "-A", "trust", "-E", "UTF8", "--no-sync"
        )
        pg_ctl = str(bin_folder / "pg_ctl")
        call(pg_ctl, "start", "-w", "-D", data, "-l", str(folder / "log"), "-o", options)
        try:
            yield f"postgresql://repbeat@127.0.0.1:{port}"
        finally:
            call(pg_ctl, "stop", "-m", "immediate", "-D", data)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a running server; skips where there is none to run, but never in CI."""
    if programs() is None:
        if os.environ.get("CI"):
            pytest.fail(HOW_TO_HAVE_IT)
        pytest.skip(HOW_TO_HAVE_IT)
    with running() as url:
        yield url


@pytest.fixture(scope="session")
def postgresql_born(postgresql_server: str) -> str:
    """The name of a database that is migrated and holds nothing: what a test's own begins as."""
    with psycopg.connect(f"{postgresql_server}/postgres", autocommit=True) as admin:
        admin.execute("CREATE DATABASE born")
    with Database(f"{postgresql_server}/born"):
        return "born"


@pytest.fixture
def postgresql_url(
    postgresql_server: str, postgresql_born: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """A fresh database of the server, its key in the test's folder and not in the person's own."""
    monkeypatch.setenv("REPBEAT_KEY_FILE", str(tmp_path / "heart.key"))
    name = f"test_{next(_numbers)}"
    with psycopg.connect(f"{postgresql_server}/postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {postgresql_born}")
        yield f"{postgresql_server}/{name}"
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a fresh database is, once on each engine."""
    if request.param == "sqlite":
        return tmp_path / "repbeat.sqlite3"
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture
def either(location: Path | str) -> Iterator[Database]:
    """An empty store, once on each engine."""
    with Database(location) as database:
        yield database
