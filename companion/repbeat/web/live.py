"""What a device is doing now, as the pages show it."""

from __future__ import annotations

from typing import Protocol

from repbeat_protocol import exercises
from repbeat_protocol import live as wire

PHASES = {
    wire.IDLE: "Idle",
    wire.READY: "Ready for the next set",
    wire.IN_SET: "In a set",
    wire.REST: "Rest",
    wire.DONE: "Session done",
}


class LiveState(Protocol):
    """`link` is the hub's word for the connection; `values` is the last LIVE value, None before the first."""

    @property
    def link(self) -> str: ...
    @property
    def values(self) -> dict[str, int] | None: ...


def shown(state: LiveState) -> dict[str, object]:
    """The state as the pages and /live.json give it; bpm None where no good value is known."""
    values = state.values
    if values is None:
        return {"link": state.link, "phase": None}
    return {
        "link": state.link,
        "phase": PHASES.get(values["phase"], "Unknown"),
        "active": values["phase"] in (wire.READY, wire.IN_SET, wire.REST),
        "set": values["set_index"] + 1,
        "reps": values["reps"],
        "target": values["reps_high"] or None,
        "exercise": exercises.slug(values["exercise"]).replace("_", " "),
        "rest_left_s": values["rest_left_s"] if values["phase"] == wire.REST else None,
        "bpm": values["bpm"] or None,
        "zone": values["zone"],
    }
