"""Consent and visibility: what of an athlete others may see, decided anew at every exit.

Nothing is seen by others without a consent that is in force; visibility may only narrow it, and of a kind of
data and what it is part of the stricter counts.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

import msgspec

from repbeat.people.errors import UnknownScope
from repbeat.store import Database, NotFound

SESSIONS, HEART, VALUES, PLANS, LIVE = "sessions", "heart", "values", "plans", "live"
OXYGEN = "oxygen"
KINDS = {
    SESSIONS: "sessions, sets and repetitions",
    HEART: "heart rate, RR intervals and what is computed from them",
    OXYGEN: "muscle oxygen",
    VALUES: "daily values: load, readiness, trends",
    PLANS: "plans and why they changed",
    LIVE: "what happens now, while training",
}
COACHING = "coaching"  # may approve, change and refuse plans
COUNTED = "counted"  # in a group's weekly means: of one person they show nothing
SCOPES = {
    **KINDS,
    COACHING: "approving and changing plans",
    COUNTED: "being counted in the weekly means of a group",
}

# Whoever may not see the sessions does not see their parts.
PART_OF = {
    HEART: SESSIONS,
    OXYGEN: SESSIONS,
    VALUES: SESSIONS,
    LIVE: SESSIONS,
    COUNTED: SESSIONS,
    COACHING: PLANS,
}

ACCOUNT, GROUP, GYM, SERVICE = "account", "group", "gym", "service"
GRANTEES = (ACCOUNT, GROUP, GYM, SERVICE)
PLACES = (GROUP, GYM)

ONLY_ME, PEOPLE, GROUPS, GYMS = 0, 1, 2, 3
LEVELS = {
    ONLY_ME: "only me",
    PEOPLE: "people and services whom I named",
    GROUPS: "also my groups",
    GYMS: "also my gym",
}
_LEAST = {
    ACCOUNT: PEOPLE,
    SERVICE: PEOPLE,
    GROUP: GROUPS,
    GYM: GYMS,
}  # level that lets a grantee's consent count


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """Who may see or do what, from when to when (`until_ms` excluded; None: until revoked)."""

    athlete_id: str
    consent_id: str
    grantee_kind: str
    grantee: str  # account_id, gym_id/group_id, gym_id, or a service's name
    scope: str
    since_ms: int
    until_ms: int | None = None
    revoked_ms: int | None = None

    def in_force(self, now_ms: int) -> bool:
        """Whether it counts at this moment."""
        return (
            self.since_ms <= now_ms
            and (self.until_ms is None or now_ms < self.until_ms)
            and (self.revoked_ms is None or now_ms < self.revoked_ms)
        )


def session_item(device_id: str, log_id: int, session_seq: int) -> str:
    """How visibility names one session."""
    return f"session/{device_id}/{log_id:08x}/{session_seq}"


def allowed(
    scope: str,
    consents: Iterable[Consent],
    levels: Mapping[str, int],
    now_ms: int,
    item: str | None = None,
) -> bool:
    """Whether consents of one athlete to one viewer let them have `scope` (and the session `item`).

    Pure: `levels` is the athlete's visibility; what is not in it is not narrowed.
    """
    parts = [scope, *([PART_OF[scope]] if scope in PART_OF else []), *([item] if item else [])]
    level = min(levels.get(part, GYMS) for part in parts)
    return any(
        one.scope == scope and one.in_force(now_ms) and _LEAST[one.grantee_kind] <= level for one in consents
    )


def give(
    db: Database,
    athlete_id: str,
    grantee_kind: str,
    grantee: str,
    scopes: Iterable[str],
    now_ms: int,
    until_ms: int | None = None,
) -> list[Consent]:
    """Consent rows, one a scope; UnknownScope for what there is not."""
    wanted = sorted(set(scopes))
    if not wanted or not set(wanted) <= SCOPES.keys():
        raise UnknownScope(f"kinds of data are some of {', '.join(SCOPES)}")
    if grantee_kind not in GRANTEES:
        raise UnknownScope(f"consent is given to one of {', '.join(GRANTEES)}")
    rows = [
        Consent(
            athlete_id=athlete_id,
            consent_id=uuid.uuid4().hex,
            grantee_kind=grantee_kind,
            grantee=grantee,
            scope=scope,
            since_ms=now_ms,
            until_ms=until_ms,
        )
        for scope in wanted
    ]
    db.insert("consents", rows)
    return rows


def revoke(db: Database, athlete_id: str, consent_id: str, now_ms: int) -> Consent:
    """End a consent: the next request is refused. NotFound if the athlete gave none of this id."""
    found = next((one for one in every(db, athlete_id) if one.consent_id == consent_id), None)
    if found is None:
        raise NotFound("no such consent: the list of consents has their ids")
    db.run(
        """UPDATE consents SET revoked_ms = :now_ms
           WHERE athlete_id = :athlete_id AND consent_id = :consent_id AND revoked_ms IS NULL""",
        now_ms=now_ms,
        athlete_id=athlete_id,
        consent_id=consent_id,
    )
    return found


def every(db: Database, athlete_id: str) -> list[Consent]:
    """All that an athlete ever gave, newest first."""
    return db.all(
        Consent,
        "SELECT * FROM consents WHERE athlete_id = :athlete_id ORDER BY since_ms DESC, consent_id",
        athlete_id=athlete_id,
    )


def to_account(db: Database, account_id: str) -> list[Consent]:
    """All not revoked that name an account, or a gym or group it belongs to, but for a workplace's group."""
    return db.all(
        Consent,
        """SELECT * FROM consents WHERE revoked_ms IS NULL AND (
             (grantee_kind = 'account' AND grantee = :account_id)
             OR (grantee_kind = 'gym' AND grantee IN (
               SELECT gym_id FROM memberships WHERE account_id = :account_id))
             OR (grantee_kind = 'group' AND grantee IN (
               SELECT g.gym_id || '/' || g.group_id FROM memberships AS m
               JOIN training_groups AS g ON g.gym_id = m.gym_id AND g.group_id = m.group_id
               WHERE m.account_id = :account_id AND g.workplace = 0)))""",
        account_id=account_id,
    )


