"""For operators: machines, fleet, sets that nobody claimed. For whoever trains: the page behind a QR code.

A machine's page says whether it is taken, never by whom; an operator sees no training of anybody.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from repbeat.gym import attribution, desk, fleet, labels, machines, sets
from repbeat.gym.machines import Machine
from repbeat.paper import NoPdf
from repbeat.people import tenants
from repbeat.people.errors import PeopleError
from repbeat.people.roles import Role, needs
from repbeat.store import NotFound, athletes, devices
from repbeat.store.athletes import Athlete
from repbeat.web import gym_view
from repbeat.web.context import gate, now_ms, store
from repbeat.web.errors import told
from repbeat.web.membership import members_of
from repbeat_protocol import exercises

gym = Blueprint("gym", __name__)
MOST_UNCLAIMED = 200  # looked at
SHOWN_UNCLAIMED = 25  # on one page
FIRST_UNCLAIMED = 5  # before the rest is unfolded


@gym.get("/gym")
@needs(Role.OPERATOR)
def overview() -> str:
    """Machines, devices and the pool of the gyms that the viewer looks after."""
    db = store()
    mine = _machines()
    known = {one.machine_id: one for one in mine}
    lines = [one for one in fleet.lines(db, now_ms()) if gate().operates(one.device_id)]
    here = {one.device_id: one for one in lines}
    on = machines.sensors(db)
    taken = {one.machine_id for one in mine if desk.holder(db, one.machine_id, now_ms())}
    unclaimed = [one for one in sets.unclaimed(db, MOST_UNCLAIMED) if one.device_id in here]
    return render_template(
        "gym.html",
        machines=[(one, one.machine_id in taken, here.get(on.get(one.machine_id, ""))) for one in mine],
        taken=len(taken),
        lines=sorted(lines, key=lambda one: -len(one.warnings)),
        charges={one.device_id: one.charges for one in fleet.batteries(db, now_ms())},
        names=known,
        hours=gym_view.hours(db, mine, now_ms()),
        unclaimed=unclaimed[:SHOWN_UNCLAIMED],
        first=FIRST_UNCLAIMED,
        more_unclaimed=max(0, len(unclaimed) - SHOWN_UNCLAIMED),
        people=members_of({one.gym_id for one in mine}),
        gyms=[one for one in tenants.gyms(db) if _operates(one.gym_id)],
        exercises=gym_view.exercises(),
    )


@gym.post("/gym/machines")
@needs(Role.OPERATOR)
def add() -> ResponseReturnValue:
    """One more machine."""
    form = request.form
    gym_id = form.get("gym", "")
    if not _operates(gym_id) or gym_id not in {one.gym_id for one in tenants.gyms(store())}:
        raise NotFound("no such gym")
    exercise = exercises.CODES.get(form.get("exercise", ""), exercises.UNKNOWN)
    return _done(
        lambda: machines.add(store(), form.get("name", ""), now_ms(), gym_id=gym_id, exercise=exercise)
    )


@gym.post("/gym/machines/<machine_id>")
@needs(Role.OPERATOR)
def change(machine_id: str) -> ResponseReturnValue:
    """Another name, or another sensor; a sensor's first machine holds for all that it has recorded."""
    db, form = store(), request.form
    operated(machine_id)
    device_id = form.get("sensor")
    if device_id is None:
        return _done(lambda: machines.rename(db, machine_id, form.get("name", "")))
    if not gate().operates(device_id):
        raise NotFound("no such device")

    def mount() -> None:
        first = not machines.mounts(db, device_id)
        machines.mount(db, device_id, machine_id, 0 if first else now_ms())
        attribution.refresh(db, device_id)

    return _done(mount)


@gym.post("/gym/devices")
@needs(Role.OPERATOR)
def name_devices() -> ResponseReturnValue:
    """Names of many devices at once: those that the form has and that are another now."""
    db = store()
    wanted = {one: name.strip() for one, name in request.form.items() if gate().operates(one)}

    def rename() -> None:
        with db.atomic():
            for one in devices.every(db):
                name = wanted.get(one.device_id)
                if name and name != one.name:
                    devices.rename(db, one.device_id, name[:64])

    return _done(rename)


