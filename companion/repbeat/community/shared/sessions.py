"""Shared sessions as every companion in them keeps them: who takes part, when it starts, what happened.

The hosting companion gives events their order; each companion numbers its own, so that one that arrives twice
is known. An event holds a `Report`: nothing else can leave, and `bpm` only where it was consented to.
"""

from __future__ import annotations

import secrets
import uuid
from typing import Annotated

import msgspec

from repbeat.community.shared.errors import NotYours, UnknownCode
from repbeat.store import Database

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # read aloud without doubt
CODE_LENGTH = 8
LASTS_MS = 12 * 3600 * 1000
COUNTDOWN_MS = 10_000
MOST_MEMBERS = 100
MOST_EVENTS = 500  # in one answer
TRAINING, BREATHING = "training", "breathing"

# Breathing together goes as a band paces by itself (firmware/device/session/breathing.py): a minute of
# listening, three of six breaths a minute, a minute of listening.
LISTEN_S, PACED_S, IN_S, OUT_S = 60, 180, 4, 6


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """One shared session; `host` "": this companion's own. `start_ms` on this companion's clock."""

    code: str
    name: str
    host: str
    host_key: str
    created_ms: int
    start_ms: int | None = None
    ended_ms: int | None = None
    offset_ms: int = 0
    """The host's clock minus this companion's."""

    seen_number: int = 0
    problem: str = ""
    kind: str = TRAINING


Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Whole = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]  # what another companion may say and a store can keep


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Who takes part. `athlete_id` only on the companion where the athlete is at home."""

    member_id: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
    nickname: Name
    language: Annotated[str, msgspec.Meta(max_length=8)]
    companion: Annotated[str, msgspec.Meta(max_length=64)] = ""
    athlete_id: str | None = None
    left: bool = False


class Report(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a member does now. `zone` 0–5; `bpm` None: not shared, or not known."""

    phase: Annotated[int, msgspec.Meta(ge=0, le=255)]
    exercise: Annotated[int, msgspec.Meta(ge=0, le=65535)]
    set: Annotated[int, msgspec.Meta(ge=0, le=255)]
    reps: Annotated[int, msgspec.Meta(ge=0, le=65535)]
    zone: Annotated[int, msgspec.Meta(ge=0, le=5)]
    bpm: Annotated[int, msgspec.Meta(ge=20, le=250)] | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A report with its own companion's `counter` and, once the host has it, the host's `number`."""

    member_id: str
    counter: Annotated[int, msgspec.Meta(ge=1, le=1 << 53)]
    at_ms: Whole
    report: Report
    number: Whole | None = None


def new_code() -> str:
    """A code that nobody guesses within the session's hours: 31^8 are forty bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def checked_code(text: str) -> str:
    """A code as somebody typed it; UnknownCode for what can be none."""
    code = text.strip().upper()
    if len(code) != CODE_LENGTH or not set(code) <= set(ALPHABET):
        raise UnknownCode(f"a code has {CODE_LENGTH} letters and digits: ask for it again, letter by letter")
    return code


def create(db: Database, name: str, now_ms: int, kind: str = TRAINING) -> Shared:
    """A session hosted here, of training or of breathing."""
    session = Shared(code=new_code(), name=name, host="", host_key="", created_ms=now_ms, kind=kind)
    db.insert("shared_sessions", [session])
    return session


def mirror(db: Database, session: Shared) -> None:
    """Keep what is known of a session, hosted here or elsewhere."""
    db.upsert("shared_sessions", ("code",), [session])


def get(db: Database, code: str, now_ms: int) -> Shared:
    """One that is not over; UnknownCode otherwise. Old ones go on the way."""
    forget_old(db, now_ms)
    found = db.one(Shared, "SELECT * FROM shared_sessions WHERE code = :code", code=code.strip().upper())
    if found is None:
        raise UnknownCode("no shared session has this code: ask for it again, letter by letter")
    return found


def every(db: Database) -> list[Shared]:
    """All that are kept, latest first."""
    return db.all(Shared, "SELECT * FROM shared_sessions ORDER BY created_ms DESC, code")


def forget_old(db: Database, now_ms: int) -> None:
    """Sessions are of the moment: what was said in one goes twelve hours after its beginning."""
    for row in db.rows(
        "SELECT code FROM shared_sessions WHERE created_ms < :before_ms", before_ms=now_ms - LASTS_MS
    ):
        for table in ("shared_events", "shared_members", "shared_sessions"):
            db.run(f"DELETE FROM {table} WHERE code = :code", code=row["code"])  # noqa: S608


def begin(db: Database, code: str, start_ms: int) -> None:
    """Set the common start; a start that was set stays, for countdowns run by it."""
    db.run(
        "UPDATE shared_sessions SET start_ms = :start_ms WHERE code = :code AND start_ms IS NULL",
        start_ms=start_ms,
        code=code,
    )


def new_member(nickname: str, language: str, athlete_id: str, companion: str) -> Member:
    """A member at home here."""
    return Member(
        member_id=uuid.uuid4().hex,
        nickname=nickname,
        language=language,
        athlete_id=athlete_id,
        companion=companion,
    )


