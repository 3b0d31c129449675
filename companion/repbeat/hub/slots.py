"""Adapters hold a few connections each: dealt in the order of asking, and given up in time.

Who has been served gives way when somebody waits, and so does who takes very long; both may ask again, and
stand in line behind those who wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

import msgspec

# Ours: controllers of common computers and USB dongles hold seven to ten links, and say so only by refusing.
PER_ADAPTER = 8
TURN_S = 20.0  # ours: whoever waits lets each other device have so long
LONGEST_S = 120.0  # and no longer than this, however long its log is: it goes on where it was
LOOK_S = 1.0


class Turn:
    """A connection's place on an adapter. `over` is set when it should be given up."""

    def __init__(self, adapter: str, since_s: float) -> None:
        self.adapter = adapter
        self.since_s = since_s
        self.over = asyncio.Event()
        self.served: Callable[[], bool] = lambda: False

    def due(self, now_s: float) -> bool:
        """Whether this one has to give way to somebody who waits."""
        held_s = now_s - self.since_s
        return held_s >= LONGEST_S or (held_s >= TURN_S and self.served())


class _Waiter:
    def __init__(self, heard: Callable[[], Sequence[str]]) -> None:
        self.heard = heard
        self.dealt: asyncio.Future[Turn] = asyncio.get_running_loop().create_future()


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """How one adapter's places are used."""

    adapter: str
    in_use: int
    places: int


class Slots:
    """`places`: adapter → connections it may hold. All in one event loop, by its clock."""

    def __init__(self, places: Mapping[str, int]) -> None:
        self._places = dict(places)
        self._turns: list[Turn] = []  # the oldest first
        self._waiting: list[_Waiter] = []
        self._look: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """How many stand in line."""
        return len(self._waiting)

    def usage(self) -> list[Usage]:
        """Every adapter, in the order given."""
        return [
            Usage(adapter=name, in_use=self._in_use(name), places=places)
            for name, places in self._places.items()
        ]

    def free(self, heard: Sequence[str]) -> bool:
        """Whether a place is to be had at once on one of these adapters."""
        return not self._waiting and self._best(heard) is not None

    @asynccontextmanager
    async def turn(self, heard: Callable[[], Sequence[str]]) -> AsyncIterator[Turn]:
        """A place on one of the adapters that `heard()` names, asked again while waiting; free at the end."""
        waiter = _Waiter(heard)
        self._waiting.append(waiter)
        try:
            self._deal()
            turn = await waiter.dealt
        except asyncio.CancelledError:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
            elif waiter.dealt.done() and not waiter.dealt.cancelled():
                self._free(waiter.dealt.result())  # dealt in the moment of giving up
            raise
        try:
            yield turn
        finally:
            self._free(turn)

    def _free(self, turn: Turn) -> None:
        self._turns.remove(turn)
        self._deal()

    def _in_use(self, adapter: str) -> int:
        return sum(turn.adapter == adapter for turn in self._turns)

    def _best(self, heard: Sequence[str]) -> str | None:
        """The adapter with most places left; of equals the one named first."""
        left = {name: self._places[name] - self._in_use(name) for name in heard if name in self._places}
        best = max(left, key=lambda name: left[name], default=None)
        return best if best is not None and left[best] > 0 else None

    def _deal(self) -> None:
        now_s = asyncio.get_running_loop().time()
        self._waiting = [waiter for waiter in self._waiting if not waiter.dealt.done()]  # given up meanwhile
        for waiter in list(self._waiting):
            if (adapter := self._best(waiter.heard())) is not None:
                self._waiting.remove(waiter)
                turn = Turn(adapter, now_s)
                self._turns.append(turn)
                waiter.dealt.set_result(turn)
        self._press(now_s)

    def _press(self, now_s: float) -> None:
        """End as many turns as there are waiters for, the oldest first; look again while any waits."""
        ending = sum(turn.over.is_set() for turn in self._turns)
        for waiter in self._waiting[ending:]:
            heard = waiter.heard()
            for turn in self._turns:
                if turn.adapter in heard and not turn.over.is_set() and turn.due(now_s):
                    turn.over.set()
                    break
        if self._look is not None:
            self._look.cancel()
            self._look = None
        if self._waiting:
            self._look = asyncio.get_running_loop().call_later(LOOK_S, self._deal)