@gym.post("/gym/sets/<set_id>")
@needs(Role.OPERATOR)
def assign(set_id: str) -> ResponseReturnValue:
    """Give a set from the pool to a member of the gym that has asked for it."""
    db = store()
    found = sets.get(db, sets.key_of(set_id))
    if not gate().operates(found.device_id) or found.athlete_id is not None:
        raise NotFound("no such set in the pool")
    athlete_id = request.form.get("athlete", "")
    if athlete_id not in {one.athlete_id for one in members_of({tenants.gym_of_device(db, found.device_id)})}:
        raise NotFound("no such member of the gym")
    return _done(lambda: desk.decide(db, found.key, athlete_id, gate().viewer.account_id, now_ms()))


@gym.get("/gym/labels.pdf")
@needs(Role.OPERATOR)
def label_sheet() -> Response:
    """Every machine's label, to print."""
    found = _machines()
    if not found:
        raise NotFound("there are no machines to label")
    try:
        content = labels.sheet(found, request.host_url)
    except NoPdf as error:
        abort(501, told(error))
    return Response(content, mimetype="application/pdf")


@gym.get("/m/<machine_id>")
@needs(Role.ATHLETE)
def machine(machine_id: str) -> str:
    """The page behind a machine's QR code: take it, give it back, what one did there."""
    db, at_ms = store(), now_ms()
    found = _reached(machine_id)
    own = _own()
    held = desk.holder(db, machine_id, at_ms)
    done = [one for athlete in own for one in sets.of_athlete(db, athlete.athlete_id, limit=20)]
    return render_template(
        "machine.html",
        machine=found,
        own=own,
        holder=next((one for one in own if held and one.athlete_id == held.athlete_id), None),
        taken=held is not None,
        done=[one for one in done if one.machine_id == machine_id],
    )


@gym.post("/m/<machine_id>/claim")
@needs(Role.ATHLETE)
def claim(machine_id: str) -> ResponseReturnValue:
    """The viewer is on the machine from now on."""
    _reached(machine_id)
    own = [one.athlete_id for one in _own()]
    wanted = request.form.get("athlete", own[0] if len(own) == 1 else "")
    if wanted not in own:
        raise NotFound("no such athlete of yours")
    desk.claim(store(), machine_id, wanted, now_ms())
    return redirect(url_for("gym.machine", machine_id=machine_id))


@gym.post("/m/<machine_id>/release")
@needs(Role.ATHLETE)
def release(machine_id: str) -> ResponseReturnValue:
    """The viewer has finished there."""
    _reached(machine_id)
    for one in _own():
        desk.give_back(store(), machine_id, one.athlete_id, now_ms())
    return redirect(url_for("gym.machine", machine_id=machine_id))


def _operates(gym_id: str) -> bool:
    viewer = gate().viewer
    return viewer.everything or gym_id in viewer.operates


def _machines() -> list[Machine]:
    return [one for one in machines.every(store()) if _operates(one.gym_id)]


def operated(machine_id: str) -> Machine:
    """A machine of a gym that the viewer looks after."""
    found = machines.get(store(), machine_id)
    if not _operates(found.gym_id):
        raise NotFound("no such machine")
    return found


def _reached(machine_id: str) -> Machine:
    """A machine of a gym that the viewer belongs to."""
    db, viewer = store(), gate().viewer
    found = machines.get(db, machine_id)
    gyms = {one.gym_id for one in tenants.of_account(db, viewer.account_id)}
    if found.gym_id not in gyms and not viewer.everything:
        raise NotFound("no such machine in a gym of yours")
    return found


def _own() -> list[Athlete]:
    """As whom the viewer trains."""
    viewer = gate().viewer
    if viewer.everything:
        return athletes.every(store())
    return [athletes.get(store(), one) for one in sorted(viewer.own)]


def _done(work: Callable[[], object]) -> ResponseReturnValue:
    """Make a change and say so, or say why not, on the page again."""
    try:
        work()
    except PeopleError as error:
        flash(told(error), "bad")
    else:
        flash(_("Changed."), "good")
    return redirect(url_for("gym.overview"))
