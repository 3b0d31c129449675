"""What somebody who means harm sends: refused, with nothing leaked, run, unpacked or kept."""

import gzip
import http.client
import io
import itertools
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from web.sample import DEVICE, LOG
from web.test_routes import Call, ask, athlete_id, calls  # noqa: F401  (fixtures)
from web.town import PASSWORD, Town

from repbeat.coach import notes, shelf
from repbeat.people import accounts, archive, consent, tokens
from repbeat.people.errors import ArchiveError
from repbeat.store import athletes, devices, plans, sessions, vault
from repbeat.web.background import served
from repbeat.web.guard import SECURITY_HEADERS
from repbeat.webhooks import book
from repbeat_tools.sample import NOW_MS

SCRIPT = "<script>alert(1)</script>"
IMAGE = "\"'><img src=x onerror=alert(1)>"
# Columns with words of people or devices, of whatever table; nobody writes ids, statuses and JSON by hand.
WRITTEN = {
    *("name", "label", "title", "note", "text", "words", "body", "statement", "reason", "why", "detail"),
    *("agent", "firmware", "address", "problem", "grantee", "actor", "action", "url"),
}
INJECTIONS = (
    "' OR '1'='1",
    "'; DROP TABLE athletes; --",
    '" OR ""="',
    "1 UNION SELECT password_hash FROM accounts",
)


def bearer(town: Town, *scopes: str) -> dict[str, str]:
    _, text = tokens.make(town.db, town.ann.account_id, "t", scopes or tokens.SCOPES, NOW_MS)
    return {"Authorization": f"Bearer {text}"}


@pytest.mark.parametrize("evil", INJECTIONS)
def test_sql_stays_a_value(town: Town, athlete_id: str, evil: str) -> None:  # noqa: F811
    client = town.client(town.people["athlete"])
    stranger = town.client(None)
    for name, password in ((evil, PASSWORD), ("Ann", evil), (f"Ann{evil}", evil)):
        assert stranger.post("/signin", data={"name": name, "password": password}).status_code in (401, 429)
    headers = bearer(town)
    before = {table: town.db.value(f"SELECT COUNT(*) FROM {table}") for table in town.db.tables()}  # noqa: S608
    asked = [
        stranger.get("/api/v1/sessions", query_string={"athlete_id": evil}, headers=headers),
        stranger.get("/api/v1/sessions", query_string={"after": evil}, headers=headers),
        stranger.get(f"/api/v1/athletes/{evil}", headers=headers),
        stranger.get(f"/api/v1/athletes/{athlete_id}/plans/{evil}", headers=headers),
        stranger.get(f"/api/v1/devices/{evil}", headers=headers),
        stranger.get("/api/v1/me", headers={"Authorization": f"Bearer repbeat_{evil}_x"}),
        client.get(f"/sessions/{evil}/{evil}/1"),
        client.get("/sessions", query_string={"page": evil}),
        client.get(f"/privacy/{evil}"),
    ]
    for answer in asked:
        assert answer.status_code < 500
        assert "Athlete A" not in answer.get_data(as_text=True)
        assert "argon2" not in answer.get_data(as_text=True)
    made = stranger.post(
        f"/api/v1/athletes/{athlete_id}/consents",
        json={"grantee_kind": "service", "grantee": evil, "scopes": ["live"]},
        headers=headers,
    )
    assert made.get_json()["items"][0]["grantee"] == evil  # a name like any other
    after = {table: town.db.value(f"SELECT COUNT(*) FROM {table}") for table in town.db.tables()}  # noqa: S608
    changed = {table for table in before if before[table] != after[table]}
    assert changed <= {"consents", "audit", "sign_in_failures"}


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/%2e%2e/app.py",
        "/static/....//app.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/..%5capp.py",
        "/static/style.css%00.png",
        "/../../../etc/passwd",
        "/sessions/..%2f..%2fetc%2fpasswd/0/1",
        "/api/v1/devices/..%2f..%2fetc%2fpasswd",
    ],
)
def test_paths_lead_nowhere_else(served_town: str, town: Town, path: str) -> None:
    """As bytes on the wire: no client tidies them up first."""
    there = urlsplit(served_town)
    wire = http.client.HTTPConnection(there.hostname or "", there.port, timeout=30)
    wire.putrequest("GET", path, skip_host=False)
    for name, value in bearer(town).items():
        wire.putheader(name, value)
    wire.endheaders()
    answer = wire.getresponse()
    body = answer.read()
    wire.close()
    assert answer.status in (308, 400, 401, 403, 404)  # 308: the same path with one slash
    assert b"create_app" not in body
    assert b"root:" not in body


@pytest.fixture
def served_town(town: Town) -> Iterator[str]:
    with served(town.app) as address:
        yield address