def to_service(db: Database, athlete_id: str, service: str) -> list[Consent]:
    """Those of an athlete to a service (a broker, a board, another companion), by its name."""
    return db.all(
        Consent,
        """SELECT * FROM consents WHERE athlete_id = :athlete_id AND grantee_kind = 'service'
             AND grantee = :service""",
        athlete_id=athlete_id,
        service=service,
    )


def service_may(
    db: Database, athlete_id: str, service: str, scope: str, now_ms: int, item: str | None = None
) -> bool:
    """Whether a service may have a kind of an athlete's data now (of the session `item`).

    Ask before each thing that leaves.
    """
    given = to_service(db, athlete_id, service)
    return allowed(scope, given, levels(db, athlete_id), now_ms, item)


def levels(db: Database, athlete_id: str) -> dict[str, int]:
    """How far an athlete narrowed each kind of data or session."""
    rows = db.rows("SELECT item, level FROM visibility WHERE athlete_id = :athlete_id", athlete_id=athlete_id)
    return {row["item"]: row["level"] for row in rows}


def set_level(db: Database, athlete_id: str, item: str, level: int) -> None:
    """Narrow a kind of data or a session, or widen it again; UnknownScope for what there is not."""
    if (item not in KINDS and not item.startswith("session/")) or level not in LEVELS:
        raise UnknownScope(f"kinds of data are {', '.join(KINDS)}, levels 0 to {GYMS}")
    db.upsert(
        "visibility", ("athlete_id", "item"), [{"athlete_id": athlete_id, "item": item, "level": level}]
    )
