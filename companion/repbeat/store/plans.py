"""Plans: every revision kept, each change explained, and what became of it on the device."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import msgspec

from repbeat.store import devices, vault
from repbeat.store.database import Database
from repbeat.store.errors import NotFound
from repbeat_protocol import bundle, transfer
from repbeat_protocol import plan as wire
from repbeat_protocol import records as record

PERSON = "person"
PLANNER = "planner"

PROPOSED = "proposed"  # waits for approval
PENDING = "pending"  # approved, to be pushed
PUSHED = "pushed"  # the device holds it whole
APPLIED = "applied"  # read back from the device's log
REFUSED = "refused"
SUPERSEDED = "superseded"  # a later revision took its place first

LAST_REVISION = 0xFFFFFFFF  # a device that claims to have it in force can be given no plan any more


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One revision; `content` is the wire plan exactly as it goes to the device."""

    athlete_id: str
    revision: int
    previous_revision: int | None
    created_ms: int
    origin: str
    status: str
    reason: str
    content: bytes

    def wire(self) -> wire.Plan:
        """The plan itself."""
        return wire.decode(self.content)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Why one number of a plan differs from the revision before."""

    item: int
    exercise: int
    field: str
    old: int
    new: int
    rule: str
    version: int
    why: str
    inputs: dict[str, Any]


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A PLAN_APPLIED record: outcome and reason as the device gave them."""

    device_id: str
    log_id: int
    seq: int
    revision: int
    previous_revision: int
    outcome: int
    reason: int
    digest8: str


def put(db: Database, plan: Plan, changes: list[Change]) -> None:
    """Keep a new revision and why it differs.

    An approved one supersedes what was on its way before; a proposal only supersedes earlier proposals.
    """
    with db.atomic():
        _supersede(db, plan.athlete_id, plan.revision, plan.status)
        (row,) = vault.sealed_rows(db, "plans", [plan])
        db.run(
            """INSERT INTO plans (athlete_id, revision, previous_revision, created_ms, origin, status,
                 reason, content)
               VALUES (:athlete_id, :revision, :previous_revision, :created_ms, :origin, :status,
                 :reason, :content)""",
            **row,
        )
        kept = [
            {
                **msgspec.structs.asdict(change),
                "athlete_id": plan.athlete_id,
                "revision": plan.revision,
                "number": number,
                "inputs": msgspec.json.encode(change.inputs).decode(),
            }
            for number, change in enumerate(changes)
        ]
        db.run_many(
            """INSERT INTO plan_changes (athlete_id, revision, number, sealed)
               VALUES (:athlete_id, :revision, :number, :sealed)""",
            vault.sealed_rows(db, "plan_changes", kept),
        )


def approve(db: Database, athlete_id: str, revision: int) -> Plan:
    """A proposal becomes the plan to push."""
    with db.atomic():
        plan = get(db, athlete_id, revision)
        if plan.status == PROPOSED:
            _supersede(db, athlete_id, revision, PENDING)
            set_status(db, athlete_id, revision, PENDING)
    return get(db, athlete_id, revision)


def _supersede(db: Database, athlete_id: str, revision: int, status: str) -> None:
    first, second, third = (PROPOSED,) * 3 if status == PROPOSED else (PROPOSED, PENDING, PUSHED)
    db.run(
        """UPDATE plans SET status = :superseded, reason = ''
           WHERE athlete_id = :athlete_id AND revision < :revision AND status IN (:first, :second, :third)""",
        superseded=SUPERSEDED,
        athlete_id=athlete_id,
        revision=revision,
        first=first,
        second=second,
        third=third,
    )


def every(db: Database, athlete_id: str) -> list[Plan]:
    """All revisions, newest first."""
    return _found(
        db, "SELECT * FROM plans WHERE athlete_id = :athlete_id ORDER BY revision DESC", athlete_id=athlete_id
    )


def get(db: Database, athlete_id: str, revision: int) -> Plan:
    """One revision; NotFound otherwise."""
    found = _of_revision(db, athlete_id, revision)
    if not found:
        raise NotFound(f"no plan of revision {revision}: `repbeat plan show` lists what there is")
    return found[0]


def latest(db: Database, athlete_id: str, *statuses: str) -> Plan | None:
    """The newest revision whose status is one of `statuses` (none given: any that still counts)."""
    wanted = statuses or (PROPOSED, PENDING, PUSHED, APPLIED)
    found = [
        row["revision"]
        for row in db.rows(
            "SELECT revision, status FROM plans WHERE athlete_id = :athlete_id ORDER BY revision DESC",
            athlete_id=athlete_id,
        )
        if row["status"] in wanted
    ]
    return get(db, athlete_id, found[0]) if found else None


def changes(db: Database, athlete_id: str, revision: int) -> list[Change]:
    """Why a revision differs from the one before; nothing once its key is forgotten."""
    rows = [
        vault.opened_row(db, "plan_changes", row)
        for row in db.rows(
            """SELECT * FROM plan_changes
               WHERE athlete_id = :athlete_id AND revision = :revision ORDER BY number""",
            athlete_id=athlete_id,
            revision=revision,
        )
    ]
    return [
        msgspec.convert({**row, "inputs": msgspec.json.decode(row["inputs"])}, Change)
        for row in rows
        if row["inputs"] is not None
    ]


