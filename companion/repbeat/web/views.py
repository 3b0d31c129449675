"""What each page shows, gathered from the store: one function a page, plain values out."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import Any

from repbeat.coach import desk
from repbeat.ingest import summary
from repbeat.store import Database, athletes, devices, heart_blocks, plans, records, samples, sessions
from repbeat.store.athletes import Athlete
from repbeat.store.devices import Device
from repbeat.store.plans import Change, Plan
from repbeat.store.records import Absent
from repbeat.store.sessions import Key, Rep, Session, Set, Strain
from repbeat_protocol import heart
from repbeat_protocol import plan as plan_format
from repbeat_protocol import records as wire

STATUS = {
    plans.PROPOSED: ("waits for approval", "warn"),
    plans.PENDING: ("ready for the device", ""),
    plans.PUSHED: ("on the device, applied before the next set", ""),
    plans.APPLIED: ("in force on the device", "good"),
    plans.REFUSED: ("refused by the device", "bad"),
    plans.SUPERSEDED: ("replaced", ""),
}


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
    status: tuple[str, str]
    changes: list[Change]
    reasons: list[str]
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
        for at_s, bpm, _ in self.heart:
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


def line(db: Database, session: Session) -> SessionLine:
    """A session with its summary."""
    return SessionLine(key_of(session), session, summary.of(db, session))


def today(db: Database, unix_s: float) -> list[Today]:
    """A card for each athlete, by name; `reasons` say why a plan that has been trained stays as it is."""
    owners = {devices.athlete_of(db, device): device for device in devices.every(db)}
    return [
        _card(db, athlete, owners.get(athlete.athlete_id), round(unix_s * 1000))
        for athlete in athletes.every(db)
    ]


def _card(db: Database, athlete: Athlete, device: Device | None, now_ms: int) -> Today:
    current = plans.latest(db, athlete.athlete_id)
    last = sessions.latest(db, athlete.athlete_id, limit=1)
    judged = desk.judge(db, athlete.athlete_id, now_ms).proposal
    return Today(
        athlete=athlete,
        device=device,
        plan=current,
        content=current.wire() if current else None,
        status=STATUS[current.status] if current else ("", ""),
        changes=plans.changes(db, athlete.athlete_id, current.revision) if current else [],
        reasons=[verdict.decision.why for verdict in judged.verdicts] if judged else [],
        last=line(db, last[0]) if last else None,
    )


def history(db: Database, limit: int, offset: int) -> list[tuple[str, SessionLine]]:
    """(athlete's name, session), newest first, over all athletes and the unclaimed."""
    named: list[tuple[str, str | None]] = [(a.name, a.athlete_id) for a in athletes.every(db)]
    found = [
        (name, session)
        for name, athlete_id in [*named, ("Unclaimed", None)]
        for session in sessions.latest(db, athlete_id, limit=limit + offset)
    ]
    found.sort(key=lambda pair: -(pair[1].start_ms or 2**62))
    return [(name, line(db, session)) for name, session in found[offset : offset + limit]]


def session(db: Database, key: Key) -> SessionView:
    """One session; NotFound if there is none."""
    found = sessions.get(db, key)
    rows = sessions.sets(db, key)
    return SessionView(
        session=found,
        athlete=athletes.get(db, found.athlete_id) if found.athlete_id else None,
        sets=rows,
        reps=sessions.reps(db, key),
        strain=sessions.strain(db, key),
        heart=_heart(db, found),
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
        _, _, seconds = samples.read_heart(block.payload)
        for index, (bpm, state) in enumerate(seconds):
            at_ms = block.uptime_ms + index * 1000
            if found.uptime_ms <= at_ms <= until:
                out.append(((at_ms - found.uptime_ms) / 1000, bpm if state >= heart.POOR else None, state))
    return out


def fleet(db: Database, unix_s: float) -> list[DeviceLine]:
    """Every device with what is missing of its log, ages as of `unix_s`."""

    def since(then_ms: int | None) -> float | None:
        return None if then_ms is None else unix_s - then_ms / 1000

    out = []
    for device in devices.every(db):
        owner = devices.athlete_of(db, device)
        known = device.log_id is not None
        out.append(
            DeviceLine(
                device=device,
                athlete=athletes.get(db, owner) if owner else None,
                records=records.count(db, device.device_id, device.log_id) if known else 0,
                absent=records.absent(db, device.device_id, device.log_id, device.head_seq)
                if device.log_id is not None and device.head_seq is not None
                else [],
                synced_ago_s=since(device.last_sync_ms),
                seen_ago_s=since(device.last_seen_ms),
            )
        )
    return out
