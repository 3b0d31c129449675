"""What a gym's hub elsewhere tells of its devices now, and what they are to do by its hand."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from repbeat.api.operations import DeviceId, Id, Operations, Words
from repbeat.hub import board, bulletin, events
from repbeat.hub.board import State
from repbeat.hub.exchange import Order
from repbeat.people import commands, tokens
from repbeat.people.roles import Role
from repbeat.store import devices
from repbeat.web.context import gate, now_ms, store
from repbeat_protocol import live

hubs = Operations("Hubs")

MOST_DEVICES = 64
LINKS = "|".join((board.SYNCING, board.LIVE))
U32 = Annotated[int, Meta(ge=0, le=0xFFFFFFFF)]
Value = Annotated[int, Meta(ge=-(1 << 31), le=0xFFFFFFFF)]
Values = Annotated[
    dict[str, Value], Meta(max_length=64, description="fields of LIVE, as the protocol has them")
]


class Beat(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A heart rate; `rr_1024`: intervals since the one before, in 1/1024 s."""

    bpm: Annotated[int, Meta(ge=0, le=0xFFFF)]
    contact: bool | None = None
    rr_1024: Annotated[list[Annotated[int, Meta(ge=0, le=0xFFFF)]], Meta(max_length=64)] = []


class Doing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A device in reach. `lives`, `hearts`: how many values came since its link began."""

    device_id: DeviceId
    link: Annotated[str, Meta(pattern=f"^({LINKS})$")]
    cursor: U32 = 0
    head_seq: U32 = 0
    lives: U32 = 0
    hearts: U32 = 0
    values: Values | None = None
    heart: Beat | None = None


class Answered(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What came of an order: `done` and a problem, never; not `done`, it is tried again."""

    device_id: DeviceId
    command_id: Id
    done: bool
    problem: Words = ""


class Told(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that a hub is connected to now; what is not named has gone."""

    hub: Annotated[str, Meta(pattern="^[0-9a-f]{16}$", description="a name drawn at its start")]
    devices: Annotated[list[Doing], Meta(max_length=MOST_DEVICES)] = []
    answers: Annotated[list[Answered], Meta(max_length=MOST_DEVICES)] = []


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What the devices in reach are to do."""

    orders: list[Order]


@hubs.post("/hub", Role.OPERATOR, tokens.HUB, 200)
def exchange(body: Told) -> Heard:
    """Tell what devices do now, and hear what they are to do.

    About once a second while a device is in reach. What is new here, or another gym's, is passed over.
    """
    db, of = store(), gate()
    here = [one for one in body.devices if of.operates(one.device_id)]
    for answer in body.answers:
        if of.operates(answer.device_id):
            _note(answer)
    bulletin.stand(db, f"{of.viewer.account_id}/{body.hub}", now_ms(), [_state(one) for one in here])
    return Heard(orders=[order for one in here for order in _orders(one.device_id)])


def _note(answer: Answered) -> None:
    if answer.done:
        commands.answered(store(), answer.device_id, answer.command_id, answer.problem, now_ms())
    else:
        commands.failed(store(), answer.device_id, answer.command_id, answer.problem)


def _orders(device_id: str) -> list[Order]:
    worn = devices.athlete_of(store(), devices.get(store(), device_id)) is not None
    return [
        Order(
            device_id=device_id,
            command_id=one.command_id,
            kind=one.kind,
            detail=one.detail,
            age_ms=max(0, now_ms() - one.created_ms),
            worn=worn,
        )
        for one in commands.waiting(store(), device_id)
    ]


def _state(one: Doing) -> State:
    device = devices.get(store(), one.device_id)
    who = {"address": device.address, "device_id": one.device_id, "name": device.name}
    if one.values is not None and not (
        set(live.FIELDS[: live.FIRST]) <= one.values.keys() <= set(live.FIELDS)
    ):
        raise msgspec.ValidationError("values has other fields than LIVE: update the older side")
    heart = None
    if one.heart is not None:
        rr_1024 = tuple(one.heart.rr_1024)
        heart = events.HeartValue(**who, bpm=one.heart.bpm, contact=one.heart.contact, rr_1024=rr_1024)
    return State(
        **who,
        link=one.link,
        cursor=one.cursor,
        head_seq=one.head_seq,
        lives=one.lives,
        hearts=one.hearts,
        values=one.values,
        heart=heart,
    )
