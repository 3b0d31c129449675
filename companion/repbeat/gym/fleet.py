"""How every device of a gym is: one line a device, from what is stored; nobody is named."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import msgspec

from repbeat.gym import calibration, machines
from repbeat.gym.sets import Dates
from repbeat.people import tenants
from repbeat.store import Database, calibrations, clocks, devices, records
from repbeat.store.devices import Device
from repbeat.store.sessions import Key
from repbeat_protocol import records as wire

DAY_MS = 24 * 3600 * 1000
STALE_MS = DAY_MS  # a machine's sensor is near a hub all day
LOW_BATTERY_PERCENT = 20
IN_USE_MS = 7 * DAY_MS
CALIBRATION_MS = 180 * DAY_MS  # ours: pins wear and brackets slip
DRIFT_SPAN_MS = 3600 * 1000  # readings of the clock nearer together say nothing of its drift
DRIFT_MOST_PPM = 50  # a crystal over temperature and age; see repbeat.ingest.clock

STALE, NEVER_SEEN = "not heard for a day", "never heard"
LOW_BATTERY, OUTDATED = "battery low", "older firmware than its like"
IN_TROUBLE, DRIFTS, CALIBRATE = "last sync ended early", "clock drifts", "calibration is old or missing"
WARNINGS = (STALE, NEVER_SEEN, LOW_BATTERY, OUTDATED, IN_TROUBLE, DRIFTS, CALIBRATE)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One device; None: not known. Ages in seconds, `minutes_in_use` of the last seven days."""

    device_id: str
    name: str
    role: str
    gym_id: str
    machine_id: str | None
    machine: str | None
    battery_percent: int | None
    charging: bool | None
    firmware: str
    seen_age_s: float | None
    signal_dbm: int | None
    drift_ppm: float | None
    sets: int
    unclaimed: int
    minutes_in_use: float
    calibration_age_s: float | None
    received_bytes: int
    problem: str
    warnings: list[str]

    @property
    def stale(self) -> bool:
        """Whether nobody knows how it is."""
        return STALE in self.warnings or NEVER_SEEN in self.warnings


class Battery(msgspec.Struct, frozen=True, kw_only=True):
    """How fast one discharges: between its last charge and now; None where that is too short to say.

    `received_bytes`: what came over the air from it, in all; see repbeat.store.devices.Device.
    """

    device_id: str
    name: str
    percent: int | None
    percent_a_day: float | None
    days_left: float | None
    charges: int
    received_bytes: int


def lines(db: Database, now_ms: int) -> list[Line]:
    """Every device, by name."""
    places = {device_id: machine_id for machine_id, device_id in machines.sensors(db).items()}
    names = {one.machine_id: one.name for one in machines.every(db)}
    known = devices.every(db)
    newest = _newest(known)
    signals = _by(db.rows("SELECT device_id, rssi_dbm FROM device_signals"), "rssi_dbm")
    calibrated = _by(
        db.rows("SELECT device_id, MAX(at_ms) AS at_ms FROM device_calibrations GROUP BY device_id"), "at_ms"
    )
    measured = calibrations.in_force(db)
    use = {row["device_id"]: row for row in db.rows(_USE, since_ms=now_ms - IN_USE_MS)}
    out = []
    for one in known:
        used = use.get(one.device_id, {})
        machine_id = places.get(one.device_id)
        step = measured.get(one.device_id)
        at_ms = max(calibrated.get(one.device_id, 0), (calibration.moment(db, step) or 0) if step else 0)
        line = Line(
            device_id=one.device_id,
            name=one.name,
            role=one.role,
            gym_id=tenants.gym_of_device(db, one.device_id),
            machine_id=machine_id,
            machine=names.get(machine_id or ""),
            battery_percent=one.battery_percent,
            charging=one.charging,
            firmware=one.firmware,
            seen_age_s=_age_s(one.last_seen_ms, now_ms),
            signal_dbm=signals.get(one.device_id),
            drift_ppm=drift_ppm(db, one),
            sets=used.get("sets") or 0,
            unclaimed=used.get("unclaimed") or 0,
            minutes_in_use=round((used.get("in_use_ms") or 0) / 60_000, 1),
            calibration_age_s=_age_s(at_ms or None, now_ms),
            received_bytes=one.received_bytes,
            problem=one.problem,
            warnings=[],
        )
        out.append(msgspec.structs.replace(line, warnings=list(_warnings(line, newest.get(one.role, "")))))
    return out


def batteries(db: Database, now_ms: int, days: int = 30) -> list[Battery]:
    """Each device's discharge and charges over the last days."""
    return [_battery(db, one, now_ms - days * DAY_MS) for one in devices.every(db)]


def heard(db: Database, device_id: str, rssi_dbm: int, at_ms: int) -> None:
    """A device was heard this strongly."""
    row = {"device_id": device_id, "rssi_dbm": rssi_dbm, "heard_ms": at_ms}
    db.upsert("device_signals", ("device_id",), [row])


