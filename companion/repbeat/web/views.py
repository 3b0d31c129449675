"""What each page shows, gathered from the store: one function a page, plain values out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from flask_babel import gettext as _

from repbeat.coach import course, desk, recovery, shelf
from repbeat.coach.conditioning import Conditioning
from repbeat.coach.shelf import Kept
from repbeat.coach.texts import Text
from repbeat.derive.readiness import Readiness, Signal
from repbeat.ingest import summary
from repbeat.people import consent
from repbeat.people.roles import Role
from repbeat.people.viewer import Gate
from repbeat.store import Database, devices, plans, records, sessions
from repbeat.store.athletes import Athlete
from repbeat.store.devices import Device
from repbeat.store.plans import Change, Plan
from repbeat.store.records import Absent
from repbeat.store.sessions import Key, Session
from repbeat_protocol import plan as plan_format

DAY_MS = 24 * 3600 * 1000

# How a plan's status looks; what it says is in `words`.
STATUS_TONE = {plans.PROPOSED: "warn", plans.APPLIED: "good", plans.REFUSED: "bad"}


@dataclass(frozen=True)
class SessionLine:
    """A session in a list."""

    key: Key
    session: Session
    summary: dict[str, Any]


@dataclass(frozen=True)
class Waiting:
    """A proposal that nobody has decided: who may, and what goes with it. `own`: the viewer trains by it."""

    proposal: Kept
    messages: list[Text]
    own: bool
    needs_coach: bool


@dataclass(frozen=True)
class Today:
    """One athlete's card: plan that counts, what follows it, reasons, one refused since, last session.

    `asks`: it is the viewer's own, and the morning's check-in has not been given.
    """

    athlete: Athlete
    device: Device | None
    plan: Plan | None
    content: plan_format.Plan | None
    conditioning: tuple[Conditioning, ...]
    by_heart: bool
    changes: list[Change]
    reasons: list[tuple[int, Text]]
    readiness: Readiness | None
    waiting: Waiting | None
    refused: Plan | None
    last: SessionLine | None
    asks: bool


@dataclass(frozen=True)
class DeviceLine:
    """A device in the list; `absent` names what the log had and the store has not."""

    device: Device
    athlete: Athlete | None
    records: int
    absent: list[Absent]
    synced_ago_s: float | None
    seen_ago_s: float | None
    free: bool  # nobody wears it, and whoever looks may say who does
    own: bool


def key_of(session: Session) -> Key:
    """The session's key."""
    return Key(session.device_id, session.log_id, session.session_seq)


def line(gate: Gate, session: Session) -> SessionLine:
    """A session with its summary, in which heart figures are for those who may see them."""
    found = summary.of(gate.db, session)
    if not gate.may_session(session, consent.HEART):
        found = {**found, "heart": None}
    return SessionLine(key_of(session), session, found)


def today(gate: Gate, unix_s: float) -> list[Today]:
    """A card for each athlete the viewer knows; `reasons` say by exercise why a trained plan stays."""
    worn = {devices.athlete_of(gate.db, device): device for device in devices.every(gate.db)}
    return [
        _card(gate, athlete, worn.get(athlete.athlete_id), round(unix_s * 1000)) for athlete in gate.known()
    ]


def _card(gate: Gate, athlete: Athlete, device: Device | None, now_ms: int) -> Today:
    db, athlete_id = gate.db, athlete.athlete_id
    current = plans.latest(db, athlete_id) if _sees(gate, athlete_id, consent.PLANS) else None
    last = sessions.latest(db, athlete_id, limit=1) if _sees(gate, athlete_id, consent.SESSIONS) else []
    last = [one for one in last if gate.may_session(one)]
    settled = current is not None and current.status == plans.APPLIED  # else its changes tell why
    values = _sees(gate, athlete_id, consent.VALUES)
    day = desk.day_of(now_ms, athlete.utc_offset_min)
    readiness = recovery.readiness_on(db, athlete_id, day) if values or settled else None
    judged = desk.judge(db, athlete_id, now_ms, readiness=readiness).proposal if settled else None
    after, by_heart = course.conditioning(db, athlete_id, current) if current else ((), True)
    return Today(
        athlete=athlete,
        device=device if gate.may(athlete_id, consent.LIVE) else None,
        plan=current,
        content=current.wire() if current else None,
        conditioning=after,
        by_heart=by_heart,
        changes=plans.changes(db, athlete_id, current.revision) if current else [],
        reasons=[(one.exercise, one.decision.text) for one in judged.verdicts] if judged else [],
        readiness=readiness if values else None,
        waiting=_waiting(gate, current) if current else None,
        refused=_refused(db, current) if current else None,
        last=line(gate, last[0]) if last else None,
        asks=athlete_id in gate.viewer.own and readiness is not None and not _asked(readiness),
    )


