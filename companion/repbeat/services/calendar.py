"""A calendar feed at an address only its owner knows: what was trained, what is due, and a day to recover.

iCalendar (RFC 5545) by the icalendar library; days are the athlete's own. A feed has no time zone of its own:
moments are UTC, and a calendar shows them where its reader is.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, Event

from repbeat.coach import shelf
from repbeat.coach.session_rules import Kind
from repbeat.ingest import days
from repbeat.people import consent
from repbeat.services import connections
from repbeat.services.connections import Connection
from repbeat.services.outbox import Sent, Wanted
from repbeat.services.shared import item_of, sessions_since
from repbeat.store import Database, athletes, sessions
from repbeat.store.sessions import Key, Session
from repbeat_protocol import exercises

CALENDAR = "calendar"
DAYS_BACK, DAYS_AHEAD = 90, 28
HIGH_LOAD = 1.5  # a day of so many times the usual load asks for recovery; ours
USUAL_DAYS = 28
RECOVERY_MIN = 30
RECOVERY_HOUR = 18  # of the athlete's day: after work; ours


class CalendarFeed:
    """The adapter: nothing is sent, the calendar comes and reads."""

    service = CALENDAR
    needs: tuple[str, ...] = (consent.SESSIONS,)

    def wanted(self, db: Database, one: Connection, now_ms: int) -> Iterable[Wanted]:
        """Nothing."""
        return ()

    def send(self, db: Database, one: Connection, wanted: Wanted, remote: str, now_ms: int) -> Sent:
        """Never asked for."""
        raise AssertionError("a feed sends nothing")


def connect(db: Database, athlete_id: str, now_ms: int) -> Connection:
    """A new address; an older one is no address any more."""
    key = secrets.token_urlsafe(24)
    scopes = (consent.SESSIONS, consent.PLANS)
    return connections.connect(
        db, athlete_id, CALENDAR, scopes, {"from_ms": 0}, {"key": key}, now_ms, lookup=key
    )


def feed(db: Database, one: Connection, now_ms: int) -> bytes:
    """The calendar as it stands."""
    athlete = athletes.get(db, one.athlete_id)
    offset = timedelta(minutes=athlete.utc_offset_min)
    today = (datetime.fromtimestamp(now_ms / 1000, UTC) + offset).date()
    out = Calendar()
    out.add("prodid", "-//RepBeat//training//EN")
    out.add("version", "2.0")
    out.add("method", "PUBLISH")
    out.add("x-wr-calname", "Training")
    out.add("refresh-interval;value=duration", "PT1H")
    stamp = datetime.fromtimestamp(now_ms / 1000, UTC)
    oldest_ms = now_ms - DAYS_BACK * 86_400_000
    for session in sessions_since(db, one, now_ms):
        if (session.start_ms or 0) >= oldest_ms:
            out.add_component(_done(db, session, stamp))
    if consent.service_may(db, one.athlete_id, CALENDAR, consent.PLANS, now_ms):
        for event in _planned(db, one.athlete_id, today, stamp):
            out.add_component(event)
    slot = recovery_day(days.loads(db, one.athlete_id), planned_days(db, one.athlete_id, today), today)
    if slot is not None:
        out.add_component(_recovery(slot, offset, stamp))
    content: bytes = out.to_ical()
    return content


def planned_days(db: Database, athlete_id: str, today: date) -> frozenset[date]:
    """The training days that the athlete's programme has in the weeks to come, today among them."""
    enrolled = shelf.enrolment(db, athlete_id)
    if enrolled is None:
        return frozenset()
    week = enrolled.content().week
    ahead = (today + timedelta(days=step) for step in range(DAYS_AHEAD))
    return frozenset(day for day in ahead if week[day.weekday()])


def recovery_day(loads: dict[date, float], planned: frozenset[date], today: date) -> date | None:
    """The first day without planned training after a day of high load, yesterday's or today's; else None.

    High is HIGH_LOAD times the mean training day of the weeks before; with fewer than three of those nothing
    is usual yet.
    """
    for hard in (today, today - timedelta(days=1)):
        before = [load for day, load in loads.items() if load > 0 and 0 < (hard - day).days <= USUAL_DAYS]
        if len(before) >= 3 and loads.get(hard, 0.0) >= HIGH_LOAD * sum(before) / len(before):
            after = (max(hard + timedelta(days=1), today) + timedelta(days=step) for step in range(7))
            return next((day for day in after if day not in planned), None)
    return None


def _done(db: Database, session: Session, stamp: datetime) -> Event:
    sets = sessions.sets(db, Key(session.device_id, session.log_id, session.session_seq))
    names = dict.fromkeys(exercises.slug(row.exercise).replace("_", " ") for row in sets if row.exercise)
    event = _event(
        f"{item_of(session)}@repbeat", stamp, "Training" + (f": {', '.join(names)}" if names else "")
    )
    begin = datetime.fromtimestamp((session.start_ms or 0) / 1000, UTC)
    event.add("dtstart", begin)
    event.add("dtend", begin + timedelta(seconds=session.duration_s or 0))
    event.add("description", f"{len(sets)} sets, {sum(row.reps for row in sets)} repetitions")
    return event


def _planned(db: Database, athlete_id: str, today: date, stamp: datetime) -> Iterable[Event]:
    enrolled = shelf.enrolment(db, athlete_id)
    if enrolled is not None:
        programme = enrolled.content()
        for day in sorted(planned_days(db, athlete_id, today)):
            number = programme.week[day.weekday()]
            event = _event(f"plan-{day}@repbeat", stamp, f"Planned: {programme.days[number - 1].name}")
            yield _all_day(event, day, day + timedelta(days=1))
    for kept in shelf.proposals(db, athlete_id):  # without a programme, too
        if kept.revision is not None and kept.decided().kind is Kind.DELOAD:
            begin = date.fromisoformat(kept.day)
            if (today - begin).days <= DAYS_BACK:
                event = _event(f"deload-{kept.proposal_id}@repbeat", stamp, "Lighter week")
                yield _all_day(event, begin, begin + timedelta(days=7))


def _recovery(day: date, offset: timedelta, stamp: datetime) -> Event:
    event = _event(f"recovery-{day}@repbeat", stamp, "Time to recover (a suggestion)")
    begin = datetime(day.year, day.month, day.day, RECOVERY_HOUR, tzinfo=UTC) - offset
    event.add("dtstart", begin)
    event.add("dtend", begin + timedelta(minutes=RECOVERY_MIN))
    event.add("description", "The day before was harder than usual.")
    return event


def _event(uid: str, stamp: datetime, summary: str) -> Event:
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", stamp)
    event.add("summary", summary)
    return event


def _all_day(event: Event, first: date, after: date) -> Event:
    event.add("dtstart", first)
    event.add("dtend", after)
    event.add("transp", "TRANSPARENT")
    return event