def test_no_text_field_is_run_by_a_page(town: Town, calls: list[Call], athlete_id: str) -> None:  # noqa: F811
    """Every text column of every table says something that a browser would run, and every page is drawn."""
    db, coach = town.db, town.people["coach"]
    webhook, _ = book.add(db, town.ann.account_id, "https://example.org/", list(book.EVENTS), NOW_MS)
    book.settle(db, book.ping(db, webhook, NOW_MS), None, "", NOW_MS)
    # What lies sealed is written as people write it.
    shelf.report_flag(db, athlete_id, "evil", SCRIPT, NOW_MS)
    shelf.report_flag(db, athlete_id, "cleared", IMAGE, NOW_MS)
    shelf.clear_flag(db, athlete_id, "cleared", SCRIPT, IMAGE, NOW_MS)
    notes.add(db, athlete_id, coach.account_id, SCRIPT + IMAGE, NOW_MS)
    current = plans.latest(db, athlete_id)
    assert current is not None
    why = {"rule": "held", "version": 1, "why": SCRIPT, "inputs": "{}"}
    change = {"item": 0, "exercise": 1, "field": "load_g", "old": 1, "new": 2, **why}
    key = {"athlete_id": athlete_id, "revision": current.revision, "number": 90}
    db.insert("plan_changes", vault.sealed_rows(db, "plan_changes", [key | change]))
    consent.give(db, athlete_id, "account", coach.account_id, list(consent.SCOPES), NOW_MS)
    columns = db.rows(
        """SELECT m.name AS in_table, c.name AS of FROM sqlite_master AS m, pragma_table_info(m.name) AS c
           WHERE m.type = 'table' AND c.type = 'TEXT' AND c.pk = 0"""
    )
    hit = set()
    for column in columns:
        table, of = column["in_table"], column["of"]
        if of in WRITTEN and _has_rowid(db, table):
            for row in db.rows(f"SELECT rowid AS r FROM {table}"):  # noqa: S608
                evil = f"{(SCRIPT, IMAGE)[row['r'] % 2]}{row['r']}"
                db.run(f"UPDATE {table} SET {of} = :evil WHERE rowid = :r", evil=evil, r=row["r"])  # noqa: S608
                hit.add(f"{table}.{of}")
    assert {"athletes.name", "devices.name", "plans.reason", "tokens.name"} <= hit
    assert {"webhooks.url", "webhook_deliveries.problem"} <= hit
    clients: list[FlaskClient] = [town.client(who) for who in (town.ann, coach)]
    drawn = shown = 0
    for call, client in itertools.product(calls, clients):
        if call.method == "GET" and not call.path.startswith("/static"):
            with client.get(call.path) as answer:
                if answer.mimetype != "text/html":
                    continue
                page = answer.get_data(as_text=True)
                drawn += answer.status_code == 200
                shown += "&lt;script&gt;alert" in page
                assert "<script>alert" not in page, call.path
                assert "<img src=x" not in page, call.path
    assert drawn > 5
    assert shown > 5  # or nothing was there to be run


def _has_rowid(db: object, table: str) -> bool:
    try:
        db.rows(f"SELECT rowid FROM {table} LIMIT 1")  # type: ignore[attr-defined]  # noqa: S608
    except sqlite3.OperationalError:
        return False  # WITHOUT ROWID: derived tables, and none that a person writes
    return True


def test_json_is_never_read_as_a_page(town: Town) -> None:
    town.db.run("UPDATE athletes SET name = :evil WHERE name = 'Athlete A'", evil=SCRIPT)
    answer = town.client(None).get("/api/v1/athletes", headers=bearer(town))
    assert answer.mimetype == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_what_is_too_large_is_refused(served_town: str, town: Town, athlete_id: str) -> None:  # noqa: F811
    there = urlsplit(served_town)
    path = f"/api/v1/athletes/{athlete_id}/consents"
    headers = {**bearer(town), "Content-Type": "application/json"}
    huge = b" " * (2 << 20)
    for body, chunked in ((huge, False), (iter([huge]), True)):
        wire = http.client.HTTPConnection(there.hostname or "", there.port, timeout=60)
        status = 413
        try:
            wire.request("POST", path, body=body, headers=headers, encode_chunked=chunked)
            status = wire.getresponse().status
        except (BrokenPipeError, ConnectionResetError):
            pass  # the server hung up on it
        finally:
            wire.close()
        assert status in (400, 413), chunked


def test_a_bomb_is_not_unpacked(town: Town, athlete_id: str) -> None:  # noqa: F811
    client, headers = town.client(None), {**bearer(town), "Content-Type": "application/json"}
    bomb = gzip.compress(b" " * (64 << 20))
    answer = client.post(
        f"/api/v1/athletes/{athlete_id}/consents",
        data=bomb,
        headers={**headers, "Content-Encoding": "gzip"},
    )
    assert answer.status_code == 400
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as whole:
        whole.writestr("schema.json", b" " * (256 << 20))
    with pytest.raises(ArchiveError, match="not taken in"):
        archive.restore(town.db, packed)


def test_a_name_in_an_export_is_no_path(town: Town, athlete_id: str, tmp_path: Path) -> None:  # noqa: F811
    packed = io.BytesIO()
    archive.export(town.db, athlete_id, packed, NOW_MS)
    with zipfile.ZipFile(packed, "a") as whole:
        whole.writestr("records/../../../evil-00000000-0.jsonl", b"")
        whole.writestr("../evil.txt", b"x")
    archive.restore(town.db, packed)
    assert list(tmp_path.parent.rglob("*evil*")) == []
    assert [one for one in devices.every(town.db) if "evil" in one.device_id] == []


def test_every_change_needs_its_form_token(town: Town, calls: list[Call]) -> None:  # noqa: F811
    town.app.config["WTF_CSRF_ENABLED"] = True
    client = town.client(town.ann)
    changing = [call for call in calls if call.method != "GET"]
    assert len(changing) > 20
    for call in changing:
        data = {"json": {}} if call.path.startswith("/api/") else {"data": {"name": "x"}}
        answer = client.open(call.path, method=call.method, **data)
        assert answer.status_code == 400, call
    assert athletes.every(town.db)
    assert sessions.find(town.db, sessions.Key(DEVICE, LOG, 2)) is not None
    assert accounts.find(town.db, "Ann") is not None


def test_every_answer_of_every_route_has_the_headers(town: Town, calls: list[Call]) -> None:  # noqa: F811
    for who in ("nobody", "athlete"):
        for call in calls:
            with ask(town, call, who, by_token=False) as answer:
                missing = [name for name in SECURITY_HEADERS if name not in answer.headers]
                assert missing == [], call
