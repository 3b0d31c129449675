"""Training together as it is kept: groups, choices, history, boards, figures, recovery, notes."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from web.sample import DEVICE, LOG

from repbeat.community import (
    badges,
    encouragement,
    figures,
    history,
    invites,
    motivation,
    records,
    recovery_log,
    standings,
)
from repbeat.community.aggregates import NotFinished
from repbeat.community.boards import CONSISTENCY, IMPROVEMENT, KINDS
from repbeat.community.errors import BadEntry, BadInvite, Blocked, NotAMember, TooMany
from repbeat.community.streaks import streak, week_of
from repbeat.ingest import days
from repbeat.ingest.batch import ingest
from repbeat.ingest.days import day_of
from repbeat.people import accounts, consent, erase, holdings, setup, tenants
from repbeat.people.accounts import Account
from repbeat.store import Database, NotFound, athletes, devices, tallies
from repbeat.store.sessions import Key
from repbeat_tools.sample import NOW_MS, session_log

DAY_MS = 86_400_000
PASSWORD = "correct horse battery"  # noqa: S105
SECRET = b"0123456789abcdef"


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPBEAT_KEY_FILE", str(tmp_path / "key"))


@pytest.fixture
def db(trained: Database) -> Database:
    tenants.add_gym(trained, "Home", tenants.HOME)
    return trained


@pytest.fixture
def athlete_id(db: Database) -> str:
    return athletes.named(db, "Athlete A").athlete_id


@pytest.fixture
def group(db: Database) -> tuple[str, str]:
    made = tenants.add_group(db, tenants.HOME, "Early birds")
    return made.gym_id, made.group_id


@pytest.fixture
def member(db: Database, group: tuple[str, str]) -> Callable[[str], tuple[Account, str]]:
    """Makes an account with an athlete who has joined the group by an invitation."""

    def make(name: str) -> tuple[Account, str]:
        if setup.is_due(db):
            account = setup.first_account(db, "c", "c", name, PASSWORD, "::1", NOW_MS)
        else:
            account = setup.member(db, name, PASSWORD, NOW_MS)
        (own,) = accounts.owned(db, account.account_id)
        invites.accept(
            db, invites.invite(db, *group, NOW_MS), account.account_id, own, f"nick {name}", NOW_MS
        )
        return account, own

    return make


def one_more(db: Database, at_ms: int, boot: int, reps: int = 10, confidence: int = 90) -> Key:
    first = int(db.value("SELECT next_seq FROM logs WHERE log_id = :log", log=LOG))
    log = session_log(first_seq=first, boot=boot, unix_ms=at_ms, reps=reps, confidence=confidence)
    ingest(db, DEVICE, LOG, log.records, at_ms + 3_600_000)
    return Key(DEVICE, LOG, first + 2)


def test_an_invitation_leads_in_under_a_nickname_and_shows_nothing_yet(
    db: Database, group: tuple[str, str], member: Callable[[str], tuple[Account, str]]
) -> None:
    _, own = member("Ann")
    other, _ = member("Ben")
    assert [one.nickname for one in invites.members(db, *group)] == ["nick Ann", "nick Ben"]
    given = [one for one in consent.to_account(db, other.account_id) if one.athlete_id == own]
    assert given == []


def test_an_invitation_ends_by_time_by_use_and_by_word(db: Database, group: tuple[str, str]) -> None:
    text = invites.invite(db, *group, NOW_MS)
    assert text not in str(db.rows("SELECT * FROM group_invites"))
    with pytest.raises(BadInvite):
        invites.found(db, text, NOW_MS + invites.LASTS_MS)
    with pytest.raises(BadInvite):
        invites.found(db, "guess", NOW_MS)
    for number in range(invites.USES):
        invites.accept(db, text, f"account{number}", None, "somebody", NOW_MS)
    with pytest.raises(BadInvite):
        invites.accept(db, text, "one more", None, "somebody", NOW_MS)
    again = invites.invite(db, *group, NOW_MS)
    invites.end(db, *group)
    with pytest.raises(BadInvite):
        invites.found(db, again, NOW_MS)


def test_leaving_is_at_once_and_for_good(
    db: Database, group: tuple[str, str], member: Callable[[str], tuple[Account, str]]
) -> None:
    account, own = member("Ann")
    other, _ = member("Ben")
    consent.give(db, own, consent.GROUP, "/".join(group), [consent.SESSIONS], NOW_MS)
    standings.opt_in(db, own, *group, CONSISTENCY, NOW_MS)
    assert own in {one.athlete_id for one in consent.to_account(db, other.account_id)}
    invites.leave(db, account.account_id, own, *group, NOW_MS)
    assert own not in {one.athlete_id for one in consent.to_account(db, other.account_id)}
    assert [one.nickname for one in invites.members(db, *group)] == ["nick Ben"]
    assert standings.of_athlete(db, own, *group) == set()
    with pytest.raises(NotAMember):
        encouragement.send(db, other.account_id, own, "come back", NOW_MS)


def test_history_is_what_was_stored_and_badges_are_granted_from_it(db: Database, athlete_id: str) -> None:
    past = history.of_athlete(db, athlete_id, NOW_MS + DAY_MS)
    (done,) = [one for one in past.sessions if one.sessions]
    assert (done.repetitions, done.moved_g) == (30, 1_800_000)
    assert {badge.id for badge in badges.badges(past)} == {"sessions"}
    assert badges.badges(past) == badges.badges(history.of_athlete(db, athlete_id, NOW_MS + DAY_MS))


def test_a_removed_session_takes_its_badge_away(db: Database, athlete_id: str) -> None:
    before = badges.badges(history.of_athlete(db, athlete_id, NOW_MS + 20 * DAY_MS))
    for number in range(9):
        one_more(db, NOW_MS + (number + 1) * DAY_MS, boot=number + 2)
    ten = badges.badges(history.of_athlete(db, athlete_id, NOW_MS + 20 * DAY_MS))
    assert max(badge.tier for badge in ten if badge.id == "sessions") == 2
    db.run("DELETE FROM sessions WHERE start_ms > :after_ms", after_ms=NOW_MS + DAY_MS // 2)
    days.refresh(db, athlete_id)
    assert badges.badges(history.of_athlete(db, athlete_id, NOW_MS + 20 * DAY_MS)) == before


def test_a_count_that_the_device_is_not_sure_of_is_no_record(db: Database, athlete_id: str) -> None:
    db.run("UPDATE sets SET reps = 7")  # the session that is there
    days.refresh(db, athlete_id)
    one_more(db, NOW_MS + DAY_MS, boot=2, reps=9, confidence=20)
    one_more(db, NOW_MS + 2 * DAY_MS, boot=3, reps=8)
    past = history.of_athlete(db, athlete_id, NOW_MS + 3 * DAY_MS)
    assert [lift.sure for lift in past.lifts] == [90, 90]
    (record,) = records.records(past.lifts)
    assert record.lift.at_ms >= NOW_MS + 2 * DAY_MS


@pytest.mark.parametrize("seed", range(3))
def test_the_past_in_days_equals_a_look_at_each_session(db: Database, athlete_id: str, seed: int) -> None:
    db.run("UPDATE sets SET reps = 2")  # the session that is there
    days.refresh(db, athlete_id)
    rng = random.Random(seed)
    done = [(2, 90)]
    for number in range(1, 13):
        done.append((rng.randint(3, 10), rng.choice([20, 90])))
        one_more(db, NOW_MS + number * DAY_MS // 5, boot=number + 1, reps=done[-1][0], confidence=done[-1][1])
    past = history.of_athlete(db, athlete_id, NOW_MS + 4 * DAY_MS)
    rows = db.rows("SELECT start_ms, utc_offset_min FROM sessions ORDER BY start_ms")
    done_on = [day_of(row["start_ms"], row["utc_offset_min"]) for row in rows]
    by_day = {days.from_epoch(one.first_day): one for one in tallies.days(db, athlete_id)}
    assert {day: one.sessions for day, one in by_day.items()} == Counter(done_on)
    repetitions: Counter[date] = Counter()
    best, rising = 0, []
    for day, (reps, confidence) in zip(done_on, done, strict=True):
        repetitions[day] += 3 * reps
        if confidence == 90 and reps > best:
            best = reps
            rising.append((day, round(60_000 * (1 + reps / 30))))
    assert {day: one.repetitions for day, one in by_day.items()} == repetitions
    assert {day: one.moved_g for day, one in by_day.items()} == {
        d: 60_000 * n for d, n in repetitions.items()
    }
    assert sum(one.repetitions for one in past.sessions) == repetitions.total()
    assert [(lift.day, lift.e1rm_g) for lift in past.lifts] == rising


Moment = tuple[badges.History, list[badges.Badge], list[records.Record]]


def state_of(path: Path, arrivals: list[tuple[int, bool]], gone: set[int]) -> Moment:
    """What is known after halves of bands' logs arrived in an order, and some sessions were removed."""
    with Database(path) as db:
        owner = athletes.add(db, "A", NOW_MS, tag=7)
        monday = week_of(history.local_day(db, owner.athlete_id, NOW_MS))
        motivation.choose(db, owner.athlete_id, hidden=False, weekdays=[1, 3, 5], today=monday)
        for number, late in arrivals:
            device = f"{number:016x}"
            devices.seen(
                db, device, name="", address=f"C0:{number}", log_id=number, head_seq=1, boot=1,
                plan_revision=0, firmware="", now_ms=NOW_MS,
            )  # fmt: skip
            devices.assign(db, device, number, owner.athlete_id)
            kept = session_log(unix_ms=NOW_MS + number * 2 * DAY_MS, reps=4 + number % 7).records
            half = len(kept) // 2
            ingest(db, device, number, kept[half:] if late else kept[:half], NOW_MS + 40 * DAY_MS)
        for number in gone:
            db.run("DELETE FROM sessions WHERE log_id = :number", number=number)
        days.refresh(db, owner.athlete_id)
        past = history.of_athlete(db, owner.athlete_id, NOW_MS + 40 * DAY_MS)
        return past, badges.badges(past), records.records(past.lifts)


