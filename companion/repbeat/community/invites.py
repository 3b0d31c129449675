"""Groups by invitation: a link that ends, a nickname, and leaving at once and for good."""

from __future__ import annotations

import secrets

import msgspec

from repbeat.community.errors import BadInvite
from repbeat.people import consent, tenants
from repbeat.people.accounts import clean_name
from repbeat.people.signin import hash_of
from repbeat.store import Database

LASTS_MS = 7 * 24 * 3600 * 1000
USES = 30


class Invite(msgspec.Struct, frozen=True, kw_only=True):
    """What an invitation leads to."""

    gym_id: str
    group_id: str
    role: str
    until_ms: int
    uses_left: int


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """An athlete in a group, by the name they chose there."""

    athlete_id: str
    nickname: str


def invite(db: Database, gym_id: str, group_id: str, now_ms: int, role: str = tenants.ATHLETE) -> str:
    """A new invitation's secret, for the link /join/SECRET; only its hash is kept."""
    text = secrets.token_urlsafe(18)
    row = {
        "gym_id": gym_id,
        "group_id": group_id,
        "invite_hash": hash_of(text),
        "role": role,
        "created_ms": now_ms,
        "until_ms": now_ms + LASTS_MS,
        "uses_left": USES,
    }
    db.insert("group_invites", [row])
    return text


def found(db: Database, text: str, now_ms: int) -> Invite:
    """What an invitation leads to; BadInvite if to nothing any more."""
    one = db.one(
        Invite,
        """SELECT gym_id, group_id, role, until_ms, uses_left FROM group_invites
           WHERE invite_hash = :invite_hash AND until_ms > :now_ms AND uses_left > 0""",
        invite_hash=hash_of(text),
        now_ms=now_ms,
    )
    if one is None:
        raise BadInvite("this invitation is over or was never given: ask for another link")
    return one


def end(db: Database, gym_id: str, group_id: str) -> None:
    """Let no invitation of a group lead there any more."""
    db.run(
        "DELETE FROM group_invites WHERE gym_id = :gym_id AND group_id = :group_id",
        gym_id=gym_id,
        group_id=group_id,
    )


def accept(
    db: Database, text: str, account_id: str, athlete_id: str | None, nickname: str, now_ms: int
) -> Invite:
    """Join by an invitation, under a nickname; nothing is seen by the others until consent is given."""
    name = clean_name(nickname)
    with db.atomic():
        db.hold("invite", hash_of(text))
        one = found(db, text, now_ms)
        tenants.join(db, account_id, one.gym_id, one.role, now_ms, one.group_id)
        if athlete_id is not None:
            row = {
                "athlete_id": athlete_id,
                "gym_id": one.gym_id,
                "group_id": one.group_id,
                "nickname": name,
            }
            db.upsert("nicknames", ("athlete_id", "gym_id", "group_id"), [row])
        db.run(
            "UPDATE group_invites SET uses_left = uses_left - 1 WHERE invite_hash = :invite_hash",
            invite_hash=hash_of(text),
        )
    return one


def leave(
    db: Database, account_id: str, athlete_id: str | None, gym_id: str, group_id: str, now_ms: int
) -> None:
    """Leave at once and for good: name, places on boards and consents to the group end with it."""
    with db.atomic():
        for role in tenants.ROLES:
            tenants.leave(db, account_id, gym_id, role, group_id)
        if athlete_id is None:
            return
        key = {"athlete_id": athlete_id, "gym_id": gym_id, "group_id": group_id}
        for table in ("nicknames", "board_entries", "challenge_members"):
            db.run(
                f"""DELETE FROM {table} WHERE athlete_id = :athlete_id AND gym_id = :gym_id
                    AND group_id = :group_id""",  # noqa: S608
                **key,
            )
        for given in consent.every(db, athlete_id):
            to_group = given.grantee_kind == consent.GROUP and given.grantee == f"{gym_id}/{group_id}"
            if to_group and given.in_force(now_ms):
                consent.revoke(db, athlete_id, given.consent_id, now_ms)


def members(db: Database, gym_id: str, group_id: str) -> list[Member]:
    """The athletes of a group, by nickname."""
    return db.all(
        Member,
        """SELECT athlete_id, nickname FROM nicknames WHERE gym_id = :gym_id AND group_id = :group_id
           ORDER BY nickname, athlete_id""",
        gym_id=gym_id,
        group_id=group_id,
    )
