"""Where a session stands in its plan: which item, which set, what is asked of it.

A free session has no plan: unknown exercise, no range, no rest to keep, and no end of its own.
"""

from repbeat_protocol import exercises, records
from repbeat_protocol.plan import Item, Plan

FREE = Item(exercises.UNKNOWN, 1, 0, 0, rest_s=0)


class Execution:
    """Steps through a plan set by set. `item` is what the next (or running) set should be."""

    def __init__(self, plan: Plan | None, sets_done: dict[int, int] | None = None) -> None:
        """`sets_done`: sets by exercise that the session has already seen, when a plan comes into it."""
        self.plan = plan
        self.revision = plan.revision if plan else 0
        self.sets_done = sets_done if sets_done is not None else {}
        self._index = 0
        self._left = 0
        self.done = False
        if plan:
            self._done_before = dict(self.sets_done)
            self._enter()

    @property
    def item(self) -> Item:
        """The item of the set that is next or running; FREE outside a plan."""
        return self.plan.items[self._index] if self.plan else FREE

    @property
    def item_index(self) -> int:
        """Its place in the plan, from 0; records.UNKNOWN_U8 outside a plan."""
        return self._index if self.plan else records.UNKNOWN_U8

    def set_done(self) -> None:
        """One set more is done: on to the next set, the next item, or the end."""
        exercise = self.item.exercise
        self.sets_done[exercise] = self.sets_done.get(exercise, 0) + 1
        if self.plan is None:
            return
        self._left -= 1
        while self._left == 0 and not self.done:
            self._next_item()

    def _enter(self) -> None:
        """Take what was done before off the item now reached, and go past it if nothing is left."""
        before = self._done_before.get(self.item.exercise, 0)
        taken = min(before, self.item.sets)
        self._done_before[self.item.exercise] = before - taken
        self._left = self.item.sets - taken
        if self._left == 0:
            self._next_item()

    def _next_item(self) -> None:
        if self._index + 1 < len(self.plan.items):
            self._index += 1
            self._enter()
        else:
            self.done = True