@pytest.mark.parametrize("seed", range(6))
def test_any_order_late_halves_and_removals_equal_computing_afresh(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    gone = set(rng.sample(range(1, 12), seed))
    halves = [(number, late) for number in range(1, 12) for late in (False, True)]
    rng.shuffle(halves)
    past, held, best = state_of(tmp_path / "any.sqlite3", halves, gone)
    left = [(number, late) for number in range(1, 12) if number not in gone for late in (False, True)]
    afresh, held_afresh, best_afresh = state_of(tmp_path / "afresh.sqlite3", left, set())
    assert sum(one.sessions for one in past.sessions) == 11 - seed
    assert sorted(past.sessions, key=str) == sorted(afresh.sessions, key=str)
    assert (held, best) == (held_afresh, best_afresh)
    assert streak(past.schedule, past.trained, past.today) == streak(
        afresh.schedule, afresh.trained, afresh.today
    )
    assert held


def trained_days(path: Path, moments: list[tuple[datetime, int]]) -> badges.History:
    """The past of who trained at some moments, each with the band's offset from UTC (min) then."""
    with Database(path) as db:
        owner = athletes.add(db, "A", NOW_MS, tag=7)
        device = f"{1:016x}"
        devices.seen(
            db, device, name="", address="C0:1", log_id=1, head_seq=1, boot=1,
            plan_revision=0, firmware="", now_ms=NOW_MS,
        )  # fmt: skip
        devices.assign(db, device, 1, owner.athlete_id)
        first_ms = round(moments[0][0].timestamp() * 1000)
        today = history.local_day(db, owner.athlete_id, first_ms)
        wanted = {(at + timedelta(minutes=offset)).weekday() for at, offset in moments}
        motivation.choose(db, owner.athlete_id, hidden=False, weekdays=wanted, today=week_of(today))
        seq = 0
        for boot, (at, offset_min) in enumerate(moments, 1):
            log = session_log(
                first_seq=seq, boot=boot, unix_ms=round(at.timestamp() * 1000), offset_min=offset_min
            )
            seq = log.next_seq
            ingest(db, device, 1, log.records, round(at.timestamp() * 1000) + 3_600_000)
        return history.of_athlete(db, owner.athlete_id, round(at.timestamp() * 1000) + 7 * DAY_MS)


def test_a_nine_hour_flight_keeps_the_week_as_stored(tmp_path: Path) -> None:
    """Monday and Wednesday in Berlin, Friday evening in San Francisco, where UTC has Saturday already."""
    past = trained_days(
        tmp_path / "flight.sqlite3",
        [
            (datetime(2026, 9, 7, 17, tzinfo=UTC), 120),
            (datetime(2026, 9, 9, 17, tzinfo=UTC), 120),
            (datetime(2026, 9, 12, 3, tzinfo=UTC), -420),
        ],
    )
    assert sorted(past.trained) == [date(2026, 9, 7), date(2026, 9, 9), date(2026, 9, 11)]
    assert streak(past.schedule, past.trained, past.today).weeks == 1


def test_a_daylight_change_keeps_both_sundays_as_stored(tmp_path: Path) -> None:
    """23:30 in Berlin on the Sunday before the clocks go back, and on the one on which they do."""
    past = trained_days(
        tmp_path / "change.sqlite3",
        [(datetime(2026, 10, 18, 21, 30, tzinfo=UTC), 120), (datetime(2026, 10, 25, 22, 30, tzinfo=UTC), 60)],
    )
    assert sorted(past.trained) == [date(2026, 10, 18), date(2026, 10, 25)]
    assert streak(past.schedule, past.trained, past.today).weeks == 2


def test_own_training_days_make_a_streak_and_a_day_off_breaks_none(db: Database, athlete_id: str) -> None:
    monday = week_of(history.local_day(db, athlete_id, NOW_MS)) + timedelta(days=7)
    choice = motivation.choose(db, athlete_id, hidden=False, weekdays=[0], today=monday)
    assert choice.trains_on(monday)
    assert not choice.trains_on(monday - timedelta(days=7))
    later_ms = NOW_MS + 30 * DAY_MS
    past = history.of_athlete(db, athlete_id, later_ms)
    assert streak(past.schedule, [], past.today).consistency == 0.0
    motivation.call_off(db, athlete_id, [monday + timedelta(days=7 * n) for n in range(6)], "travelling")
    past = history.of_athlete(db, athlete_id, later_ms)
    assert streak(past.schedule, [], past.today).consistency is None
    with pytest.raises(BadEntry):
        motivation.call_off(db, athlete_id, [monday], "lazy")


def test_hiding_motivation_hides_the_place_on_a_board(
    db: Database, group: tuple[str, str], athlete_id: str, member: Callable[[str], tuple[Account, str]]
) -> None:
    member("Ann")  # owns Athlete A: the first account takes the athlete who is there
    for kind in KINDS:
        standings.opt_in(db, athlete_id, *group, kind, NOW_MS)
    monday = week_of(history.local_day(db, athlete_id, NOW_MS))
    motivation.choose(db, athlete_id, hidden=False, weekdays=[monday.weekday()], today=monday)
    later_ms = NOW_MS + 14 * DAY_MS
    (place,) = standings.board(db, *group, CONSISTENCY, SECRET, later_ms)
    assert "Athlete" not in place.name
    assert standings.board(db, *group, IMPROVEMENT, SECRET, later_ms) == []
    motivation.choose(db, athlete_id, hidden=True, weekdays=[0], today=monday)
    assert standings.board(db, *group, CONSISTENCY, SECRET, later_ms) == []
    with pytest.raises(KeyError, match="consistency"):
        standings.opt_in(db, athlete_id, *group, "weight", NOW_MS)


def test_improvement_ranks_a_rise_over_oneself(db: Database, group: tuple[str, str], athlete_id: str) -> None:
    standings.opt_in(db, athlete_id, *group, IMPROVEMENT, NOW_MS)
    one_more(db, NOW_MS + 35 * DAY_MS, boot=2, reps=8)
    (place,) = standings.board(db, *group, IMPROVEMENT, SECRET, NOW_MS + 36 * DAY_MS)
    assert place.value == pytest.approx((1 + 8 / 30) / (1 + 10 / 30) - 1, abs=0.001)


def test_improvement_rests_on_nothing_that_the_device_was_not_sure_of(
    db: Database, group: tuple[str, str], athlete_id: str
) -> None:
    """Neither window's best counts where its count is doubtful, record of all time or not."""
    standings.opt_in(db, athlete_id, *group, IMPROVEMENT, NOW_MS)
    one_more(db, NOW_MS + 35 * DAY_MS, boot=2, reps=8)
    one_more(db, NOW_MS + 34 * DAY_MS, boot=3, reps=9, confidence=20)  # below the first ten: no record
    one_more(db, NOW_MS + DAY_MS, boot=4, reps=12, confidence=20)  # would be one
    (place,) = standings.board(db, *group, IMPROVEMENT, SECRET, NOW_MS + 36 * DAY_MS)
    assert place.value == pytest.approx((1 + 8 / 30) / (1 + 10 / 30) - 1, abs=0.001)


def test_figures_are_published_once_and_too_few_is_an_answer(
    db: Database, group: tuple[str, str], member: Callable[[str], tuple[Account, str]]
) -> None:
    people = [member(f"Member {number}") for number in range(6)]
    for _, own in people[:4]:
        consent.give(db, own, consent.GROUP, "/".join(group), [consent.COUNTED], NOW_MS - DAY_MS)
    week = week_of(datetime.fromtimestamp(NOW_MS / 1000, UTC).date())
    with pytest.raises(NotFinished):
        figures.of_week(db, *group, week, SECRET, NOW_MS)
    later_ms = NOW_MS + 8 * DAY_MS
    found = figures.of_week(db, *group, week, SECRET, later_ms)
    assert {row.mean for row in found} == {None}
    for _, own in people[4:]:
        consent.give(db, own, consent.GROUP, "/".join(group), [consent.COUNTED], NOW_MS - DAY_MS)
    assert figures.of_week(db, *group, week, SECRET, later_ms) == found  # kept, whoever consents afterwards
    following = figures.of_week(db, *group, week + timedelta(days=7), SECRET, NOW_MS + 16 * DAY_MS)
    assert all(row.mean is not None and row.members == 5 for row in following)

    invites.leave(db, people[0][0].account_id, people[0][1], *group, NOW_MS + 16 * DAY_MS)
    assert figures.of_week(db, *group, week + timedelta(days=7), SECRET, NOW_MS + 17 * DAY_MS) == following


def test_recovery_is_logged_exported_and_erased(db: Database, athlete_id: str) -> None:
    # Row 54.
    entry = recovery_log.add(db, athlete_id, date(2026, 11, 25), "sauna", 15, " after squats ")
    assert recovery_log.of_athlete(db, athlete_id) == [entry]
    assert entry.note == "after squats"
    for modality, minutes in (("cryo chamber", 10), ("sauna", 0), ("sauna", 601)):
        with pytest.raises(BadEntry):
            recovery_log.add(db, athlete_id, date(2026, 11, 25), modality, minutes)
    with pytest.raises(NotFound):
        recovery_log.remove(db, "another", entry.entry_id)
    assert "recovery_log" in {table.name for table in holdings.tables(db)}
    erase.erase(db, athlete_id, NOW_MS)
    assert db.value("SELECT COUNT(*) FROM recovery_log") == 0


def test_notes_come_from_ones_own_groups_and_can_be_reported_and_blocked(
    db: Database, member: Callable[[str], tuple[Account, str]]
) -> None:
    (_, own), (ben, _) = member("Ann"), member("Ben")
    stranger = setup.member(db, "Cem", PASSWORD, NOW_MS)
    with pytest.raises(NotAMember):
        encouragement.send(db, stranger.account_id, own, "hello", NOW_MS)
    with pytest.raises(BadEntry):
        encouragement.send(db, ben.account_id, own, "x" * 281, NOW_MS)
    note = encouragement.send(db, ben.account_id, own, "Well done!", NOW_MS)
    assert encouragement.called(db, ben.account_id, own) == "nick Ben"
    assert encouragement.called(db, stranger.account_id, own) == ""
    assert encouragement.of_athlete(db, own) == [note]
    for _ in range(encouragement.MOST_A_DAY - 1):
        encouragement.send(db, ben.account_id, own, "again", NOW_MS)
    with pytest.raises(TooMany):
        encouragement.send(db, ben.account_id, own, "and again", NOW_MS)
    encouragement.report(db, own, note.note_id, NOW_MS)
    assert note.note_id not in {one.note_id for one in encouragement.of_athlete(db, own)}
    assert [one.note_id for one in encouragement.reported(db)] == [note.note_id]
    encouragement.block(db, own, ben.account_id, NOW_MS)
    assert encouragement.of_athlete(db, own) == []
    with pytest.raises(Blocked):
        encouragement.send(db, ben.account_id, own, "hello", NOW_MS + 2 * DAY_MS)
    encouragement.unblock(db, own, ben.account_id)
    assert encouragement.send(db, ben.account_id, own, "hello", NOW_MS + 2 * DAY_MS)
