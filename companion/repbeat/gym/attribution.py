"""Whose is each set that a machine counted: kept as rows, and found anew when anything it rests on arrives.

A set's owner follows from what is stored and from nothing else (the set and its date, the machine's claims,
the repetitions of wearables at that time, what a person decided), so that the order of arrival leaves no
trace. What arrives names the sets it bears on: `arrived` weighs those against the wearables, and judges them
and the sets after them that the same claim may cover.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from repbeat.gym import claims, evidence, machines, matching, sets
from repbeat.gym.claims import Claim, Verdict
from repbeat.gym.evidence import LONGEST_SESSION_MS
from repbeat.gym.sets import KEY, OF_SET, Dates, MachineSet, SetKey
from repbeat.store import Database, sessions
from repbeat.store.sessions import Key, Session

NO_CLOCK = "the sensor's clock is not known yet"
NO_MACHINE = "the sensor sits on no machine"
HOWS = (*claims.HOWS, NO_CLOCK, NO_MACHINE)


def arrived(db: Database, touched: Iterable[Key]) -> list[MachineSet]:
    """Sessions of any device have come in, grown, or are dated anew; the sets whose rows changed."""
    changed: dict[SetKey, MachineSet] = {}
    for key in touched:
        mounts = machines.mounts(db, key.device_id)
        with db.atomic():
            db.hold("machines")
            before = sets.of_session(db, key) if mounts else []
            rows = _counted(db, key, mounts) if mounts else evidence.beside(db, key)
            for row in rows:
                evidence.weigh(db, row)
            for machine_id, moments in _reach(db, [*before, *rows], key).items():
                for row in judge(db, machine_id, min(moments), max(moments)):
                    changed[row.key] = row
    return list(changed.values())


def catch_up(db: Database) -> list[MachineSet]:
    """Sets that came in while nobody listened."""
    return arrived(
        db,
        db.all(
            Key,
            """SELECT DISTINCT s.device_id, s.log_id, s.session_seq FROM sets AS s
                 JOIN machine_sensors AS o ON o.device_id = s.device_id
                 LEFT JOIN machine_sets AS m ON m.device_id = s.device_id AND m.log_id = s.log_id
                   AND m.session_seq = s.session_seq AND m.seq = s.seq
               WHERE m.seq IS NULL ORDER BY s.device_id, s.log_id, s.session_seq""",
        ),
    )


def refresh(db: Database, device_id: str) -> None:
    """Everything of one device anew: its owner, or the machine it sits on, is another one now."""
    rows = db.all(
        Session,
        "SELECT * FROM sessions WHERE device_id = :device_id ORDER BY log_id, session_seq",
        device_id=device_id,
    )
    arrived(db, [Key(row.device_id, row.log_id, row.session_seq) for row in rows])


def judge(db: Database, machine_id: str, from_ms: int, until_ms: int = 0) -> list[MachineSet]:
    """Say anew whose a machine's sets from a moment on are, at least until another; those that changed.

    A claim reaches as far as its sets follow each other within the time-out, and no further.
    """
    timeout_ms = machines.get(db, machine_id).timeout_s * 1000
    quiet_ms = max(from_ms, until_ms) + timeout_ms
    span = (from_ms - LONGEST_SESSION_MS, quiet_ms + LONGEST_SESSION_MS)
    made = claims_of(db, machine_id, *span)
    near = sets.of_machine(db, machine_id, *span)
    changed = []
    for number, row in enumerate(near):
        start_ms, end_ms = row.start_ms or 0, row.end_ms or 0
        if end_ms < from_ms:
            continue
        if start_ms > quiet_ms:
            break
        quiet_ms = max(quiet_ms, end_ms + timeout_ms)
        ends = [one.end_ms for one in near[:number] if one.end_ms is not None]
        held = claims.holder(made, machine_id, start_ms, ends, timeout_ms // 1000)
        changed += _keep(db, row, held)
    return changed


def judge_set(db: Database, row: MachineSet) -> None:
    """Say anew whose one set is."""
    if row.machine_id is None or row.start_ms is None:
        _keep(db, row, None)
    else:
        judge(db, row.machine_id, row.start_ms)


def _keep(db: Database, row: MachineSet, held: Claim | None) -> list[MachineSet]:
    """Judge one set under the claim in force and keep the verdict; the row if it is another one now."""
    verdict = _verdict(db, row, held)
    judged = msgspec.structs.replace(row, **msgspec.structs.asdict(verdict))
    if judged == row:
        return []
    db.upsert("machine_sets", KEY, [judged])
    return [judged]


def _verdict(db: Database, row: MachineSet, held: Claim | None) -> Verdict:
    sql = f"SELECT athlete_id FROM machine_decisions {OF_SET}"  # noqa: S608
    decided = db.rows(sql, **msgspec.structs.asdict(row.key))
    if decided:
        return Verdict(athlete_id=decided[0]["athlete_id"], how=claims.BY_HAND)
    if row.machine_id is None:
        return Verdict(athlete_id=None, how=NO_MACHINE)
    if row.start_ms is None:
        return Verdict(athlete_id=None, how=NO_CLOCK)
    found = evidence.of_set(db, row.key)
    scores: dict[str, float] = {}
    for one in found:  # strongest first: of several sessions of a wearable the best counts
        scores.setdefault(one.wearable_id, one.score)
    wearer_of = {one.wearable_id: one.athlete_id for one in reversed(found)}
    return claims.decide(held, matching.choose(scores, wearer_of), wearer_of)


def _counted(db: Database, key: Key, mounts: list[machines.Mount]) -> list[MachineSet]:
    """A machine's session as rows, dated; those that are new or dated anew are kept."""
    old = {row.key: row for row in sets.of_session(db, key)}
    dates = Dates(db, key)
    out = []
    for one in sessions.sets(db, key):
        end_ms = dates.at(one.boot, one.end_uptime_ms)
        start_ms = None if end_ms is None else end_ms - one.duration_ms
        machine_id = machines.at(mounts, start_ms) if start_ms is not None else mounts[-1].machine_id
        row = MachineSet(
            device_id=key.device_id,
            log_id=key.log_id,
            session_seq=key.session_seq,
            seq=one.seq,
            machine_id=machine_id,
            start_ms=start_ms,
            end_ms=end_ms,
        )
        known = old.get(row.key)
        if known is not None:
            row = msgspec.structs.replace(known, machine_id=machine_id, start_ms=start_ms, end_ms=end_ms)
        if row != known:
            db.upsert("machine_sets", KEY, [row])
        if machine_id is None or start_ms is None:
            _keep(db, row, None)
        out.append(row)
    return out