def set_status(db: Database, athlete_id: str, revision: int, status: str, reason: str = "") -> None:
    """Move a plan on its way."""
    db.run(
        """UPDATE plans SET status = :status, reason = :reason
           WHERE athlete_id = :athlete_id AND revision = :revision""",
        athlete_id=athlete_id,
        revision=revision,
        status=status,
        reason=reason,
    )


def next_revision(db: Database, athlete_id: str) -> int:
    """A revision above the athlete's and above what their devices have in force: those refuse older ones."""
    newest = db.value("SELECT MAX(revision) FROM plans WHERE athlete_id = :athlete_id", athlete_id=athlete_id)
    in_force = [
        device.plan_revision
        for device in devices.every(db)
        if device.plan_revision < LAST_REVISION and devices.athlete_of(db, device) == athlete_id
    ]
    return 1 + max(newest or 0, *in_force, 0)


def to_push(db: Database, device_id: str) -> Plan | None:
    """The plan that the device should get: its athlete's newest that is approved and not yet answered.

    One already pushed is among them, for the device may have lost it; pushing it again is harmless.
    """
    device = devices.get(db, device_id)
    athlete_id = devices.athlete_of(db, device)
    if athlete_id is None:
        return None
    return latest(db, athlete_id, PENDING, PUSHED)


def mark_pushed(db: Database, athlete_id: str, revision: int) -> None:
    """The device holds the plan; its answer may have come already and then stays."""
    db.run(
        """UPDATE plans SET status = :pushed
           WHERE athlete_id = :athlete_id AND revision = :revision AND status = :pending""",
        athlete_id=athlete_id,
        revision=revision,
        pushed=PUSHED,
        pending=PENDING,
    )


def add_delivery(db: Database, delivery: Delivery, athlete_id: str | None) -> Plan | None:
    """Keep what a device said; the athlete's plan of that revision and content becomes applied or refused.

    Returns that plan; None when the device speaks of another one.
    """
    with db.atomic():
        db.run(
            """INSERT INTO plan_deliveries (device_id, log_id, seq, revision, previous_revision, outcome,
                 reason, digest8)
               VALUES (:device_id, :log_id, :seq, :revision, :previous_revision, :outcome, :reason,
                 :digest8) ON CONFLICT DO NOTHING""",
            **msgspec.structs.asdict(delivery),
        )
        if delivery.outcome == record.APPLIED:
            devices.plan_in_force(db, delivery.device_id, delivery.log_id, delivery.revision)
        found = _of_revision(db, athlete_id, delivery.revision) if athlete_id else []
        if not found or sha256(found[0].content).digest()[:8].hex() != delivery.digest8:
            return None
        (plan,) = found
        if delivery.outcome == record.APPLIED:
            set_status(db, plan.athlete_id, plan.revision, APPLIED)
        elif plan.status != APPLIED:
            set_status(db, plan.athlete_id, plan.revision, REFUSED, refusal_text(delivery.reason))
        return get(db, plan.athlete_id, plan.revision)


def _of_revision(db: Database, athlete_id: str, revision: int) -> list[Plan]:
    return _found(
        db,
        "SELECT * FROM plans WHERE athlete_id = :athlete_id AND revision = :revision",
        athlete_id=athlete_id,
        revision=revision,
    )


def _found(db: Database, sql: str, **parameters: Any) -> list[Plan]:
    """What a query for whole rows finds."""
    return msgspec.convert(
        [vault.opened_row(db, "plans", row) for row in db.rows(sql, **parameters)], list[Plan]
    )


def deliveries(db: Database, device_id: str) -> list[Delivery]:
    """What a device's log says about plans, in order."""
    return db.all(
        Delivery,
        """SELECT d.* FROM plan_deliveries AS d
           JOIN logs AS l ON l.device_id = d.device_id AND l.log_id = d.log_id
           WHERE d.device_id = :device_id ORDER BY l.first_seen_ms, d.log_id, d.seq""",
        device_id=device_id,
    )


_TRANSFER_REASONS = {
    transfer.TOO_LONG: "It is longer than the device can hold.",
    transfer.UNKNOWN_KIND: "The device takes nothing of this kind: no room, or older firmware.",
    transfer.WRONG_DIGEST: "It was changed on its way: push it again.",
    transfer.NOT_BEGUN: "The device lost the beginning of the transfer: push it again.",
    transfer.BUSY: "The device was busy: push it again.",
    transfer.BAD_MESSAGE: "The device did not understand the transfer: update the older side.",
    transfer.STORAGE: "The device could not write its memory.",
    transfer.BAD_SETTING: "The device's firmware does not know one of these settings: update it.",
}


def refusal_text(reason: int) -> str:
    """A refusal's reason, transfer's, plan's or bundle's, as a sentence."""
    return (
        _TRANSFER_REASONS.get(reason)
        or wire.reason_text(reason)
        or bundle.reason_text(reason)
        or f"Refused with the unknown reason {reason}."
    )
