"""For administrators: accounts, roles in gyms, groups, and where devices hang. No training is seen here."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from repbeat.community import encouragement
from repbeat.people import accounts, setup, tenants
from repbeat.people.errors import PeopleError
from repbeat.people.roles import Role, needs
from repbeat.store import NotFound, devices
from repbeat.web.context import now_ms, store
from repbeat.web.errors import told

people = Blueprint("people", __name__)


@people.get("/people")
@needs(Role.ADMINISTRATOR)
def everybody() -> str:
    """Accounts, gyms, groups and devices."""
    db = store()
    gyms = tenants.gyms(db)
    return render_template(
        "people.html",
        accounts=[(one, tenants.of_account(db, one.account_id)) for one in accounts.every(db)],
        free=accounts.without_owner(db),
        gyms=[(gym, tenants.groups(db, gym.gym_id)) for gym in gyms],
        gym_names={gym.gym_id: gym.name for gym in gyms},
        group_names={group.group_id: group.name for gym in gyms for group in tenants.groups(db, gym.gym_id)},
        roles=tenants.ROLES,
        reported=len(encouragement.reported(db)),
        devices=[(one, tenants.gym_of_device(db, one.device_id)) for one in devices.every(db)],
    )


@people.post("/people")
@needs(Role.ADMINISTRATOR)
def add() -> ResponseReturnValue:
    """An account for one more person."""
    form = request.form

    def change() -> None:
        setup.member(
            store(),
            form.get("name", ""),
            form.get("password", ""),
            now_ms(),
            athlete=form.get("athlete") or None,
        )

    return _done(change, _("The account is made: tell its name and password, which can be changed there."))


@people.post("/people/<account_id>/remove")
@needs(Role.ADMINISTRATOR)
def remove(account_id: str) -> ResponseReturnValue:
    """Take an account away; the athlete's data stays until it is erased."""
    accounts.get(store(), account_id)
    return _done(lambda: accounts.remove(store(), account_id), _("The account is gone."))


@people.post("/people/<account_id>/administrator")
@needs(Role.ADMINISTRATOR)
def administrator(account_id: str) -> ResponseReturnValue:
    """Let an account manage others, or no longer."""
    accounts.get(store(), account_id)
    wanted = request.form.get("on") == "1"
    return _done(lambda: accounts.set_administrator(store(), account_id, wanted), _("Changed."))


@people.post("/people/<account_id>/roles")
@needs(Role.ADMINISTRATOR)
def change_role(account_id: str) -> ResponseReturnValue:
    """Add or take away a role in a gym or group."""
    db, form = store(), request.form
    accounts.get(db, account_id)
    gym_id, _slash, group_id = form.get("where", "").partition("/")
    known = {(gym.gym_id, "") for gym in tenants.gyms(db)}
    known |= {(group.gym_id, group.group_id) for gym, _whole in known for group in tenants.groups(db, gym)}
    if (gym_id, group_id) not in known:
        raise NotFound("no such gym or group")
    role = form.get("role", "")

    def change() -> None:
        if form.get("on") == "1":
            tenants.join(db, account_id, gym_id, role, now_ms(), group_id)
        else:
            tenants.leave(db, account_id, gym_id, role, group_id)

    return _done(change, _("Changed."))


@people.post("/gyms")
@needs(Role.ADMINISTRATOR)
def add_gym() -> ResponseReturnValue:
    """One more gym."""
    return _done(lambda: tenants.add_gym(store(), request.form.get("name", "")), _("The gym is added."))


@people.post("/gyms/<gym_id>/groups")
@needs(Role.ADMINISTRATOR)
def add_group(gym_id: str) -> ResponseReturnValue:
    """A group of a gym."""
    name, workplace = request.form.get("name", ""), request.form.get("workplace") == "1"
    return _done(
        lambda: tenants.add_group(store(), gym_id, name, workplace=workplace), _("The group is added.")
    )


@people.post("/people/devices/<device_id>")
@needs(Role.ADMINISTRATOR)
def place(device_id: str) -> ResponseReturnValue:
    """Say where a device hangs."""
    db = store()
    devices.get(db, device_id)
    gym_id = request.form.get("gym", "")
    if gym_id not in {gym.gym_id for gym in tenants.gyms(db)}:
        raise NotFound("no such gym")
    return _done(lambda: tenants.place_device(db, device_id, gym_id), _("Changed."))


def _done(change: Callable[[], object], said: str) -> ResponseReturnValue:
    """Make a change and say so, or say why not, on the page again."""
    try:
        change()
    except (PeopleError, NotFound) as error:
        flash(told(error), "bad")
    else:
        flash(said, "good")
    return redirect(url_for("people.everybody"))
