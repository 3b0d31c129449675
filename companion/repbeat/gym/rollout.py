"""An update for a whole gym in stages: a few devices first, all others when those run it; failures halt."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from repbeat.hub.errors import HubError
from repbeat.hub.update import RUNS, WAITS, Updated

STAGES = (1, 5)  # devices in the first and second stage; all others in the last
MOST_FAILURES = 0  # in a stage; one more halts

Bring = Callable[[str], Awaitable[Updated]]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One device. `outcome` as of Updated, or "failed", or "held" where the roll-out had halted."""

    device_id: str
    stage: int
    outcome: str
    problem: str = ""


class Rollout(msgspec.Struct, frozen=True, kw_only=True):
    """What became of everybody; `halted` says why it went no further, "" when it went to its end."""

    steps: list[Step]
    halted: str = ""


FAILED, HELD = "failed", "held"


def stages_of(device_ids: Sequence[str], sizes: Sequence[int] = STAGES) -> list[list[str]]:
    """The devices in order, cut into stages of these sizes and one of all that are left."""
    left = list(device_ids)
    out = []
    for size in sizes:
        out.append(left[:size])
        left = left[size:]
    return [stage for stage in [*out, left] if stage]


async def roll_out(
    device_ids: Sequence[str],
    bring: Bring,
    sizes: Sequence[int] = STAGES,
    most_failures: int = MOST_FAILURES,
    told: Callable[[Step], None] = lambda _: None,
) -> Rollout:
    """Bring the update to one device after another.

    A device that returned to what it ran before, or could not be served, is a failure; more than
    `most_failures` in a stage halt at once. One that waits for its trial holds the next stage back: nothing
    is known of the update until it runs.
    """
    steps: list[Step] = []
    halted = ""
    for number, stage in enumerate(stages_of(device_ids, sizes), start=1):
        failures = waiting = 0
        for device_id in stage:
            step = Step(device_id=device_id, stage=number, outcome=HELD)
            if not halted:
                step = await _one(device_id, number, bring)
                failures += step.outcome not in (RUNS, WAITS)
                waiting += step.outcome == WAITS
                if failures > most_failures:
                    halted = f"{failures} of stage {number} do not run it: see why before going on"
            steps.append(step)
            told(step)
        if waiting and not halted:
            halted = f"{waiting} of stage {number} have not started it yet: run this again when they have"
    complete = all(step.outcome in (RUNS, WAITS) for step in steps)
    return Rollout(steps=steps, halted="" if complete else halted)


async def _one(device_id: str, stage: int, bring: Bring) -> Step:
    try:
        updated = await bring(device_id)
    except HubError as error:
        return Step(device_id=device_id, stage=stage, outcome=FAILED, problem=str(error))
    return Step(device_id=device_id, stage=stage, outcome=updated.outcome)
