"""A hub that hands in to a companion elsewhere tells it what devices do now, and hears what they are to do.

Orders lie in the hub's own file as if they had been given here; one is answered for as long as the companion
still has it waiting.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated

import msgspec

from repbeat.beside import again_and_again
from repbeat.hub.board import LIVE, SYNCING, State
from repbeat.hub.companions import Companions, UploadFailed
from repbeat.people import commands
from repbeat.people.commands import Command
from repbeat.store import Database

PATH = "/api/v1/hub"
EVERY_S = 1.0
AFTER_TROUBLE_S = 5.0
LIMIT_S = 5.0


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a device is to do; `age_ms` since it was ordered, for clocks differ."""

    device_id: str
    command_id: str
    kind: str
    detail: str
    age_ms: Annotated[int, msgspec.Meta(ge=0, le=1 << 42)]
    worn: bool


class _Heard(msgspec.Struct, frozen=True):
    orders: list[Order] = []


class Exchange:
    """`once` tells and hears; `exchanging` again and again."""

    def __init__(
        self,
        db: Database,
        companions: Companions,
        snapshot: Callable[[], Mapping[str, State]],
        now_ms: Callable[[], int],
    ) -> None:
        self.hub = secrets.token_hex(8)
        self._db = db
        self._companions = companions
        self._snapshot = snapshot
        self._now_ms = now_ms
        self._waiting: list[Order] = []
        self._told = 0  # devices, the last time

    def once(self) -> None:
        """Without a device in reach there is nothing to say, but that the last one has gone."""
        here = [one for one in self._snapshot().values() if one.link in (SYNCING, LIVE)]
        if not here and not self._told:
            return
        told = {"hub": self.hub, "devices": [_told(one) for one in here], "answers": self._answers()}
        self._waiting = self._companions.ask(_Heard, "POST", PATH, told).orders
        self._told = len(here)
        for one in self._waiting:
            self._keep(one)

    def end(self) -> None:
        """No device is in this hub's reach any more."""
        self._companions.ask(
            _Heard, "POST", PATH, {"hub": self.hub, "devices": [], "answers": self._answers()}
        )

    def _keep(self, one: Order) -> None:
        """As an order of this file; the same again changes nothing."""
        order = Command(
            device_id=one.device_id,
            command_id=one.command_id,
            kind=one.kind,
            created_ms=self._now_ms() - one.age_ms,
            detail=one.detail or (commands.WORN if one.worn else ""),
        )
        self._db.insert("device_commands", [order])

    def _answers(self) -> list[dict[str, object]]:
        """What came of those that the companion has waiting."""
        found = (commands.get(self._db, one.device_id, one.command_id) for one in self._waiting)
        return [
            {
                "device_id": one.device_id,
                "command_id": one.command_id,
                "done": one.done_ms is not None,
                "problem": one.problem,
            }
            for one in found
            if one is not None and (one.done_ms is not None or one.problem)
        ]


def _told(state: State) -> dict[str, object]:
    heart = state.heart
    return {
        "device_id": state.device_id,
        "link": state.link,
        "cursor": state.cursor,
        "head_seq": state.head_seq,
        "lives": state.lives,
        "hearts": state.hearts,
        "values": state.values,
        "heart": heart and {"bpm": heart.bpm, "contact": heart.contact, "rr_1024": heart.rr_1024},
    }


@contextlib.contextmanager
def exchanging(
    db: Database,
    addresses: Sequence[str],
    token: str,
    snapshot: Callable[[], Mapping[str, State]],
    now_ms: Callable[[], int],
) -> Iterator[None]:
    """Exchange for as long as the block lasts, and leave nothing live behind."""
    companions = Companions(addresses, token, LIMIT_S)
    exchange = Exchange(db, companions, snapshot, now_ms)
    passes = (UploadFailed,)
    with again_and_again(
        "exchange with the companion", exchange.once, EVERY_S, after_trouble_s=AFTER_TROUBLE_S, passes=passes
    ):
        yield
    with contextlib.suppress(UploadFailed):
        exchange.end()
    companions.close()
