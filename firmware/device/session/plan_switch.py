"""Puts the plan that waits in force, between sets only, and proves it by a PLAN_APPLIED record.

The store marks the switch first; the record follows. If the power fails in between, the record is written
at the next start, so a plan in force is always proved.
"""

from device.store.flash import StoreError
from device.system.journal import LOST
from repbeat_protocol import plan as plan_format
from repbeat_protocol import records


class PlanSwitch:
    """`plans`: store.PlanSlot; `recorder` writes; `failed(error)` takes a flash that refuses the switch."""

    def __init__(self, plans, recorder, failed, unix_s) -> None:
        self._plans = plans
        self._recorder = recorder
        self._failed = failed
        self._unix_s = unix_s
        self._stuck = None  # a plan that the flash did not take: not tried again before the next start

    @property
    def due(self) -> bool:
        """Whether a plan waits to come into force."""
        return self._plans.waiting is not None and self._plans.waiting is not self._stuck

    def in_force(self) -> plan_format.Plan | None:
        """The plan to train by; None when there is none or it has expired: then the session is free."""
        plan = self._plans.current
        if plan is not None:
            try:
                plan_format.check_time(plan, self._unix_s())
            except plan_format.PlanExpired:
                return None
        return plan

    def switch(self) -> bool:
        """Put the waiting plan in force; False when the flash refused, and then the one before stays."""
        offered = self._plans.waiting
        try:
            self._plans.apply()
            self.prove()
        except StoreError as error:
            self._stuck = offered
            self._failed(error)
            return False
        return True

    def prove(self) -> None:
        """Write the PLAN_APPLIED record of the plan in force, if the log does not hold it. StoreError."""
        unproved = self._plans.unproved
        if unproved is None:
            return
        revision, previous, digest8 = unproved
        if self._recorder.plan(revision, previous, records.APPLIED, 0, digest8) != LOST:
            self._plans.proved()
