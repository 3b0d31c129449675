"""What each page shows, gathered from the store: one function a page, plain values out."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import Any

from flask_babel import gettext as _

from repbeat.coach import desk
from repbeat.coach.texts import Text
from repbeat.ingest import summary
from repbeat.people import consent
from repbeat.people.roles import Role
from repbeat.people.viewer import Gate
from repbeat.store import Database, athletes, devices, heart_blocks, plans, records, samples, sessions
from repbeat.store.athletes import Athlete
from repbeat.store.devices import Device
from repbeat.store.plans import Change, Plan
from repbeat.store.records import Absent
from repbeat.store.sessions import Key, Rep, Session, Set, Strain
from repbeat_protocol import heart
from repbeat_protocol import plan as plan_format
from repbeat_protocol import records as wire

# How a plan's status looks; what it says is in `words`.
STATUS_TONE = {plans.PROPOSED: "warn", plans.APPLIED: "good", plans.REFUSED: "bad"}


@dataclass(frozen=True)
class SessionLine:
    """A session in a list."""

    key: Key
    session: Session
    summary: dict[str, Any]


@dataclass(frozen=True)
class Today:
    """One athlete's card: the plan that counts, why it changed, the device, what was done last."""

    athlete: Athlete
    device: Device | None
    plan: Plan | None
    content: plan_format.Plan | None
    changes: list[Change]
    reasons: list[Text]
    last: SessionLine | None


@dataclass(frozen=True)
class SessionView:
    """A session's page."""

    session: Session
    athlete: Athlete | None
    sets: list[Set]
    reps: list[Rep]
    strain: Strain | None
    heart: list[tuple[float, int | None, int]]
    spans: list[tuple[float, float]]

    def minutes(self) -> list[tuple[int, int, int]]:
        """(minute from 1, mean bpm, seconds with a value): the chart as a table."""
        by_minute: dict[int, list[int]] = {}
        for at_s, bpm, _state in self.heart:
            if bpm is not None:
                by_minute.setdefault(int(at_s // 60) + 1, []).append(bpm)
        return [(minute, round(fmean(found)), len(found)) for minute, found in sorted(by_minute.items())]


@dataclass(frozen=True)
class DeviceLine:
    """A device in the list; `absent` names what the log had and the store has not."""

    device: Device
    athlete: Athlete | None
    records: int
    absent: list[Absent]
    synced_ago_s: float | None
    seen_ago_s: float | None


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
    """A card for each athlete the viewer knows, by name; `reasons` say why a trained plan stays as it is."""
    worn = {devices.athlete_of(gate.db, device): device for device in devices.every(gate.db)}
    return [
        _card(gate, athlete, worn.get(athlete.athlete_id), round(unix_s * 1000)) for athlete in gate.known()
    ]


def _card(gate: Gate, athlete: Athlete, device: Device | None, now_ms: int) -> Today:
    db, athlete_id = gate.db, athlete.athlete_id
    current = plans.latest(db, athlete_id) if _sees(gate, athlete_id, consent.PLANS) else None
    last = sessions.latest(db, athlete_id, limit=1) if _sees(gate, athlete_id, consent.SESSIONS) else []
    last = [one for one in last if gate.may_session(one)]
    judged = desk.judge(db, athlete_id, now_ms).proposal if current else None
    return Today(
        athlete=athlete,
        device=device if gate.may(athlete_id, consent.LIVE) else None,
        plan=current,
        content=current.wire() if current else None,
        changes=plans.changes(db, athlete_id, current.revision) if current else [],
        reasons=[verdict.decision.text for verdict in judged.verdicts] if judged else [],
        last=line(gate, last[0]) if last else None,
    )


def _sees(gate: Gate, athlete_id: str, scope: str) -> bool:
    """Whether the viewer may; what others see is noted."""
    if not gate.may(athlete_id, scope):
        return False
    gate.seen(athlete_id, scope)
    return True


def history(gate: Gate, limit: int, offset: int) -> list[tuple[str, SessionLine]]:
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
        for session in sessions.latest(gate.db, athlete_id, limit=limit + offset)
        if gate.may_session(session)
    ]
    found.sort(key=lambda pair: -(pair[1].start_ms or 2**62))
    return [(name, line(gate, session)) for name, session in found[offset : offset + limit]]


def session(gate: Gate, found: Session) -> SessionView:
    """One session that the viewer may see; heart rate and strain where they may see those."""
    db, key = gate.db, key_of(found)
    rows = sessions.sets(db, key)
    heart_too = gate.may_session(found, consent.HEART)
    if heart_too:
        gate.seen(found.athlete_id, consent.HEART)
    return SessionView(
        session=found,
        athlete=athletes.get(db, found.athlete_id) if found.athlete_id else None,
        sets=rows,
        reps=sessions.reps(db, key),
        strain=sessions.strain(db, key) if heart_too else None,
        heart=_heart(db, found) if heart_too else [],
        spans=[
            (
                (row.end_uptime_ms - row.duration_ms - found.uptime_ms) / 1000,
                (row.end_uptime_ms - found.uptime_ms) / 1000,
            )
            for row in rows
            if row.boot == found.boot
        ],
    )


def _heart(db: Database, found: Session) -> list[tuple[float, int | None, int]]:
    """(seconds since the start, bpm or None, state), one a second, of the session's first boot."""
    until = found.end_uptime_ms if found.end_boot == found.boot and found.end_uptime_ms else 2**62
    blocks = heart_blocks.packed(
        db, found.device_id, found.log_id, found.boot, wire.HEART, found.uptime_ms, until
    )
    out: list[tuple[float, int | None, int]] = []
    for block in blocks:
        *_head, seconds = samples.read_heart(block.payload)
        for index, (bpm, state) in enumerate(seconds):
            at_ms = block.uptime_ms + index * 1000
            if found.uptime_ms <= at_ms <= until:
                out.append(((at_ms - found.uptime_ms) / 1000, bpm if state >= heart.POOR else None, state))
    return out


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
            )
        )
    return out
