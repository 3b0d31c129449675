"""What companions say to each other about a shared session: JSON over HTTPS, each message signed."""

from __future__ import annotations

from typing import Annotated

import msgspec

from repbeat.community.shared.errors import BadMessage
from repbeat.community.shared.sessions import (
    MOST_EVENTS,
    MOST_MEMBERS,
    TRAINING,
    Event,
    Member,
    Name,
    Shared,
    Whole,
)

VERSION = 1

Members = Annotated[list[Member], msgspec.Meta(max_length=MOST_MEMBERS)]
Events = Annotated[list[Event], msgspec.Meta(max_length=MOST_EVENTS)]


class Ask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A guest's message: its members as they now are, its new events, and what it has seen."""

    version: int = VERSION
    members: Members = []
    events: Events = []
    seen_number: Whole = 0


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The host's: the session, everybody in it, and what happened since. Times on the host's clock."""

    version: int = VERSION
    name: Name
    host_key: Annotated[str, msgspec.Meta(max_length=64)]
    now_ms: Whole
    start_ms: Whole | None
    ended_ms: Whole | None
    members: Members
    events: Events
    kind: Annotated[str, msgspec.Meta(max_length=16)] = TRAINING


def ask_of(body: bytes) -> Ask:
    """A guest's message as read; BadMessage says what is wrong with it."""
    try:
        found = msgspec.json.decode(body, type=Ask)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise BadMessage(f"this is no message about a shared session: {error}") from error
    if found.version != VERSION:
        raise BadMessage(f"version {found.version} is not spoken here, {VERSION} is: update both companions")
    return found


def answer_of(body: bytes) -> Answer:
    """A host's answer as read; BadMessage if it is none."""
    try:
        return msgspec.json.decode(body, type=Answer)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise BadMessage("the host's answer cannot be read: is RepBeat at that address?") from error


def outward(member: Member) -> Member:
    """A member as other companions may know it: not by the athlete's id."""
    return msgspec.structs.replace(member, athlete_id=None)


def answer(session: Shared, host_key: str, now_ms: int, members: list[Member], events: list[Event]) -> Answer:
    """The host's answer."""
    return Answer(
        name=session.name,
        host_key=host_key,
        now_ms=now_ms,
        start_ms=session.start_ms,
        ended_ms=session.ended_ms,
        members=[outward(member) for member in members],
        events=events,
        kind=session.kind,
    )
