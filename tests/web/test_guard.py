"""First start, signing in, forms of this site alone, headers, limits, and what an open companion refuses."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from web.town import CODE, PASSWORD, Town

from repbeat.people import signin
from repbeat.store import Database
from repbeat.web import background
from repbeat.web.access import Accounts, Open, is_local, is_loopback, is_loopback_host
from repbeat.web.app import create_app
from repbeat.web.guard import local_path
from repbeat.web.limits import Buckets, Limits


@pytest.fixture(autouse=True)
def own_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPBEAT_KEY_FILE", str(tmp_path / "key"))


def form(client: FlaskClient, page: str, action: str, **fields: str):  # type: ignore[no-untyped-def]
    """Send a form with the token that its page has."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).get_data(as_text=True))
    return client.post(action, data={**fields, "csrf_token": token[1] if token else ""})


@pytest.fixture
def fresh(trained: Database) -> FlaskClient:
    return create_app(trained, access=Accounts(CODE)).test_client()


def test_the_first_start_asks_for_the_code_and_gives_the_first_account_what_is_there(
    fresh: FlaskClient, trained: Database
) -> None:
    assert fresh.get("/").location == "/setup"
    wrong = form(fresh, "/setup", "/setup", code="AAAA-AAAA", name="Ann", password=PASSWORD)
    assert wrong.status_code == 422
    assert "repbeat serve" in wrong.get_data(as_text=True)
    assert fresh.get("/").status_code == 302
    done = form(fresh, "/setup", "/setup", code=CODE.lower(), name="Ann", password=PASSWORD)
    assert done.location == "/"
    assert "Athlete A" in fresh.get("/").get_data(as_text=True)
    again = create_app(trained, access=Accounts(CODE)).test_client()
    assert again.get("/").location.startswith("/signin")
    assert form(again, "/signin", "/setup", code=CODE, name="Eve", password=PASSWORD).status_code == 422


def test_without_a_code_nobody_sets_it_up(trained: Database) -> None:
    client = create_app(trained, access=Accounts(None)).test_client()
    assert form(client, "/setup", "/setup", code="", name="Eve", password=PASSWORD).status_code == 422


def test_the_code_cannot_be_guessed(fresh: FlaskClient) -> None:
    answers = [
        form(fresh, "/setup", "/setup", code=f"A{n}", name="Eve", password=PASSWORD).status_code
        for n in range(signin.FREE_ADDRESS + 1)
    ]
    assert answers[-1] == 429


def test_signing_in_goes_on_to_where_one_was_going(town: Town) -> None:
    client = town.client(None)
    assert client.get("/sessions?page=2").location == "/signin?to=/sessions?page%3D2"
    answer = client.post("/signin", data={"name": "ann", "password": PASSWORD, "to": "/sessions?page=2"})
    assert answer.location == "/sessions?page=2"
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    assert client.get("/account").status_code == 200
    assert client.post("/signout").status_code == 302
    assert client.get("/account").status_code == 302
    wrong = client.post("/signin", data={"name": "Ann", "password": "wrong"})
    assert wrong.status_code == 401


def test_a_cookie_taken_before_signing_out_is_worth_nothing_after(town: Town) -> None:
    client, thief = town.client(None), town.client(None)
    client.post("/signin", data={"name": "Ann", "password": PASSWORD})
    stolen = client.get_cookie("repbeat")
    assert stolen is not None
    thief.set_cookie("repbeat", stolen.value)
    assert thief.get("/account").status_code == 200
    client.post("/signout")
    assert thief.get("/account").status_code == 302


def test_cookies_are_secure_behind_https(trained: Database) -> None:
    app = create_app(trained, access=Accounts(CODE), trusted_proxies=1)
    answer = app.test_client().get("/setup", headers={"X-Forwarded-Proto": "https"})
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age" in answer.headers["Strict-Transport-Security"]


