"""Who asks, and the gate that each answer about an athlete goes through."""

from __future__ import annotations

from functools import cached_property

import msgspec

from repbeat.people import accounts, audit, consent, tenants, tokens
from repbeat.people.accounts import Account
from repbeat.people.consent import Consent
from repbeat.people.roles import Access, Role
from repbeat.store import Database, NotFound, athletes, devices
from repbeat.store.athletes import Athlete
from repbeat.store.devices import Device
from repbeat.store.sessions import Session

# What a token must be allowed for each kind of data.
TOKEN_SCOPE = {
    consent.HEART: tokens.HEART,
    consent.OXYGEN: tokens.OXYGEN,
    consent.LIVE: tokens.LIVE,
    consent.COACHING: tokens.WRITE,
}


class Viewer(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks. `own`: athletes whose data is theirs; `operates`: gyms; `scopes`: of a token, None: all."""

    account_id: str = ""
    name: str = ""
    actor: str = "account"
    roles: frozenset[Role] = frozenset({Role.ANYONE})
    own: frozenset[str] = frozenset()
    operates: frozenset[str] = frozenset()
    scopes: frozenset[str] | None = None
    everything: bool = False  # an open companion on the loopback interface
    place: str = ""  # a gym, or gym_id/group_id: only what was consented to it counts

    @property
    def signed_in(self) -> bool:
        """Whether anybody is known."""
        return Role.SIGNED_IN in self.roles

    def may_call(self, access: Access) -> bool:
        """Whether a route may be called at all."""
        if access.role not in self.roles:
            return False
        return access.role is Role.ANYONE or self.scopes is None or access.scope in self.scopes


NOBODY = Viewer()
EVERYBODY = Viewer(name="this computer", actor="program", roles=frozenset(Role), everything=True)


def of_place(account: Account, place: str) -> Viewer:
    """An account in a gym or group (gym_id/group_id), with what was consented to that place alone."""
    roles = frozenset({Role.ANYONE, Role.SIGNED_IN})
    return Viewer(account_id=account.account_id, name=account.name, roles=roles, place=place)


def of_account(db: Database, account: Account, scopes: frozenset[str] | None = None) -> Viewer:
    """An account, signed in or by a token of these scopes."""
    own = frozenset(accounts.owned(db, account.account_id))
    memberships = tenants.of_account(db, account.account_id)
    roles = {Role.ANYONE, Role.SIGNED_IN}
    if own:
        roles.add(Role.ATHLETE)
    if account.administrator:
        roles.add(Role.ADMINISTRATOR)
    roles.update(Role(one.role) for one in memberships if one.role != tenants.ATHLETE)
    return Viewer(
        account_id=account.account_id,
        name=account.name,
        actor="account" if scopes is None else "token",
        roles=frozenset(roles),
        own=own,
        operates=frozenset(one.gym_id for one in memberships if one.role == tenants.OPERATOR),
        scopes=scopes,
    )


class Gate:
    """One viewer at one moment; consents are read once, when they are first asked for."""

    def __init__(self, db: Database, viewer: Viewer, now_ms: int) -> None:
        self.db = db
        self.viewer = viewer
        self.now_ms = now_ms
        self._levels: dict[str, dict[str, int]] = {}

    def may(self, athlete_id: str | None, scope: str, item: str | None = None) -> bool:
        """Whether the viewer may have this kind of an athlete's data; None: nobody's, for operators."""
        viewer = self.viewer
        if viewer.scopes is not None and TOKEN_SCOPE.get(scope, tokens.READ) not in viewer.scopes:
            return False
        if viewer.everything or athlete_id in viewer.own:
            return True
        if athlete_id is None or not viewer.account_id:
            return False
        given = self._consents.get(athlete_id)
        if not given:
            return False
        if athlete_id not in self._levels:
            self._levels[athlete_id] = consent.levels(self.db, athlete_id)
        return consent.allowed(scope, given, self._levels[athlete_id], self.now_ms, item)

    def may_session(self, session: Session, scope: str = consent.SESSIONS) -> bool:
        """The same of one session, which may be narrower than the rest; unclaimed ones are for operators."""
        if session.athlete_id is None:
            return self.operates(session.device_id) and self.may_scope(scope)
        item = consent.session_item(session.device_id, session.log_id, session.session_seq)
        return self.may(session.athlete_id, scope, item)

    def may_scope(self, scope: str) -> bool:
        """Whether the token, if it is one, reaches this kind of data."""
        scopes = self.viewer.scopes
        return scopes is None or TOKEN_SCOPE.get(scope, tokens.READ) in scopes

    def operates(self, device_id: str) -> bool:
        """Whether the viewer looks after this device for its gym."""
        if self.viewer.everything:
            return True
        gyms = self.viewer.operates
        return bool(gyms) and tenants.gym_of_device(self.db, device_id) in gyms

    def may_device(self, device: Device) -> bool:
        """Whether the viewer sees how a device is: its operator does, and who wears it."""
        return self.operates(device.device_id) or devices.athlete_of(self.db, device) in self.viewer.own

    def check(self, athlete_id: str | None, scope: str, item: str | None = None) -> None:
        """NotFound unless the viewer may: what one may not see is not there. What others see is noted."""
        if not self.may(athlete_id, scope, item):
            raise NotFound(HIDDEN)
        self.seen(athlete_id, scope)

    def check_session(self, session: Session, scope: str = consent.SESSIONS) -> None:
        """The same of one session."""
        if not self.may_session(session, scope):
            raise NotFound(HIDDEN)
        self.seen(session.athlete_id, scope)

    def check_own(self, athlete_id: str) -> None:
        """NotFound unless it is the viewer's own data: consent, export and erasure are for nobody else."""
        if athlete_id not in self.viewer.own and not self.viewer.everything:
            raise NotFound(HIDDEN)

    def seen(self, athlete_id: str | None, scope: str) -> None:
        """Note in the athlete's log that the viewer, if it is not themselves, saw this kind of data."""
        if athlete_id is not None and athlete_id not in self.viewer.own and not self.viewer.everything:
            audit.seen(self.db, athlete_id, self.viewer.account_id, self.viewer.actor, scope, self.now_ms)

    def athletes(self, scope: str) -> list[Athlete]:
        """All whose data of this kind the viewer may have, by name."""
        if self.viewer.everything:
            return athletes.every(self.db)
        wanted = {one for one in {*self.viewer.own, *self._consents} if self.may(one, scope)}
        if not wanted:
            return []
        found = [athletes.get(self.db, athlete_id) for athlete_id in wanted]
        return sorted(found, key=lambda athlete: athlete.name)

    def known(self) -> list[Athlete]:
        """All of whom the viewer may have any kind of data, by name."""
        if self.viewer.everything:
            return athletes.every(self.db)
        wanted = set(self.viewer.own) | {
            athlete_id
            for athlete_id in self._consents
            if any(self.may(athlete_id, scope) for scope in consent.KINDS)
        }
        return sorted((athletes.get(self.db, one) for one in wanted), key=lambda athlete: athlete.name)

    @cached_property
    def _consents(self) -> dict[str, list[Consent]]:
        out: dict[str, list[Consent]] = {}
        if self.viewer.account_id:
            place = self.viewer.place
            for one in consent.to_account(self.db, self.viewer.account_id):
                if place and (one.grantee_kind not in consent.PLACES or one.grantee != place):
                    continue
                out.setdefault(one.athlete_id, []).append(one)
        return out


HIDDEN = "not here, or not yours to see: ask the athlete for consent"
