"""Gyms and their groups: who belongs where, as what, and which devices hang there."""

from __future__ import annotations

import uuid

import msgspec

from repbeat.people.accounts import clean_name
from repbeat.people.errors import UnknownScope
from repbeat.store import Database, NotFound

HOME = "home"  # the gym of a household, and of every device that no gym has taken
ATHLETE, COACH, OPERATOR = "athlete", "coach", "operator"
ROLES = (ATHLETE, COACH, OPERATOR)
WHOLE = ""  # the group that is a gym as a whole


class Gym(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant."""

    gym_id: str
    name: str


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """People of one gym who train together; of a `workplace`, nothing of one member is shown to anybody."""

    gym_id: str
    group_id: str
    name: str
    workplace: bool = False


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """An account in a gym (`group_id` empty) or in one of its groups."""

    account_id: str
    gym_id: str
    group_id: str
    role: str
    since_ms: int


def add_gym(db: Database, name: str, gym_id: str = "") -> Gym:
    """A new gym; one of the same id stays as it was."""
    gym = Gym(gym_id=gym_id or uuid.uuid4().hex, name=clean_name(name))
    db.insert("gyms", [gym])
    return gym


def gyms(db: Database) -> list[Gym]:
    """All, by name."""
    return db.all(Gym, "SELECT * FROM gyms ORDER BY name")


def add_group(db: Database, gym_id: str, name: str, *, workplace: bool = False) -> Group:
    """A new group, a workplace's for ever or never; NotFound if there is no such gym."""
    if db.value("SELECT 1 FROM gyms WHERE gym_id = :gym_id", gym_id=gym_id) is None:
        raise NotFound("no such gym")
    group = Group(gym_id=gym_id, group_id=uuid.uuid4().hex, name=clean_name(name), workplace=workplace)
    db.insert("training_groups", [{**msgspec.structs.asdict(group), "workplace": int(workplace)}])
    return group


def groups(db: Database, gym_id: str) -> list[Group]:
    """A gym's groups, by name."""
    return db.all(Group, "SELECT * FROM training_groups WHERE gym_id = :gym_id ORDER BY name", gym_id=gym_id)


def join(
    db: Database, account_id: str, gym_id: str, role: str, now_ms: int, group_id: str = WHOLE
) -> Membership:
    """An account is in a gym or group, as athlete, coach or operator."""
    if role not in ROLES:
        raise UnknownScope(f"roles in a gym are {', '.join(ROLES)}")
    membership = Membership(
        account_id=account_id, gym_id=gym_id, group_id=group_id, role=role, since_ms=now_ms
    )
    db.insert("memberships", [membership])
    return membership


def leave(db: Database, account_id: str, gym_id: str, role: str, group_id: str = WHOLE) -> None:
    """No longer."""
    db.run(
        """DELETE FROM memberships WHERE account_id = :account_id AND gym_id = :gym_id
             AND group_id = :group_id AND role = :role""",
        account_id=account_id,
        gym_id=gym_id,
        group_id=group_id,
        role=role,
    )


def of_account(db: Database, account_id: str) -> list[Membership]:
    """Where an account belongs."""
    return db.all(
        Membership,
        "SELECT * FROM memberships WHERE account_id = :account_id ORDER BY gym_id, group_id, role",
        account_id=account_id,
    )


def place_device(db: Database, device_id: str, gym_id: str) -> None:
    """The device hangs in this gym: its operators look after it."""
    db.upsert("gym_devices", ("device_id",), [{"device_id": device_id, "gym_id": gym_id}])


def gym_of_device(db: Database, device_id: str) -> str:
    """Where a device hangs; the household's own where nobody said."""
    found: str | None = db.value(
        "SELECT gym_id FROM gym_devices WHERE device_id = :device_id", device_id=device_id
    )
    return found or HOME
