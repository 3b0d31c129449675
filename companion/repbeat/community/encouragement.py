"""Short notes to an athlete from a coach or the group; each can be reported, each sender blocked."""

from __future__ import annotations

import uuid

import msgspec

from repbeat.community.errors import BadEntry, Blocked, NotAMember, TooMany
from repbeat.people import accounts, tenants
from repbeat.store import Database, NotFound

LONGEST = 280
MOST_A_DAY = 10  # from one account to one athlete
DAY_MS = 24 * 3600 * 1000


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """One note. `reported_ms` None: not reported."""

    athlete_id: str
    note_id: str
    from_account: str
    at_ms: int
    text: str
    reported_ms: int | None = None


def may_write(db: Database, account_id: str, athlete_id: str) -> bool:
    """Whether an account shares a group with an athlete, as its coach or as a member."""
    groups = {(one.gym_id, one.group_id) for one in tenants.of_account(db, account_id) if one.group_id}
    rows = db.rows(
        "SELECT gym_id, group_id FROM nicknames WHERE athlete_id = :athlete_id", athlete_id=athlete_id
    )
    return any((row["gym_id"], row["group_id"]) in groups for row in rows)


def called(db: Database, account_id: str, athlete_id: str) -> str:
    """What an athlete calls a sender: by nickname in a group of both, by name where the sender has none.

    "" for who shares no group with the athlete any more.
    """
    nickname: str | None = db.value(
        """SELECT theirs.nickname FROM nicknames AS theirs
           JOIN owners ON owners.athlete_id = theirs.athlete_id AND owners.account_id = :account_id
           JOIN nicknames AS own ON own.gym_id = theirs.gym_id AND own.group_id = theirs.group_id
             AND own.athlete_id = :athlete_id
           ORDER BY theirs.gym_id, theirs.group_id LIMIT 1""",
        account_id=account_id,
        athlete_id=athlete_id,
    )
    if nickname is not None:
        return nickname
    return accounts.get(db, account_id).name if may_write(db, account_id, athlete_id) else ""


def send(db: Database, account_id: str, athlete_id: str, text: str, now_ms: int) -> Note:
    """Send a note; NotAMember, Blocked, BadEntry or TooMany if it cannot be."""
    text = text.strip()
    if not 1 <= len(text) <= LONGEST:
        raise BadEntry(f"a note has 1 to {LONGEST} characters")
    if not may_write(db, account_id, athlete_id):
        raise NotAMember("notes go to people of one's own groups")
    with db.atomic():
        db.hold("notes", athlete_id)
        if account_id in blocked(db, athlete_id):
            raise Blocked("this athlete takes no notes from you")
        today = db.value(
            """SELECT COUNT(*) FROM encouragements
               WHERE athlete_id = :athlete_id AND from_account = :account_id AND at_ms > :since_ms""",
            athlete_id=athlete_id,
            account_id=account_id,
            since_ms=now_ms - DAY_MS,
        )
        if today >= MOST_A_DAY:
            raise TooMany(f"{MOST_A_DAY} notes a day are enough")
        note = Note(
            athlete_id=athlete_id,
            note_id=uuid.uuid4().hex,
            from_account=account_id,
            at_ms=now_ms,
            text=text,
        )
        db.insert("encouragements", [note])
    return note


def of_athlete(db: Database, athlete_id: str, limit: int = 50) -> list[Note]:
    """Notes to an athlete, latest first; reported ones and those of blocked senders are not shown."""
    return db.all(
        Note,
        """SELECT * FROM encouragements WHERE athlete_id = :athlete_id AND reported_ms IS NULL
             AND from_account NOT IN (SELECT account_id FROM blocked_senders WHERE athlete_id = :athlete_id)
           ORDER BY at_ms DESC, note_id LIMIT :limit""",
        athlete_id=athlete_id,
        limit=limit,
    )


def report(db: Database, athlete_id: str, note_id: str, now_ms: int) -> None:
    """Hand a note to the administrators and see it no more; NotFound for another's."""
    changed = db.run(
        """UPDATE encouragements SET reported_ms = :now_ms
           WHERE athlete_id = :athlete_id AND note_id = :note_id AND reported_ms IS NULL""",
        now_ms=now_ms,
        athlete_id=athlete_id,
        note_id=note_id,
    )
    if not changed:
        raise NotFound("no such note")


def reported(db: Database) -> list[Note]:
    """All that were reported, for administrators."""
    return db.all(
        Note, "SELECT * FROM encouragements WHERE reported_ms IS NOT NULL ORDER BY reported_ms DESC, note_id"
    )


def settle(db: Database, note_id: str) -> Note:
    """Delete a reported note; what it was. NotFound for one that nobody reported."""
    for one in reported(db):
        if one.note_id == note_id:
            db.run(
                "DELETE FROM encouragements WHERE athlete_id = :athlete_id AND note_id = :note_id",
                athlete_id=one.athlete_id,
                note_id=note_id,
            )
            return one
    raise NotFound("no such reported note")


def block(db: Database, athlete_id: str, account_id: str, now_ms: int) -> None:
    """Take no notes from an account any more, and see none of its old ones."""
    db.insert("blocked_senders", [{"athlete_id": athlete_id, "account_id": account_id, "since_ms": now_ms}])


def unblock(db: Database, athlete_id: str, account_id: str) -> None:
    """Take them again."""
    db.run(
        "DELETE FROM blocked_senders WHERE athlete_id = :athlete_id AND account_id = :account_id",
        athlete_id=athlete_id,
        account_id=account_id,
    )


def blocked(db: Database, athlete_id: str) -> set[str]:
    """The accounts that an athlete takes no notes from."""
    rows = db.rows(
        "SELECT account_id FROM blocked_senders WHERE athlete_id = :athlete_id", athlete_id=athlete_id
    )
    return {row["account_id"] for row in rows}
