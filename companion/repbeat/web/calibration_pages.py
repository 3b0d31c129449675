"""For operators: a machine's sensor is calibrated step by step, from a phone beside the machine."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from repbeat.gym import calibration, machines
from repbeat.gym.calibration import BadCalibration
from repbeat.people.roles import Role, needs
from repbeat.store import NotFound, devices
from repbeat.web import typed
from repbeat.web.context import gate, now_ms, store
from repbeat.web.errors import told
from repbeat.web.gym_pages import operated

calibrating = Blueprint("calibrating", __name__)
SUGGESTED_PLATE = 5


@calibrating.get("/gym/machines/<machine_id>/calibration")
@needs(Role.OPERATOR)
def page(machine_id: str) -> str:
    """How far it is, what to do now, and what is in force."""
    db = store()
    machine = operated(machine_id)
    device_id = _sensor(machine_id)
    state = calibration.state(db, device_id, now_ms()) if device_id else None
    step = state.in_force if state else None
    at_ms = calibration.moment(db, step) if step else None
    return render_template(
        "calibration.html",
        machine=machine,
        device=devices.get(db, device_id) if device_id else None,
        state=state,
        step=step,
        age_s=None if at_ms is None else (now_ms() - at_ms) / 1000,
        plate=step.plate if step and step.plate else SUGGESTED_PLATE,
    )


@calibrating.post("/gym/machines/<machine_id>/calibration")
@needs(Role.OPERATOR)
def act(machine_id: str) -> ResponseReturnValue:
    """Begin, go on to the next step, or give it up."""
    db, form = store(), request.form
    operated(machine_id)
    device_id = _sensor(machine_id)
    if device_id is None:
        raise NotFound("the machine has no sensor")
    action = form.get("act")
    if action == "go_on":
        calibration.go_on(db, device_id, now_ms())
    elif action == "stop":
        calibration.stop(db, device_id, now_ms())
    else:
        try:
            plate = _whole(typed.whole(form.get("plate", ""))) if form.get("flag") else 0
            first_g, step_g = (_whole(typed.grams(form.get(name, ""))) for name in ("first", "further"))
            calibration.begin(db, device_id, plate, first_g, step_g, now_ms())
        except (BadCalibration, typed.NotANumber) as error:
            flash(told(error), "bad")
    return redirect(url_for("calibrating.page", machine_id=machine_id))


def _sensor(machine_id: str) -> str | None:
    """The sensor on the machine, if the viewer looks after it."""
    device_id = machines.sensors(store()).get(machine_id)
    return device_id if device_id and gate().operates(device_id) else None


def _whole(value: float | None) -> int:
    """To the gram or the plate; BadCalibration where nothing was typed."""
    if value is None:
        raise BadCalibration("a plate is missing: say each one")
    return round(value)