def add_member(db: Database, code: str, member: Member) -> None:
    """Take a member in, late too; known already, name and leaving are brought up to date.

    NotYours if another companion brought the member.
    """
    with db.atomic():
        db.hold("shared", code)
        known = {one.member_id: one for one in members(db, code)}
        before = known.get(member.member_id)
        if before is not None and before.companion != member.companion:
            raise NotYours("this member is another companion's")
        if before is None and len(known) >= MOST_MEMBERS:
            raise NotYours(f"a shared session has {MOST_MEMBERS} members at most")
        row = {
            "code": code,
            "member_id": member.member_id,
            "nickname": member.nickname,
            "language": member.language,
            "companion": member.companion,
            "athlete_id": before.athlete_id if before is not None else member.athlete_id,
            "leaving": int(member.left),
        }
        db.upsert("shared_members", ("code", "member_id"), [row])


def leave(db: Database, code: str, member: Member) -> None:
    """A member at home here leaves; the others are told at the next exchange."""
    add_member(db, code, msgspec.structs.replace(member, left=True))


def members(db: Database, code: str) -> list[Member]:
    """All, those who left too, by nickname."""
    rows = db.rows("SELECT * FROM shared_members WHERE code = :code ORDER BY nickname, member_id", code=code)
    return [
        Member(
            member_id=row["member_id"],
            nickname=row["nickname"],
            language=row["language"],
            companion=row["companion"],
            athlete_id=row["athlete_id"],
            left=bool(row["leaving"]),
        )
        for row in rows
    ]


def own(db: Database, athlete_id: str) -> list[tuple[str, Member]]:
    """(code, member) of every session that an athlete at home here takes part in."""
    rows = db.rows(
        "SELECT code FROM shared_members WHERE athlete_id = :athlete_id AND leaving = 0",
        athlete_id=athlete_id,
    )
    return [
        (row["code"], one) for row in rows for one in members(db, row["code"]) if one.athlete_id == athlete_id
    ]


def say(db: Database, code: str, member_id: str, report: Report, now_ms: int, *, hosted: bool) -> None:
    """A report of a member at home here; hosted here it is numbered at once, else it waits for the host."""
    with db.atomic():
        db.hold("shared", code)
        last = db.value(
            "SELECT MAX(counter) FROM shared_events WHERE code = :code AND member_id = :member_id",
            code=code,
            member_id=member_id,
        )
        event = Event(member_id=member_id, counter=(last or 0) + 1, at_ms=now_ms, report=report)
        _keep(db, code, event, _next(db, code) if hosted else None)


def take(db: Database, code: str, companion: str, events: list[Event]) -> None:
    """Events of another companion's members, in their order; those known already change nothing.

    NotYours if it speaks for somebody else's.
    """
    theirs = {one.member_id for one in members(db, code) if one.companion == companion}
    if not {event.member_id for event in events} <= theirs:
        raise NotYours("events are of a companion's own members")
    with db.atomic():
        db.hold("shared", code)
        for event in events:
            if not _known(db, code, event):
                _keep(db, code, event, _next(db, code))


def mirrored(db: Database, code: str, events: list[Event]) -> None:
    """Events as the host gave them, with its numbers; our own get theirs."""
    with db.atomic():
        db.hold("shared", code)
        for event in events:
            if _known(db, code, event):
                db.run(
                    """UPDATE shared_events SET number = :number
                       WHERE code = :code AND member_id = :member_id AND counter = :counter""",
                    number=event.number,
                    code=code,
                    member_id=event.member_id,
                    counter=event.counter,
                )
            else:
                _keep(db, code, event, event.number)


def since(db: Database, code: str, number: int) -> list[Event]:
    """What happened after an event's number, in the host's order."""
    return _events(
        db,
        "WHERE code = :code AND number > :number ORDER BY number LIMIT :most",
        code=code,
        number=number,
        most=MOST_EVENTS,
    )


def unsent(db: Database, code: str) -> list[Event]:
    """Own events that the host has not numbered yet."""
    return _events(
        db,
        "WHERE code = :code AND number IS NULL ORDER BY member_id, counter LIMIT :most",
        code=code,
        most=MOST_EVENTS,
    )


def latest(db: Database, code: str) -> dict[str, Event]:
    """Each member's last report."""
    found = _events(
        db,
        """WHERE code = :code AND counter = (SELECT MAX(other.counter) FROM shared_events AS other
             WHERE other.code = shared_events.code AND other.member_id = shared_events.member_id)
           ORDER BY member_id""",
        code=code,
    )
    return {event.member_id: event for event in found}


def _events(db: Database, where: str, **parameters: object) -> list[Event]:
    rows = db.rows(
        f"SELECT member_id, counter, at_ms, number, report FROM shared_events {where}",  # noqa: S608
        **parameters,
    )
    return [
        Event(
            member_id=row["member_id"],
            counter=row["counter"],
            at_ms=row["at_ms"],
            number=row["number"],
            report=msgspec.json.decode(row["report"], type=Report),
        )
        for row in rows
    ]


def _known(db: Database, code: str, event: Event) -> bool:
    found = db.value(
        """SELECT 1 FROM shared_events
           WHERE code = :code AND member_id = :member_id AND counter = :counter""",
        code=code,
        member_id=event.member_id,
        counter=event.counter,
    )
    return found is not None


def _next(db: Database, code: str) -> int:
    return int(
        db.value("SELECT COALESCE(MAX(number), 0) + 1 FROM shared_events WHERE code = :code", code=code)
    )


def _keep(db: Database, code: str, event: Event, number: int | None) -> None:
    row = {
        "code": code,
        "member_id": event.member_id,
        "counter": event.counter,
        "at_ms": event.at_ms,
        "number": number,
        "report": msgspec.json.encode(event.report).decode(),
    }
    db.insert("shared_events", [row])