@pytest.mark.parametrize("path", ["/signin", "/setup", "/account/tokens", "/privacy/x/erase", "/people"])
def test_a_form_of_another_site_is_refused(town: Town, path: str) -> None:
    town.app.config["WTF_CSRF_ENABLED"] = True
    client = town.client(town.ann)
    answer = client.post(path, data={"name": "x"})
    assert answer.status_code == 400
    assert "reload it" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "to", ["https://evil.example", "//evil.example", "/\\evil", "\\\\evil", "javascript:1"]
)
def test_signing_in_never_leads_to_another_site(to: str) -> None:
    assert local_path(to) is None


def test_an_open_companion_is_open_to_this_computer_alone(trained: Database) -> None:
    client = create_app(trained, access=Open("test")).test_client()
    assert client.get("/").status_code == 200
    assert client.get("/", environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 403
    for host in ("evil.example", "192.168.1.5:8040", "localhost.evil.example"):
        assert client.get("/", headers={"Host": host}).status_code == 403
    assert is_loopback_host("[::1]:8040")
    app = create_app(trained, access=Open("test"))
    with pytest.raises(background.OpenToTheNetwork), background.served(app, host="0.0.0.0"):  # noqa: S104
        pass


def test_the_policy_allows_nothing_inline(town: Town) -> None:
    client = town.client(town.ann)
    for path in ("/", "/account", "/devices", "/signin", "/nowhere"):
        answer = client.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        page = answer.get_data(as_text=True)
        assert not re.search(r"<script(?![^>]*(src=|application/json))|\son\w+=|style=", page), path


def test_too_many_requests_are_told_when_to_come_again(trained: Database) -> None:
    app = create_app(trained, access=Open("test"), limits=Limits(burst=3, requests_a_minute=60))
    answers = [app.test_client().get("/healthz") for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert answers[-1].headers["Retry-After"] == "1"


def test_a_bucket_fills_again() -> None:
    now = [0.0]
    buckets = Buckets(Limits(burst=1, requests_a_minute=60), lambda: now[0])
    assert buckets.wait_s("a") == 0
    assert buckets.wait_s("a") == pytest.approx(1)
    assert buckets.wait_s("b") == 0
    now[0] = 1.0
    assert buckets.wait_s("a") == 0


def test_tokens_are_made_shown_once_and_taken_away(town: Town) -> None:
    client = town.client(town.ann)
    page = client.post("/account/tokens", data={"name": "sheet", "scope": ["read"]}).get_data(as_text=True)
    found = re.search(r"repbeat_[0-9a-f]{16}_[\w-]+", page)
    assert found is not None
    assert found[0] not in client.get("/account").get_data(as_text=True)
    bearer = {"Authorization": f"Bearer {found[0]}"}
    assert town.client(None).get("/live.json", headers=bearer).status_code == 403  # not its scope
    (token_id,) = re.findall(r"/account/tokens/(\w+)/revoke", client.get("/account").get_data(as_text=True))
    client.post(f"/account/tokens/{token_id}/revoke")
    assert town.client(None).get("/live.json", headers=bearer).status_code == 401


def test_a_new_password_needs_the_old_one(town: Town) -> None:
    client, other = town.client(town.ann), town.client(town.ann)
    client.post("/account/password", data={"old": "wrong", "new": "a quite different one"})
    assert other.get("/account").status_code == 200
    client.post("/account/password", data={"old": PASSWORD, "new": "a quite different one"})
    assert client.get("/account").status_code == 200
    assert other.get("/account").status_code == 302


def test_an_address_of_the_internet_is_near_in_no_spelling() -> None:
    assert all(is_local(one) for one in ("192.168.1.7", "::ffff:192.168.1.7", "fd00::7", "fe80::1%eth0"))
    assert not any(
        is_local(one) for one in ("93.184.215.14", "::ffff:93.184.215.14", "2606:4700::1", "", None)
    )
    assert is_loopback("::ffff:127.0.0.1")
    assert not is_loopback("::ffff:192.168.1.7")
