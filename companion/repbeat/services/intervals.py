"""intervals.icu: mornings go out as wellness, planned workouts come in.

API of intervals.icu/api-docs.html: basic authentication with the user API_KEY; wellness is put per day, so
putting it again changes nothing; events of the category WORKOUT are what is planned.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import msgspec

from repbeat.coach import recovery
from repbeat.people import consent
from repbeat.services import connections, http
from repbeat.services.connections import Connection
from repbeat.services.errors import Again, BadConnection, Refused, Revoked
from repbeat.services.outbox import Sent, Wanted
from repbeat.store import Database, athletes

INTERVALS = "intervals"
HOME = "https://intervals.icu"
USER = "API_KEY"
DAYS_OUT = 14  # a morning that comes late still goes out; older ones stay as they are
DAYS_IN = 14
LONGEST_TEXT = 2000


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A workout that somebody planned elsewhere."""

    athlete_id: str
    service: str
    remote: str
    day: str
    name: str
    description: str
    duration_s: int | None


class Intervals:
    """The adapter; `home` is the service's address."""

    service = INTERVALS
    needs: tuple[str, ...] = (consent.HEART, consent.VALUES)

    def __init__(self, client: httpx.Client, home: str = HOME) -> None:
        self._client = client
        self._home = home

    def check(self, remote_athlete: str, key: str) -> None:
        """Ask once with the key; BadConnection if the service does not know the athlete by it."""
        if not remote_athlete.isalnum():
            raise BadConnection("the athlete's id is letters and digits: it stands under Settings, Developer")
        try:
            http.ask(self._client, "intervals.icu", "GET", self._path(remote_athlete), auth=(USER, key))
        except (Refused, Revoked) as error:
            raise BadConnection("intervals.icu does not know this athlete id with this key") from error

    def wanted(self, db: Database, one: Connection, now_ms: int) -> Iterable[Wanted]:
        """The last mornings that were measured; what is planned is read on the way."""
        today = _today(db, one.athlete_id, now_ms)
        self._take_in(db, one, today)
        for ago in range(DAYS_OUT, -1, -1):
            day = today - timedelta(days=ago)
            content = wellness(db, one.athlete_id, day)
            if content:
                digest = hashlib.sha256(msgspec.json.encode(content)).hexdigest()[:16]
                yield Wanted(f"wellness/{day}", digest)

    def send(self, db: Database, one: Connection, wanted: Wanted, remote: str, now_ms: int) -> Sent:
        """Put one morning."""
        day = date.fromisoformat(wanted.item.partition("/")[2])
        content = wellness(db, one.athlete_id, day)
        self._ask(db, one, "PUT", f"/wellness/{day}", json={"id": day.isoformat(), **content})
        return Sent(day.isoformat())

    def _take_in(self, db: Database, one: Connection, today: date) -> None:
        answer = self._ask(
            db,
            one,
            "GET",
            "/events",
            params={
                "oldest": today.isoformat(),
                "newest": (today + timedelta(days=DAYS_IN)).isoformat(),
                "category": "WORKOUT",
            },
        )
        found = http.json_of(answer, "intervals.icu")
        if not isinstance(found, list):
            raise Again("intervals.icu answered no list of events")
        rows = [row for event in found if (row := _planned(one, event)) is not None]
        with db.atomic():
            db.run(
                "DELETE FROM planned_elsewhere WHERE athlete_id = :athlete_id AND service = :service",
                athlete_id=one.athlete_id,
                service=INTERVALS,
            )
            db.insert("planned_elsewhere", rows)

    def _ask(self, db: Database, one: Connection, method: str, path: str, **request: Any) -> httpx.Response:
        url = self._path(str(one.setting("athlete"))) + path
        key = str(connections.secret(db, one)["key"])
        return http.ask(self._client, "intervals.icu", method, url, auth=(USER, key), **request)

    def _path(self, remote_athlete: str) -> str:
        return f"{self._home}/api/v1/athlete/{remote_athlete}"


def wellness(db: Database, athlete_id: str, day: date) -> dict[str, Any]:
    """What a morning's record says, in the service's names and units; nothing that was not measured.

    Where several devices measured, the first by name with a value is taken: values are never mixed.
    """
    out: dict[str, Any] = {}
    for morning in recovery.mornings(db, athlete_id, day, 0):
        if morning.rmssd_ms is not None:
            out.setdefault("hrv", round(morning.rmssd_ms, 1))
        if morning.resting_bpm is not None:
            out.setdefault("restingHR", round(morning.resting_bpm))
        if morning.asleep_min is not None:
            out.setdefault("sleepSecs", round(morning.asleep_min * 60))
    return out


def planned(db: Database, athlete_id: str) -> list[Planned]:
    """What services plan for an athlete, by day."""
    return db.all(
        Planned,
        "SELECT * FROM planned_elsewhere WHERE athlete_id = :athlete_id ORDER BY day, service, remote",
        athlete_id=athlete_id,
    )


def _planned(one: Connection, event: Any) -> Planned | None:
    """One event as a row; None for what is no workout of a day."""
    if not isinstance(event, dict) or event.get("category") != "WORKOUT":
        return None
    try:
        day = date.fromisoformat(str(event["start_date_local"])[:10])
        remote = str(event["id"])
        seconds = event.get("moving_time")
        duration_s = int(seconds) if seconds is not None else None
    except (KeyError, ValueError, TypeError):
        return None
    return Planned(
        athlete_id=one.athlete_id,
        service=INTERVALS,
        remote=remote[:64],
        day=day.isoformat(),
        name=str(event.get("name") or "")[:200],
        description=str(event.get("description") or "")[:LONGEST_TEXT],
        duration_s=duration_s,
    )


def _today(db: Database, athlete_id: str, now_ms: int) -> date:
    offset = timedelta(minutes=athletes.get(db, athlete_id).utc_offset_min)
    return (datetime.fromtimestamp(now_ms / 1000, UTC) + offset).date()
