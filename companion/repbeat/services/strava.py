"""Strava: each finished session as a FIT file, once.

Upload API v3 (developers.strava.com/docs/uploads): the file goes up with our own `external_id`, Strava works
on it, and is asked until it names the activity. "duplicate of" in its answer says that it has the session.
Tokens live six hours and are renewed by a refresh token that changes with each use.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

import httpx
from msgspec.structs import replace

from repbeat.interop import fit_write, stored
from repbeat.interop.errors import ExportRefused
from repbeat.people import consent
from repbeat.services import connections, http
from repbeat.services.connections import Connection
from repbeat.services.errors import Again, BadConnection, Refused, Revoked
from repbeat.services.outbox import Sent, Wanted
from repbeat.services.shared import found_session, item_of, sessions_since
from repbeat.store import Database

STRAVA = "strava"
HOME = "https://www.strava.com"
SCOPE = "activity:write"
POLL_S = 2.0  # one second or more is asked for; the mean work takes eight
SPARE_S = 300.0  # a token that ends so soon is renewed first


class Strava:
    """The adapter; `home` is Strava's address."""

    service = STRAVA
    needs: tuple[str, ...] = (consent.SESSIONS,)

    def __init__(self, client: httpx.Client, home: str = HOME) -> None:
        self._client = client
        self._home = home

    def authorise_url(self, client_id: str, redirect: str, state: str) -> str:
        """Where the athlete says yes; Strava then opens `redirect` with a code."""
        query = {
            "client_id": client_id,
            "redirect_uri": redirect,
            "response_type": "code",
            "approval_prompt": "auto",
            "scope": SCOPE,
            "state": state,
        }
        return f"{self._home}/oauth/authorize?{urlencode(query)}"

    def tokens(self, client_id: str, client_secret: str, code: str) -> dict[str, Any]:
        """The secret of a connection for the code that Strava gave; BadConnection for a wrong one."""
        try:
            return self._token(client_id, client_secret, {"grant_type": "authorization_code", "code": code})
        except (Refused, Revoked) as error:
            raise BadConnection(
                "Strava does not take this code, client id or client secret: begin again"
            ) from error

    def wanted(self, db: Database, one: Connection, now_ms: int) -> Iterable[Wanted]:
        """The athlete's finished sessions since the moment they chose."""
        return [Wanted(item_of(session)) for session in sessions_since(db, one, now_ms)]

    def send(self, db: Database, one: Connection, wanted: Wanted, remote: str, now_ms: int) -> Sent:
        """Upload a session, or ask what became of its upload (`remote`)."""
        headers = {"Authorization": f"Bearer {self._access(db, one, now_ms)}"}
        if remote:
            answer = self._ask("GET", f"/api/v3/uploads/{remote}", headers=headers)
        else:
            session = found_session(db, wanted.item)
            try:
                activity = stored.activity_of(db, session)
            except ExportRefused as error:
                raise Refused(str(error)) from error
            if not consent.service_may(db, one.athlete_id, STRAVA, consent.HEART, now_ms, wanted.item):
                activity = replace(activity, heart=[], rr_ms=[])
            name = wanted.item.replace("/", "-")
            answer = self._ask(
                "POST",
                "/api/v3/uploads",
                headers=headers,
                data={"data_type": "fit", "external_id": f"repbeat-{name}", "name": "RepBeat"},
                files={"file": (f"{name}.fit", fit_write.write(activity), "application/octet-stream")},
            )
        return _outcome(http.json_of(answer, "Strava"))

    def _ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        return http.ask(self._client, "Strava", method, self._home + path, **request)

    def _access(self, db: Database, one: Connection, now_ms: int) -> str:
        """A token that is good for a while yet; the renewed one is kept before it is used."""
        secret = connections.secret(db, one)
        if secret["expires_s"] - SPARE_S <= now_ms / 1000:
            grant = {"grant_type": "refresh_token", "refresh_token": secret["refresh_token"]}
            try:
                secret = self._token(str(one.setting("client_id")), secret["client_secret"], grant)
            except Refused as error:  # 400: the athlete took the permission back, or removed the application
                raise Revoked("Strava renews the permission no more: connect it again") from error
            connections.keep_secret(db, one, secret)
        return str(secret["access_token"])

    def _token(self, client_id: str, client_secret: str, grant: dict[str, str]) -> dict[str, Any]:
        answer = self._ask(
            "POST", "/oauth/token", data={"client_id": client_id, "client_secret": client_secret, **grant}
        )
        found = http.json_of(answer, "Strava")
        try:
            return {
                "client_secret": client_secret,
                "access_token": str(found["access_token"]),
                "refresh_token": str(found["refresh_token"]),
                "expires_s": int(found["expires_at"]),
            }
        except (KeyError, TypeError, ValueError) as error:
            raise Again("Strava's answer holds no tokens") from error


def _outcome(answer: Any) -> Sent:
    """An upload's state as Strava tells it."""
    if not isinstance(answer, dict):
        raise Again("Strava's answer is no upload")
    problem = str(answer.get("error") or "")
    if "duplicate of" in problem:
        return Sent("duplicate")
    if problem:
        raise Refused(f"Strava could not read the session: {problem}")
    if answer.get("activity_id"):
        return Sent(str(answer["activity_id"]))
    upload = str(answer.get("id_str") or answer.get("id") or "")
    if not upload.isdigit():
        raise Again("Strava's answer names no upload")
    return Sent(upload, done=False, again_s=POLL_S)