def _asked(readiness: Readiness) -> bool:
    return any(one.signal == Signal.WELLNESS and one.value is not None for one in readiness.readings)


def worn(gate: Gate) -> list[tuple[Device, Athlete | None]]:
    """Devices whose live values the viewer may see, with who wears them."""
    known = {athlete.athlete_id: athlete for athlete in gate.known()}
    out = []
    for device in devices.every(gate.db):
        owner = devices.athlete_of(gate.db, device)
        if gate.may(owner, consent.LIVE) or (owner is None and gate.operates(device.device_id)):
            out.append((device, known.get(owner) if owner else None))
    return out


def _waiting(gate: Gate, plan: Plan) -> Waiting | None:
    kept = shelf.of_revision(gate.db, plan.athlete_id, plan.revision)
    if kept is None or plan.status != plans.PROPOSED:
        return None
    decided = kept.decided()
    return Waiting(
        proposal=kept,
        messages=[message.text for message in decided.messages],
        own=plan.athlete_id in gate.viewer.own or gate.viewer.everything,
        needs_coach=decided.needs_approval,
    )


def _refused(db: Database, current: Plan) -> Plan | None:
    """A later plan that the device, or a person, said no to: the one in force stays."""
    newest = plans.every(db, current.athlete_id)[0]
    return newest if newest.status == plans.REFUSED and newest.revision > current.revision else None


def _sees(gate: Gate, athlete_id: str, scope: str) -> bool:
    """Whether the viewer may; what others see is noted."""
    if not gate.may(athlete_id, scope):
        return False
    gate.seen(athlete_id, scope)
    return True


@dataclass(frozen=True)
class Wanted:
    """What a search asks for: an exercise's code (0: any), first and last day (None: open)."""

    exercise: int = 0
    first: date | None = None
    last: date | None = None

    @property
    def narrow(self) -> bool:
        """Whether it asks for less than all."""
        return bool(self.exercise or self.first or self.last)

    @property
    def query(self) -> dict[str, object]:
        """As it stands in an address."""
        asked = {"exercise": self.exercise, "from": self.first, "to": self.last}
        return {name: value for name, value in asked.items() if value}

    def of(self, db: Database, athlete_id: str | None, limit: int) -> list[Session]:
        """An athlete's sessions that are like it, newest first."""
        if not self.narrow:
            return sessions.latest(db, athlete_id, limit=limit)
        return sessions.found(
            db,
            athlete_id,
            exercise=self.exercise,
            from_ms=_midnight_ms(self.first) if self.first else 0,
            until_ms=_midnight_ms(self.last) + DAY_MS if self.last else 1 << 62,
            limit=limit,
        )


def _midnight_ms(day: date) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)


def history(gate: Gate, limit: int, offset: int, wanted: Wanted) -> list[tuple[str, SessionLine]]:
    """(athlete's name, session), newest first, of all whose sessions the viewer may see."""
    named: list[tuple[str, str | None]] = [
        (a.name, a.athlete_id)
        for a in gate.athletes(consent.SESSIONS)
        if _sees(gate, a.athlete_id, consent.SESSIONS)
    ]
    if Role.OPERATOR in gate.viewer.roles:
        named.append((_("Unclaimed"), None))
    found = [
        (name, session)
        for name, athlete_id in named
        for session in wanted.of(gate.db, athlete_id, limit + offset)
        if gate.may_session(session)
    ]
    found.sort(key=lambda pair: -(pair[1].start_ms or 2**62))
    return [(name, line(gate, session)) for name, session in found[offset : offset + limit]]


def fleet(gate: Gate, seen: list[Device], unix_s: float) -> list[DeviceLine]:
    """Devices with what is missing of their logs, ages as of `unix_s`; who wears one, if one knows them."""
    db = gate.db
    known_athletes = {athlete.athlete_id: athlete for athlete in gate.known()}

    def since(then_ms: int | None) -> float | None:
        return None if then_ms is None else unix_s - then_ms / 1000

    out = []
    for device in seen:
        owner = devices.athlete_of(db, device)
        known = device.log_id is not None
        out.append(
            DeviceLine(
                device=device,
                athlete=known_athletes.get(owner) if owner else None,
                records=records.count(db, device.device_id, device.log_id) if known else 0,
                absent=records.absent(db, device.device_id, device.log_id, device.head_seq)
                if device.log_id is not None and device.head_seq is not None
                else [],
                synced_ago_s=since(device.last_sync_ms),
                seen_ago_s=since(device.last_seen_ms),
                free=owner is None and known and gate.operates(device.device_id),
                own=owner is not None and (gate.viewer.everything or owner in gate.viewer.own),
            )
        )
    return out
