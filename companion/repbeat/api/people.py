"""Who asks, whom they may see, and what athletes decide about their data."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from repbeat.api.operations import Id, Operations, Text
from repbeat.api.paging import Page
from repbeat.people import accounts, audit, consent, tenants, tokens
from repbeat.people.consent import Consent
from repbeat.people.errors import UnknownScope
from repbeat.people.roles import Role
from repbeat.store import NotFound
from repbeat.store.athletes import Athlete
from repbeat.web.context import gate, now_ms, store

people = Operations("People")


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """The account that asks; `scopes` null: signed in, not by a token."""

    account_id: str
    name: str
    roles: list[str]
    scopes: list[str] | None
    athletes: list[str]


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """An athlete, and what the asker may see of them; heart rates null where not known or not seen."""

    athlete_id: str
    name: str
    own: bool
    sees: list[str]
    resting_bpm: int | None
    max_bpm: int | None
    utc_offset_min: int


class NewConsent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To an account or a service by its name, to one's own gym by its id, or to a group of it (gym/group)."""

    grantee_kind: Literal["account", "group", "gym", "service"]
    grantee: Text
    scopes: Annotated[
        list[Literal["sessions", "heart", "values", "plans", "live", "coaching"]],
        msgspec.Meta(min_length=1, max_length=6),
    ]
    until_ms: Annotated[int, msgspec.Meta(ge=0, le=1 << 52)] | None = None


@people.get("/me", Role.SIGNED_IN, tokens.READ)
def me() -> Me:
    """Who the token speaks for, and what it may."""
    viewer = gate().viewer
    return Me(
        account_id=viewer.account_id,
        name=viewer.name,
        roles=sorted(role.value for role in viewer.roles - {Role.ANYONE}),
        scopes=None if viewer.scopes is None else sorted(viewer.scopes),
        athletes=sorted(viewer.own),
    )


@people.get("/athletes", Role.SIGNED_IN, tokens.READ)
def list_athletes() -> Page[Person]:
    """All of whom the asker may see anything, by name."""
    return Page(items=[_person(one) for one in gate().known()], next=None)


@people.get("/athletes/{athlete_id}", Role.SIGNED_IN, tokens.READ)
def get_athlete(athlete_id: Id) -> Person:
    """One athlete."""
    found = next((one for one in gate().known() if one.athlete_id == athlete_id), None)
    if found is None:
        raise NotFound("no such athlete, or not yours to see: /api/v1/athletes lists those you may")
    return _person(found)


@people.get("/athletes/{athlete_id}/consents", Role.ATHLETE, tokens.READ)
def list_consents(athlete_id: Id) -> Page[Consent]:
    """All consents that an athlete of one's own ever gave, newest first."""
    gate().check_own(athlete_id)
    return Page(items=consent.every(store(), athlete_id), next=None)


@people.post("/athletes/{athlete_id}/consents", Role.ATHLETE, tokens.WRITE)
def give_consent(athlete_id: Id, body: NewConsent) -> Page[Consent]:
    """Let somebody have some kinds of data: a consent for each."""
    gate().check_own(athlete_id)
    if body.until_ms is not None and body.until_ms <= now_ms():
        raise msgspec.ValidationError("until_ms is over already: give a later moment, or none")
    given = consent.give(
        store(), athlete_id, body.grantee_kind, _grantee(body), body.scopes, now_ms(), body.until_ms
    )
    _note(athlete_id, "gave consent", f"{body.grantee_kind}: {', '.join(one.scope for one in given)}")
    return Page(items=given, next=None)


@people.delete("/athletes/{athlete_id}/consents/{consent_id}", Role.ATHLETE, tokens.WRITE)
def revoke_consent(athlete_id: Id, consent_id: Id) -> None:
    """End a consent: the next request is refused."""
    gate().check_own(athlete_id)
    ended = consent.revoke(store(), athlete_id, consent_id, now_ms())
    _note(athlete_id, "revoked consent", f"{ended.grantee_kind}: {ended.scope}")


def _person(one: Athlete) -> Person:
    of = gate()
    heart = of.may(one.athlete_id, consent.HEART)
    return Person(
        athlete_id=one.athlete_id,
        name=one.name,
        own=one.athlete_id in of.viewer.own,
        sees=[kind for kind in consent.KINDS if of.may(one.athlete_id, kind)],
        resting_bpm=(one.resting_bpm or None) if heart else None,
        max_bpm=(one.max_bpm or None) if heart else None,
        utc_offset_min=one.utc_offset_min,
    )


def _grantee(body: NewConsent) -> str:
    """The grantee as consents name it."""
    db = store()
    if body.grantee_kind == consent.ACCOUNT:
        found = accounts.find(db, body.grantee)
        if found is None:
            raise UnknownScope("nobody here has that name: ask them for the name they sign in with")
        return found.account_id
    if body.grantee_kind == consent.SERVICE:
        return accounts.clean_name(body.grantee)
    belongs = {one.gym_id for one in tenants.of_account(db, gate().viewer.account_id)}
    if body.grantee.partition("/")[0] not in belongs:
        raise UnknownScope("that is no gym that you belong to: join it first")
    return body.grantee


def _note(athlete_id: str, action: str, detail: str) -> None:
    asking = gate().viewer
    audit.note(store(), athlete_id, asking.account_id, asking.actor, action, detail, now_ms())
