"""The services there are, and in plain words what goes where."""

from __future__ import annotations

import msgspec

from repbeat.people import consent
from repbeat.services import connections, http
from repbeat.services.calendar import CALENDAR, CalendarFeed
from repbeat.services.errors import Again, Revoked, UnknownService
from repbeat.services.home_assistant import HOME_ASSISTANT, HomeAssistant
from repbeat.services.intervals import INTERVALS, Intervals
from repbeat.services.outbox import Adapter
from repbeat.services.strava import STRAVA, Strava
from repbeat.store import Database


class About(msgspec.Struct, frozen=True, kw_only=True):
    """A service as people are told of it.

    `offers`: kinds of data it may get: heart rate by a consent of its own, the others by connecting it.
    """

    service: str
    name: str
    goes: str
    comes: str
    offers: tuple[str, ...]


ABOUT = {
    about.service: about
    for about in (
        About(
            service=STRAVA,
            name="Strava",
            goes="Each finished session as a FIT file, named by your band's number: its time, its sets, and "
            "if you consent to it heart rate with the intervals between beats.",
            comes="Nothing.",
            offers=(consent.SESSIONS, consent.HEART),
        ),
        About(
            service=INTERVALS,
            name="intervals.icu",
            goes="Each morning's resting heart rate, heart rate variability (RMSSD) and sleep time.",
            comes="The workouts that are planned there for the next two weeks.",
            offers=(consent.HEART, consent.VALUES),
        ),
        About(
            service=CALENDAR,
            name="Calendar feed",
            goes="Whoever has the address can read when you trained, which exercises and how much, what is "
            "planned, lighter weeks, and when recovery is suggested.",
            comes="Nothing.",
            offers=(consent.SESSIONS, consent.PLANS),
        ),
        About(
            service=HOME_ASSISTANT,
            name="Home Assistant",
            goes="To your own MQTT broker: when you last trained and how long, and how ready you are; "
            "resting heart rate if you consent to it.",
            comes="Nothing.",
            offers=(consent.SESSIONS, consent.VALUES, consent.HEART),
        ),
    )
}


def about(service: str) -> About:
    """One service; UnknownService names those there are."""
    if service not in ABOUT:
        raise UnknownService(f"there is no service {service!r}; there are: {', '.join(ABOUT)}")
    return ABOUT[service]


class Services:
    """The adapters over one HTTP client. `homes`: other addresses of a service, by its name."""

    def __init__(self, homes: dict[str, str] | None = None) -> None:
        self._client = http.new_client()
        homes = homes or {}
        self.strava = Strava(self._client, **_home(homes, STRAVA))
        self.intervals = Intervals(self._client, **_home(homes, INTERVALS))
        self.home_assistant = HomeAssistant()
        self.calendar = CalendarFeed()
        self.adapters: dict[str, Adapter] = {
            one.service: one for one in (self.strava, self.intervals, self.home_assistant, self.calendar)
        }

    def disconnect(self, db: Database, athlete_id: str, service: str, now_ms: int) -> str:
        """Disconnect; what could not be taken back, in words, or ""."""
        left = ""
        if service == HOME_ASSISTANT:
            try:
                self.home_assistant.leave(db, connections.get(db, athlete_id, service))
            except (Again, Revoked) as error:
                left = f"The broker still holds the last state: {error}."
        connections.disconnect(db, athlete_id, service, now_ms)
        return left

    def close(self) -> None:
        """End the client's connections."""
        self._client.close()


def _home(homes: dict[str, str], service: str) -> dict[str, str]:
    return {"home": homes[service]} if service in homes else {}
