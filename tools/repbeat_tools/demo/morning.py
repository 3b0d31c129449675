"""The amber morning: a poor night in the record, a lighter proposal, a yes, and the band that goes by it.

The nights are put into the store as they would have come in: nobody sleeps a quarter of a year in a demo. All
that follows is the real thing, from the check-in to the PLAN_APPLIED record in the band's log.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta

from repbeat.coach import acts, desk, recovery, shelf
from repbeat.coach.shelf import Kept
from repbeat.derive.hrv import Morning as Night
from repbeat.derive.readiness import CheckIn
from repbeat.store import Database, plans
from repbeat_tools.demo.scene import Band, DemoFailed, Scene

NIGHTS = 75  # a baseline's, and more
LOW_WEEK = 7
RMSSD_MS, LOW_RMSSD_MS, SWING_MS = 50.0, 40.0, 3.0
RESTING_BPM = 55.0
ASLEEP_MIN, SHORT_MIN, SWING_MIN = 450.0, 300.0, 10.0
AS_USUAL = 3  # of 1-5, to each of the five questions
COACH = "Coach C"


@dataclass
class AmberMorning(Scene):
    """`by_itself`: the athlete checks in and the coach approves without anybody at the pages."""

    by_itself: bool = True
    proposal: Kept | None = None

    async def _live(self) -> None:
        for band in self.bands:
            sleep_poorly(self.database, band.athlete_id, band.device_id, desk.day_of(self._now_ms(), 0))
        self.say("HRV has been low for a week, and the last night was short")
        (band,) = self.bands
        if self.by_itself:
            self._check_in(band)
        else:
            self.say("check in for the athlete, then approve the proposal as the coach, on the pages")
        self.proposal = await self._proposed(band)
        kept = self.proposal
        for change in kept.decided().changes:
            self.say(change.why)
        if self.by_itself:
            acts.approve(self.database, kept.proposal_id, COACH, self._now_ms(), "rest well")
        await self._approved(band, kept)
        self.say("approved; the plan goes to the band")
        await self._wait("the lighter plan applied", self._all_applied)
        band.filed = desk.Filed(
            current=plans.get(self.database, band.athlete_id, kept.revision - 1 if kept.revision else 0),
            plan=plans.latest(self.database, band.athlete_id, plans.APPLIED),
            proposal=kept.decided(),
        )

    def _check_in(self, band: Band) -> None:
        now_ms = self._now_ms()
        entry = CheckIn(desk.day_of(now_ms, 0), *(AS_USUAL,) * 5)
        recovery.check_in(self.database, band.athlete_id, entry, now_ms)
        desk.propose_next(self.database, band.athlete_id, now_ms)

    async def _proposed(self, band: Band) -> Kept:
        while True:
            found = shelf.proposals(self.database, band.athlete_id, 1)
            if found:
                return found[0]
            if self.by_itself:
                raise DemoFailed("the morning brought no proposal")
            await asyncio.sleep(0.2)

    async def _approved(self, band: Band, kept: Kept) -> None:
        while plans.get(self.database, band.athlete_id, kept.revision or 0).status == plans.PROPOSED:
            await asyncio.sleep(0.2)


def sleep_poorly(db: Database, athlete_id: str, source: str, today: date) -> None:
    """A calm quarter of a year of nights, the last week's HRV low, the last night short."""
    for ago in range(NIGHTS, -1, -1):
        even = 1 if ago % 2 else -1
        recovery.add_morning(
            db,
            athlete_id,
            Night(
                today - timedelta(days=ago),
                source,
                LOW_RMSSD_MS if ago < LOW_WEEK else RMSSD_MS + SWING_MS * even,
                RESTING_BPM + even,
                SHORT_MIN if ago == 0 else ASLEEP_MIN + SWING_MIN * even,
            ),
        )
