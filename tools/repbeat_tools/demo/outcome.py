"""What the demo prints at its end: the device's log against the store's, sets against the truth, plans."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from repbeat.store import Database, athletes, plans, records, sessions
from repbeat.web.views import key_of
from repbeat_protocol import exercises, plan
from repbeat_protocol import records as wire
from repbeat_tools import device_log
from repbeat_tools.demo.pairing import Counted, paired
from repbeat_tools.demo.scene import PACE, Band, Member, Scene


def outcome(scene: Scene) -> dict[str, Any]:
    """The demo's one JSON object; the names are DESIGN's."""
    return {
        **logs_and_link(scene),
        "sets": [row for band in scene.bands for row in _sets(scene, band)],
        "plans": [_plan(scene.database, band) for band in scene.bands],
        "plans_on_devices": [_in_force(scene, band) for band in scene.bands],
    }


def logs_and_link(scene: Scene) -> dict[str, Any]:
    """What every scene tells: each device's log against the store's, and what carried it."""
    wearers = {band.device_id: band.trainee.name for band in scene.bands}
    logs = [_log(scene, member, wearers.get(member.device_id)) for member in scene.members]
    name, _, number = scene.bands[0].interpreter.partition(" ")
    return {
        "records_on_device": sum(log["on_device"] for log in logs),
        "records_in_store": sum(log["in_store"] for log in logs),
        "missing": sum(log["missing"] for log in logs),
        "duplicates": sum(log["duplicates"] for log in logs),
        "log_identical": all(log["identical"] for log in logs),
        "devices": logs,
        "plan_applied": [row for log in logs for row in log["applied"]],
        "link": {
            "client": f"bleak {version('bleak')}",
            "host": f"bumble {version('bumble')}",
            "carried": "emulated link layer",
            "interval_ms": PACE.interval_ms,
            "packets_per_interval": PACE.fragments,
        },
        "interpreter": {"name": name, "version": number},
    }


def _log(scene: Scene, member: Member, wearer: str | None) -> dict[str, Any]:
    """One device: its flash, read by the firmware's own code, beside what the store kept of it."""
    log_id, held = device_log.read(member.device.flash_dir / "flash.bin", member.board)
    stored = [
        (record.seq, record.raw)
        for batch in records.of_log(scene.database, member.device_id, log_id)
        for record in batch
    ]
    on_device = dict(held)
    in_store = dict(stored)
    return {
        "device": member.device.name,
        "on_device": len(held),
        "in_store": len(stored),
        "missing": len(on_device.keys() - in_store.keys()),
        "duplicates": len(stored) - len(in_store),
        "identical": held == stored,
        "applied": [
            {"athlete": wearer, **applied} for seq, raw in held if (applied := _applied(raw, seq)) is not None
        ],
    }


def _in_force(scene: Scene, band: Band) -> dict[str, Any]:
    """What the band itself goes by, read from its flash."""
    found = device_log.plan_in_force(band.device.flash_dir / "flash.bin", band.board)
    items = found.items if found else []
    return {
        "athlete": band.trainee.name,
        "revision": found.revision if found else None,
        "light": any(item.flags & plan.LIGHT for item in items),
        "sets": [item.sets for item in items],
        "loads_kg": [item.load_g / 1000 for item in items],
    }


def _applied(raw: bytes, seq: int) -> dict[str, Any] | None:
    """A PLAN_APPLIED record as read back from the device's log; None for another record."""
    kind, number, _, _, payload = wire.decode(raw, seq)
    if kind != wire.PLAN_APPLIED:
        return None
    fields = wire.unpack(kind, number, payload)
    return {"revision": fields["revision"], "applied": fields["outcome"] == wire.APPLIED, "seq": seq}


def _sets(scene: Scene, band: Band) -> list[dict[str, Any]]:
    """Counted sets and sets truly done, in the order of time; what one side lacks is null."""
    database = scene.database
    owner = athletes.get(database, band.athlete_id).name
    counted = [
        Counted(row, *_world_ms(scene, session, row))
        for session in sessions.latest(database, band.athlete_id)
        for row in sessions.sets(database, key_of(session))
    ]
    truth = band.athlete.truth.sets if band.athlete else []
    out = []
    # A busy computer holds a band's clock behind the world's: where counts are equal, order tells.
    in_order = sorted(counted, key=lambda one: one.start_ms)
    alike = len(counted) == len(truth)
    for one, true in zip(in_order, truth, strict=True) if alike else paired(counted, truth):
        row = one.row if one else None
        out.append(
            {
                "exercise": exercises.slug(row.exercise) if row else true.exercise if true else None,
                "planned": [row.reps_low, row.reps_high] if row and row.reps_high else None,
                "counted": row.reps if row else None,
                "truth": true.reps if true else None,
                "athlete": owner if row else None,
                "truth_athlete": band.trainee.name if true else None,
            }
        )
    return out


def _world_ms(scene: Scene, session: sessions.Session, row: sessions.Set) -> tuple[float, float]:
    """When a stored set began and ended on the air's clock; a session without a date is at its beginning."""
    epoch_ms = scene.unix_s() * 1000 - scene.air.now_ms
    begun_ms = (session.start_ms or epoch_ms) - epoch_ms
    end_ms = begun_ms + row.end_uptime_ms - session.uptime_ms
    return end_ms - row.duration_ms, end_ms


def _plan(database: Database, band: Band) -> dict[str, Any]:
    newest = plans.latest(database, band.athlete_id)
    filed = band.filed
    old = filed.current.revision if filed and filed.current else None
    new = filed.plan.revision if filed and filed.plan else old
    changes = plans.changes(database, band.athlete_id, filed.plan.revision) if filed and filed.plan else []
    verdicts = filed.proposal.verdicts if filed and filed.proposal else ()
    return {
        "athlete": band.trainee.name,
        "old_revision": old,
        "new_revision": new,
        "status": newest.status if newest else None,
        "changes": [
            {
                "exercise": exercises.slug(change.exercise),
                "field": change.field,
                "old": change.old,
                "new": change.new,
                "rule": change.rule,
                "version": change.version,
                "why": change.why,
            }
            for change in changes
        ],
        "unchanged": [
            {"exercise": exercises.slug(verdict.exercise), "why": verdict.decision.why}
            for verdict in verdicts
            if verdict.decision.load_g == verdict.old_g
        ],
    }
