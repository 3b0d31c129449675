"""A second look at every proposal, by other code than the planner's: did it stay within the bounds?"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from repbeat.coach.planner import Proposal
from repbeat.coach.rules import Limits
from repbeat.coach.session_rules import Kind
from repbeat.coach.situation import Situation
from repbeat.derive.readiness import State


class Watch:
    """Remembers what was asked, and names what a proposal may not do."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._loads: dict[tuple[int, int], list[tuple[date, int]]] = defaultdict(list)

    def problems(self, day: date, day_number: int, situation: Situation, proposal: Proposal) -> list[str]:
        """Empty where all is within bounds."""
        found = []
        bad = len(situation.readiness.bad) if situation.readiness else 0
        if proposal.kind in (Kind.REDUCED, Kind.LIGHT) and bad < 2:
            found.append(f"{day}: a lighter session with {bad} bad signals")
        if proposal.kind in (Kind.REDUCED, Kind.LIGHT) and situation.state is State.UNKNOWN:
            found.append(f"{day}: unknown readiness changed a plan")
        rises = [change for change in proposal.changes if change.new > change.old > 0]
        held = situation.state in (State.AMBER, State.RED) or bool(situation.red_flags)
        if rises and (held or proposal.kind is not Kind.FULL):
            found.append(f"{day}: a rise on a day that allows none")
        if proposal.kind is Kind.LIGHT:
            return found
        for item, (line, base) in enumerate(zip(proposal.lines, situation.base, strict=True)):
            if line.sets > base.sets:
                found.append(f"{day}: more sets than the plan's own")
            slot = (day_number, item)
            percent = self._limits.week_percent(line.exercise)
            allowed = self._most(slot, day)
            if allowed is not None and line.load_g * 100 > allowed * (100 + percent):
                found.append(f"{day}: exercise {line.exercise} from {allowed} g to {line.load_g} g in a week")
            if proposal.kind is Kind.FULL:
                self._loads[slot].append((day, line.load_g))
        return found

    def _most(self, slot: tuple[int, int], day: date) -> int | None:
        """What was asked a week ago, or at first where that is later; None: never yet."""
        asked = self._loads[slot]
        older = [load_g for when, load_g in asked if when <= day - timedelta(days=7)]
        return older[-1] if older else asked[0][1] if asked else None
