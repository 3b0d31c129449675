"""Streaks and badges: computed afresh they are always the same, whatever came late, twice or not at all."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repbeat.community import badges, streaks
from repbeat.community.badges import Badge, Done, History, Rule
from repbeat.community.records import Lift, records
from repbeat.community.streaks import Schedule
from repbeat.ingest.days import day_of

MONDAY = date(2026, 9, 7)
DAY = timedelta(days=1)


def planned(weeks: int, weekdays: tuple[int, ...] = (0, 2, 4), start: date = MONDAY) -> frozenset[date]:
    return frozenset(start + timedelta(weeks=w, days=d) for w in range(weeks) for d in weekdays)


def test_planned_rest_breaks_nothing_and_sessions_may_move_within_the_week() -> None:
    # Row 45.
    days = planned(4)
    moved = {day + DAY if day.weekday() == 2 else day for day in days}
    found = streaks.streak(Schedule(days), moved, MONDAY + timedelta(weeks=4))
    assert (found.weeks, found.best_weeks, found.consistency) == (4, 4, 1.0)


def test_a_missed_session_breaks_and_the_best_stays() -> None:
    days = planned(6)
    trained = days - {MONDAY + timedelta(weeks=3)}
    found = streaks.streak(Schedule(days), trained, MONDAY + timedelta(weeks=6))
    assert (found.weeks, found.best_weeks) == (2, 3)
    assert found.consistency == pytest.approx(5 / 6)


def test_illness_and_weeks_without_a_plan_break_nothing() -> None:
    days = planned(2) | planned(2, start=MONDAY + timedelta(weeks=4))
    ill = frozenset(MONDAY + timedelta(weeks=1) + n * DAY for n in range(7))
    trained = {day for day in days if day not in ill}
    assert streaks.streak(Schedule(days, ill), trained, MONDAY + timedelta(weeks=6)).weeks == 3


def test_a_deload_week_counts_by_what_it_plans() -> None:
    # Row 45.
    days = planned(3) | planned(1, (0,), MONDAY + timedelta(weeks=3))
    assert streaks.streak(Schedule(days), days, MONDAY + timedelta(weeks=4)).weeks == 4


def test_the_running_week_is_not_held_against_anyone() -> None:
    days = planned(3)
    done = {day for day in days if day < MONDAY + timedelta(weeks=2)}
    assert streaks.streak(Schedule(days), done, MONDAY + timedelta(weeks=2, days=5)).weeks == 2


def test_nothing_planned_is_no_streak_and_no_blame() -> None:
    found = streaks.streak(Schedule(frozenset()), {MONDAY}, MONDAY + DAY)
    assert (found.weeks, found.consistency) == (0, None)


def local_day(utc: datetime, offset_h: int) -> date:
    return day_of(round(utc.timestamp() * 1000), offset_h * 60)


def test_a_nine_hour_flight_keeps_the_week() -> None:
    """Monday and Wednesday in Berlin, Friday in San Francisco: three local days, one kept week."""
    sessions = [(datetime(2026, 9, 7, 17, tzinfo=UTC), 2), (datetime(2026, 9, 9, 17, tzinfo=UTC), 2)]
    sessions.append((datetime(2026, 9, 12, 3, tzinfo=UTC), -7))  # Friday evening there, Saturday in UTC
    trained = {local_day(*one) for one in sessions}
    assert MONDAY + 4 * DAY in trained
    assert streaks.streak(Schedule(planned(1)), trained, MONDAY + timedelta(weeks=1)).weeks == 1


def test_a_daylight_change_moves_no_day() -> None:
    """25 October 2026, Berlin: 23:30 local is 21:30 UTC before the change and 22:30 after."""
    saturday = local_day(datetime(2026, 10, 24, 21, 30, tzinfo=UTC), 2)
    sunday = local_day(datetime(2026, 10, 25, 22, 30, tzinfo=UTC), 1)
    assert (saturday, sunday) == (date(2026, 10, 24), date(2026, 10, 25))


def a_history(seed: int) -> History:
    rng = random.Random(seed)
    days = [MONDAY + n * DAY for n in range(120) if rng.random() < 0.45]
    sessions = tuple(
        Done(
            at_ms=round(datetime(day.year, day.month, day.day, 18, tzinfo=UTC).timestamp() * 1000),
            day=day,
            repetitions=rng.randint(50, 300),
            moved_g=rng.randint(1_000_000, 9_000_000),
            exercises=frozenset(rng.sample(range(1, 20), 3)),
        )
        for day in days
    )
    lifts = tuple(
        Lift(one.at_ms, rng.randint(1, 4), rng.randint(60_000, 120_000), one.day, 90) for one in sessions
    )
    return History(
        sessions=sessions,
        lifts=lifts,
        check_ins=frozenset(days[::2]),
        schedule=Schedule(planned(16)),
        deload_weeks=frozenset({MONDAY + timedelta(weeks=7)}),
        today=MONDAY + 121 * DAY,
    )


@given(st.integers(0, 50), st.randoms(use_true_random=False))
def test_order_of_arrival_is_nothing(seed: int, rng: random.Random) -> None:
    history = a_history(seed)
    sessions, lifts = list(history.sessions), list(history.lifts)
    rng.shuffle(sessions)
    rng.shuffle(lifts)
    shuffled = History(
        sessions=tuple(sessions),
        lifts=tuple(lifts),
        check_ins=history.check_ins,
        schedule=history.schedule,
        deload_weeks=history.deload_weeks,
        today=history.today,
    )
    assert badges.badges(shuffled) == badges.badges(history)


@given(st.integers(0, 50), st.data())
def test_a_late_sync_or_a_removal_equals_computing_afresh(seed: int, data: st.DataObject) -> None:
    history = a_history(seed)
    gone = data.draw(st.sets(st.sampled_from(range(len(history.sessions)))))
    left = tuple(one for n, one in enumerate(history.sessions) if n not in gone)
    fewer = History(sessions=left, schedule=history.schedule, today=history.today)
    held = {(badge.id, badge.tier): badge.reached for badge in badges.badges(fewer)}
    again = History(sessions=left, schedule=history.schedule, today=history.today)
    assert badges.badges(again) == badges.badges(fewer)
    whole = {
        (badge.id, badge.tier): badge.reached
        for badge in badges.badges(
            History(sessions=history.sessions, schedule=history.schedule, today=history.today)
        )
    }
    for key, reached in held.items():  # with more sessions nothing is lost, and nothing is reached later
        assert whole[key] <= reached


ONE_EACH = [
    ("sessions", History(sessions=(Done(at_ms=1, day=MONDAY),), today=MONDAY), 1),
    ("repetitions", History(sessions=(Done(at_ms=1, day=MONDAY, repetitions=600),), today=MONDAY), 600),
    ("tonnes_moved", History(sessions=(Done(at_ms=1, day=MONDAY, moved_g=12_345_678),), today=MONDAY), 12),
    (
        "different_exercises",
        History(sessions=(Done(at_ms=1, day=MONDAY, exercises=frozenset({0, 1, 2})),), today=MONDAY),
        2,
    ),
    (
        "personal_records",
        History(lifts=(Lift(1, 1, 60_000, MONDAY, 90), Lift(2, 1, 61_000, MONDAY, 90)), today=MONDAY),
        1,
    ),
    ("check_ins", History(check_ins=frozenset({MONDAY, MONDAY + DAY}), today=MONDAY + DAY), 2),
    (
        "kept_weeks_in_a_row",
        History(
            sessions=tuple(Done(at_ms=n, day=day) for n, day in enumerate(sorted(planned(3)))),
            schedule=Schedule(planned(3)),
            today=MONDAY + timedelta(weeks=3),
        ),
        3,
    ),
    (
        "deload_weeks_kept",
        History(
            sessions=tuple(Done(at_ms=n, day=day) for n, day in enumerate(sorted(planned(3)))),
            schedule=Schedule(planned(3)),
            deload_weeks=frozenset({MONDAY + timedelta(weeks=1)}),
            today=MONDAY + timedelta(weeks=3),
        ),
        1,
    ),
]


@pytest.mark.parametrize(("checker", "history", "total"), ONE_EACH, ids=[one[0] for one in ONE_EACH])
def test_each_checker(checker: str, history: History, total: int) -> None:
    assert list(badges.CHECKERS[checker](history))[-1][1] == total


def test_every_checker_has_a_rule_and_a_test() -> None:
    assert {rule.checker for rule in badges.rules()} == set(badges.CHECKERS) == {one[0] for one in ONE_EACH}


def test_a_badge_is_dated_by_the_day_its_total_was_reached() -> None:
    days = [MONDAY, MONDAY + 3 * DAY, MONDAY + 9 * DAY]
    history = History(
        sessions=tuple(Done(at_ms=n, day=day) for n, day in enumerate(days)), today=MONDAY + 30 * DAY
    )
    assert badges.badges(history, [Rule("sessions", "sessions", (1, 3))]) == [
        Badge(days[0], "sessions", 1, 1),
        Badge(days[2], "sessions", 2, 3),
    ]


def test_records_beat_what_was_before_and_the_first_is_none() -> None:
    lifts = [Lift(3, 1, 62_000, MONDAY, 90), Lift(1, 1, 60_000, MONDAY, 90), Lift(4, 2, 80_000, MONDAY, 90)]
    found = records(lifts)
    assert [(one.lift.e1rm_g, one.beat_g) for one in found] == [(62_000, 2_000)]
