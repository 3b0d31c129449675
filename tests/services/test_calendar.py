"""The calendar feed: what a calendar program reads in it."""

from datetime import date, timedelta

from icalendar import Calendar
from services.conftest import World

from repbeat.coach import shelf
from repbeat.coach.planner import plan_session
from repbeat.coach.programmes import library
from repbeat.coach.situation import Deload, Line, Situation
from repbeat.ingest.days import day_of
from repbeat.people import consent
from repbeat.services import calendar, connections
from repbeat_protocol import exercises

TODAY = date(2026, 11, 25)


def summaries(content: bytes) -> list[str]:
    return [str(event["summary"]) for event in Calendar.from_ical(content).walk("VEVENT")]


def test_sessions_and_planned_days_are_in_it(world: World) -> None:
    one = calendar.connect(world.db, world.athlete_id, world.now_ms)
    assert summaries(calendar.feed(world.db, one, world.now_ms)) == ["Training: squat"]
    slug, programme = sorted(library().items())[0]
    assert slug
    from importlib.resources import files

    text = (files("repbeat.coach.programmes") / f"{slug}.json").read_text()
    shelf.enrol(world.db, world.athlete_id, text, {}, world.now_ms)
    found = summaries(calendar.feed(world.db, one, world.now_ms))
    planned = [text for text in found if text.startswith("Planned: ")]
    assert len(planned) == 4 * programme.sessions_a_week()
    assert {text.removeprefix("Planned: ") for text in planned} <= {day.name for day in programme.days}


def test_an_entry_is_the_same_one_when_read_again(world: World) -> None:
    one = calendar.connect(world.db, world.athlete_id, world.now_ms)

    def uids(now_ms: int) -> list[str]:
        content = calendar.feed(world.db, one, now_ms)
        return [str(event["uid"]) for event in Calendar.from_ical(content).walk("VEVENT")]

    assert uids(world.now_ms) == uids(world.now_ms + 3_600_000) != []


def test_what_is_not_consented_to_is_not_in_it(world: World) -> None:
    one = calendar.connect(world.db, world.athlete_id, world.now_ms)
    consent.set_level(world.db, world.athlete_id, consent.SESSIONS, consent.ONLY_ME)
    assert summaries(calendar.feed(world.db, one, world.now_ms)) == []


def test_only_the_newest_address_works(world: World) -> None:
    first = connections.secret(world.db, calendar.connect(world.db, world.athlete_id, world.now_ms))["key"]
    second = connections.secret(world.db, calendar.connect(world.db, world.athlete_id, world.now_ms))["key"]
    assert connections.found_by(world.db, "calendar", first) is None
    assert connections.found_by(world.db, "calendar", second) is not None
    assert connections.found_by(world.db, "calendar", "") is None


def days(*loads: tuple[int, float]) -> dict[date, float]:
    return {TODAY - timedelta(days=ago): load for ago, load in loads}


def test_recovery_is_suggested_after_a_day_of_high_load() -> None:
    usual = [(3, 50.0), (6, 60.0), (9, 40.0)]
    assert calendar.recovery_day(days(*usual, (0, 80.0)), frozenset(), TODAY) == TODAY + timedelta(days=1)
    assert calendar.recovery_day(days(*usual, (1, 80.0)), frozenset(), TODAY) == TODAY
    assert calendar.recovery_day(days(*usual, (0, 60.0)), frozenset(), TODAY) is None
    assert (
        calendar.recovery_day(days((3, 50.0), (0, 90.0)), frozenset(), TODAY) is None
    )  # nothing is usual yet
    planned = frozenset({TODAY + timedelta(days=1)})
    assert calendar.recovery_day(days(*usual, (0, 80.0)), planned, TODAY) == TODAY + timedelta(days=2)


def test_a_lighter_week_is_in_it(world: World) -> None:
    one = calendar.connect(world.db, world.athlete_id, world.now_ms)
    day = day_of(world.now_ms, 0)
    line = Line(exercise=exercises.code("squat"), sets=3, reps_low=8, reps_high=10, load_g=60_000)
    situation = Situation(day=day, base=(line,), deload=Deload(weeks_since=1, running=True))
    shelf.keep_proposal(
        world.db, world.athlete_id, situation, plan_session(situation), world.now_ms, revision=2
    )
    events = Calendar.from_ical(calendar.feed(world.db, one, world.now_ms)).walk("VEVENT")
    (week,) = [event for event in events if event["summary"] == "Lighter week"]
    assert (week["dtstart"].dt, week["dtend"].dt) == (day, day + timedelta(days=7))