def calibrated(db: Database, device_id: str, at_ms: int, note: str = "") -> None:
    """A sensor was calibrated on its machine by hand; what it measures itself is in its log."""
    devices.get(db, device_id)
    db.insert("device_calibrations", [{"device_id": device_id, "at_ms": at_ms, "note": note}])


def drift_ppm(db: Database, device: Device) -> float | None:
    """How much faster its clock runs than this computer's, over its latest boot; None: not known yet."""
    if device.log_id is None:
        return None
    latest = clocks.latest(db, device.device_id, device.log_id)
    if latest is None:
        return None
    believed = [
        one for one in clocks.of_boot(db, device.device_id, device.log_id, latest.boot) if not one.refused
    ]
    if len(believed) < 2:
        return None
    first, last = believed[0], believed[-1]
    passed_ms = last.unix_ms - first.unix_ms
    if passed_ms < DRIFT_SPAN_MS:
        return None
    return round((last.uptime_ms - first.uptime_ms - passed_ms) / passed_ms * 1e6, 1)


def _warnings(line: Line, newest: str) -> Iterable[str]:
    if line.seen_age_s is None:
        yield NEVER_SEEN
    elif line.seen_age_s * 1000 > STALE_MS and line.role != "band":
        yield STALE
    if line.battery_percent is not None and line.battery_percent < LOW_BATTERY_PERCENT and not line.charging:
        yield LOW_BATTERY
    if line.firmware and _version(line.firmware) < _version(newest):
        yield OUTDATED
    if line.problem:
        yield IN_TROUBLE
    if line.drift_ppm is not None and abs(line.drift_ppm) > DRIFT_MOST_PPM:
        yield DRIFTS
    if line.machine_id and (line.calibration_age_s is None or line.calibration_age_s * 1000 > CALIBRATION_MS):
        yield CALIBRATE


def _newest(known: Iterable[Device]) -> dict[str, str]:
    """The newest firmware by role."""
    out: dict[str, str] = {}
    for one in known:
        if _version(one.firmware) > _version(out.get(one.role, "")):
            out[one.role] = one.firmware
    return out


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())


def _battery(db: Database, device: Device, since_ms: int) -> Battery:
    readings = _readings(db, device, since_ms)
    charges = sum(now and not before for (_, _, before), (_, _, now) in pairwise(readings))
    lasting = []
    for at_ms, percent, charging in reversed(readings):
        if charging:
            break
        lasting.append((at_ms, percent))
    a_day = left = None
    if len(lasting) > 1 and lasting[0][0] - lasting[-1][0] >= DAY_MS // 4:
        days = (lasting[0][0] - lasting[-1][0]) / DAY_MS
        a_day = round((lasting[-1][1] - lasting[0][1]) / days, 1)
        left = round(lasting[0][1] / a_day, 1) if a_day > 0 else None
    return Battery(
        device_id=device.device_id,
        name=device.name,
        percent=device.battery_percent,
        percent_a_day=a_day,
        days_left=left,
        charges=charges,
        received_bytes=device.received_bytes,
    )


def _readings(db: Database, device: Device, since_ms: int) -> list[tuple[int, int, bool]]:
    """(unix ms, percent, charging) of the device's log since then, in order."""
    if device.log_id is None:
        return []
    before = db.value(  # a log of years is not read for its last month
        """SELECT last_seq FROM sessions WHERE device_id = :device_id AND log_id = :log_id
             AND start_ms < :since_ms ORDER BY session_seq DESC LIMIT 1""",
        device_id=device.device_id,
        log_id=device.log_id,
        since_ms=since_ms,
    )
    dates = Dates(db, Key(device.device_id, device.log_id, 0))
    first_seq, next_seq = before or 0, device.head_seq or 0
    out = []
    for record in records.between(db, device.device_id, device.log_id, first_seq, next_seq, wire.BATTERY):
        at_ms = dates.at(record.boot, record.uptime_ms)
        if at_ms is not None and at_ms >= since_ms:
            fields = wire.unpack(wire.BATTERY, record.version, record.payload)
            out.append((at_ms, fields["percent"], bool(fields["charging"])))
    return out


def _by(rows: Iterable[dict[str, Any]], value: str) -> dict[str, int]:
    return {row["device_id"]: row[value] for row in rows}


def _age_s(then_ms: int | None, now_ms: int) -> float | None:
    return None if then_ms is None else max(0, now_ms - then_ms) / 1000


_USE = """SELECT device_id, COUNT(*) AS sets,
      SUM(CASE WHEN athlete_id IS NULL THEN 1 ELSE 0 END) AS unclaimed,
      SUM(CASE WHEN start_ms >= :since_ms THEN end_ms - start_ms ELSE 0 END) AS in_use_ms
    FROM machine_sets GROUP BY device_id"""
