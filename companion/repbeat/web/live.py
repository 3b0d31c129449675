"""What a device is doing now, as the pages show it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from flask_babel import gettext as _

from repbeat.people import consent
from repbeat.people.viewer import Gate
from repbeat.store import NotFound, devices
from repbeat.web import form, words
from repbeat.web.context import LiveState
from repbeat_protocol import live as wire


def shown(state: LiveState) -> dict[str, object]:
    """The state as the pages and /live.json give it; bpm and strain (0-21) None where no good value is known.

    `form` names what was off about the last repetition. LIVE version 1, and a link of the smallest MTU, say
    nothing of steps, cadence (1/min) and strain. `angle` (degrees) and `angle_range` are of rehabilitation.
    """
    values = state.values
    link = {"link": state.link, "link_words": _(state.link)}
    if values is None:
        return {**link, "phase": None}
    strain_x10 = values.get("strain_x10", wire.UNKNOWN_STRAIN)
    angle = values.get("angle", wire.UNKNOWN_ANGLE)
    return {
        **link,
        "phase": _(words.PHASES.get(values["phase"], "Unknown")),
        "active": values["phase"] in (wire.READY, wire.IN_SET, wire.REST, wire.BREATHING),
        "counting": values["phase"] in (wire.READY, wire.IN_SET),
        "set": values["set_index"] + 1,
        "reps": values["reps"],
        "target": values["reps_high"] or None,
        "exercise": form.exercise(values["exercise"]),
        "rest_left_s": values["rest_left_s"] if values["phase"] == wire.REST else None,
        "bpm": values["bpm"] or None,
        "zone": values["zone"],
        "steps": values.get("steps"),
        "cadence": values.get("cadence"),
        "velocity": values["mean_velocity_mm_s"] or None,
        "form": [name for bit, name in words.FORM_BITS.items() if values["form_bits"] & bit],
        "angle": None if angle == wire.UNKNOWN_ANGLE else angle,
        "angle_range": [values["angle_low"], values["angle_high"]] if values.get("angle_high") else None,
        "strain": None if strain_x10 == wire.UNKNOWN_STRAIN else strain_x10 / 10,
    }


def visible(gate: Gate, states: Mapping[str, LiveState]) -> dict[str, dict[str, object]]:
    """The states that a viewer may see, by device: their own, consented ones, and idle ones they operate."""
    out: dict[str, dict[str, object]] = {}
    for device_id, state in states.items():
        athlete_id = None
        with suppress(NotFound):  # a device whose first connection is just beginning
            athlete_id = devices.athlete_of(gate.db, devices.get(gate.db, device_id))
        if gate.may(athlete_id, consent.LIVE) or (
            athlete_id is None and gate.may_scope(consent.LIVE) and gate.operates(device_id)
        ):
            gate.seen(athlete_id, consent.LIVE)
            out[device_id] = shown(state)
            if athlete_id is not None and not gate.may(athlete_id, consent.HEART):
                out[device_id] |= {"bpm": None, "zone": 0, "strain": None} if state.values else {}
        elif gate.operates(device_id):
            out[device_id] = {"link": state.link, "link_words": _(state.link), "phase": None}
    return out
