"""The next plan from the plan in force and what was done with it: pure."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

import msgspec

from repbeat.coach.rules import Decision, Readiness, Trial, next_load
from repbeat.store.plans import Change
from repbeat_protocol import plan as wire


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules say of one exercise of the plan, whether or not it changes anything."""

    item: int
    exercise: int
    old_g: int
    decision: Decision


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """The next plan (None: nothing changes), each change, and the verdict on every exercise that was done."""

    plan: wire.Plan | None
    changes: tuple[Change, ...]
    verdicts: tuple[Verdict, ...]


def propose(
    current: wire.Plan,
    revision: int,
    issued_s: int,
    trials: Mapping[int, Sequence[Trial]],
    week_ago_g: Mapping[int, int],
    readiness: Readiness = Readiness.UNKNOWN,
    red_flag: bool = False,
    plate_g: int | None = None,
) -> Proposal:
    """The plan to follow `current`, within the bounds that the device checks too.

    `trials`: for each item of the plan, its sessions, latest first; items without any stay as they are,
    and so do warm-ups. `week_ago_g`: each item's load a week ago.
    """
    verdicts = [
        Verdict(
            item=number,
            exercise=item.exercise,
            old_g=item.load_g,
            decision=next_load(
                item.exercise, trials[number], week_ago_g[number], readiness, red_flag, plate_g
            ),
        )
        for number, item in enumerate(current.items)
        if trials.get(number) and not item.flags & wire.WARM_UP
    ]
    changes = tuple(
        Change(
            item=verdict.item,
            exercise=verdict.exercise,
            field="load_g",
            old=verdict.old_g,
            new=verdict.decision.load_g,
            rule=verdict.decision.rule,
            version=verdict.decision.version,
            why=verdict.decision.why,
            inputs=verdict.decision.inputs,
        )
        for verdict in verdicts
        if verdict.decision.load_g != verdict.old_g
    )
    if not changes:
        return Proposal(plan=None, changes=(), verdicts=tuple(verdicts))
    plan = copy.deepcopy(current)
    plan.revision, plan.issued_s = revision, issued_s
    for change in changes:
        plan.items[change.item].load_g = change.new
    wire.check(plan)
    wire.check_step(plan, current, current.athlete)
    return Proposal(plan=plan, changes=changes, verdicts=tuple(verdicts))
