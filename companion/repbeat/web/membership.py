"""A group as whoever asks belongs to it, and who is of a gym: what others have is not told."""

from __future__ import annotations

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from repbeat.people import accounts, tenants
from repbeat.store import NotFound, athletes
from repbeat.store.athletes import Athlete
from repbeat.web.context import gate, store


def named(gym_id: str, group_id: str) -> tenants.Group:
    """A group whoever asks for it; NotFound if there is none."""
    found = next((one for one in tenants.groups(store(), gym_id) if one.group_id == group_id), None)
    if found is None:
        raise NotFound("no such group")
    return found


def own_group(gym_id: str, group_id: str) -> tenants.Group:
    """A group of whoever asks; NotFound for another's, too."""
    if not _roles(gym_id, group_id):
        raise NotFound("no such group")
    return named(gym_id, group_id)


def _roles(gym_id: str, group_id: str) -> set[str]:
    return {
        one.role
        for one in tenants.of_account(store(), gate().viewer.account_id)
        if (one.gym_id, one.group_id) == (gym_id, group_id)
    }


def leads(gym_id: str, group_id: str) -> bool:
    """Whether whoever asks leads the group."""
    return tenants.COACH in _roles(gym_id, group_id)


def to_group(gym_id: str, group_id: str) -> ResponseReturnValue:
    """On to the group's page."""
    return redirect(url_for("together.group", gym_id=gym_id, group_id=group_id))


def members_of(gyms: set[str]) -> list[Athlete]:
    """Athletes of these gyms, by name; on an open companion everybody."""
    db = store()
    if gate().viewer.everything:
        return athletes.every(db)
    found = {
        athlete_id
        for account in accounts.every(db)
        if any(one.gym_id in gyms for one in tenants.of_account(db, account.account_id))
        for athlete_id in accounts.owned(db, account.account_id)
    }
    return sorted((athletes.get(db, one) for one in found), key=lambda one: one.name)