def _reach(db: Database, rows: Sequence[MachineSet], key: Key) -> dict[str, list[int]]:
    """Machine → moments that rows and a session's beginning, which may be a press, have a say in."""
    out: dict[str, list[int]] = {}
    for row in rows:
        if row.machine_id is not None and row.start_ms is not None:
            out.setdefault(row.machine_id, []).append(row.start_ms)
    session = sessions.find(db, key)
    if session is None or session.start_ms is None:
        return out
    for other in db.rows(
        """SELECT device_id, start_ms FROM sessions WHERE start_ms >= :low_ms AND start_ms <= :high_ms
             AND device_id IN (SELECT device_id FROM machine_sensors)""",
        low_ms=session.start_ms - claims.TOGETHER_MS,
        high_ms=session.start_ms + claims.TOGETHER_MS,
    ):
        machine_id = machines.at(machines.mounts(db, other["device_id"]), other["start_ms"])
        if machine_id is not None:
            out.setdefault(machine_id, []).append(other["start_ms"])
    return out


def claims_of(db: Database, machine_id: str, from_ms: int, until_ms: int) -> list[Claim]:
    """A machine's claims of a time in order: those made, and those that two presses together have made."""
    made = db.all(
        Claim,
        """SELECT machine_id, athlete_id, from_ms, how, until_ms FROM machine_claims
           WHERE machine_id = :machine_id AND from_ms >= :from_ms AND from_ms < :until_ms""",
        machine_id=machine_id,
        from_ms=from_ms,
        until_ms=until_ms,
    )
    return sorted(
        [*made, *_pressed(db, machine_id, from_ms, until_ms)], key=lambda one: (one.from_ms, one.athlete_id)
    )


def _pressed(db: Database, machine_id: str, from_ms: int, until_ms: int) -> list[Claim]:
    """Claims by the button: a machine's session and exactly one person's were begun together."""
    out = []
    for row in db.rows(
        """SELECT DISTINCT s.device_id, s.start_ms FROM sessions AS s
             JOIN machine_sensors AS m ON m.device_id = s.device_id
           WHERE m.machine_id = :machine_id AND s.start_seq IS NOT NULL
             AND s.start_ms >= :from_ms AND s.start_ms < :until_ms""",
        machine_id=machine_id,
        from_ms=from_ms,
        until_ms=until_ms,
    ):
        if machines.at(machines.mounts(db, row["device_id"]), row["start_ms"]) != machine_id:
            continue
        people = {
            found["athlete_id"]
            for found in db.rows(
                """SELECT athlete_id FROM sessions WHERE athlete_id IS NOT NULL AND start_seq IS NOT NULL
                     AND start_ms >= :low_ms AND start_ms <= :high_ms
                     AND device_id NOT IN (SELECT device_id FROM machine_sensors)""",
                low_ms=row["start_ms"] - claims.TOGETHER_MS,
                high_ms=row["start_ms"] + claims.TOGETHER_MS,
            )
        }
        if len(people) == 1:
            (athlete_id,) = people
            out.append(
                Claim(
                    machine_id=machine_id, athlete_id=athlete_id, from_ms=row["start_ms"], how=claims.BUTTON
                )
            )
    return out
