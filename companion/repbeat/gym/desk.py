"""Claims as they are made, given back and kept; each change says anew whose the machine's sets are."""

from __future__ import annotations

import uuid

import msgspec

from repbeat.gym import attribution, claims, machines, sets
from repbeat.gym.claims import Claim
from repbeat.gym.evidence import LONGEST_SESSION_MS
from repbeat.gym.sets import SetKey
from repbeat.store import Database, athletes


def claim(db: Database, machine_id: str, athlete_id: str, now_ms: int, how: str = claims.QR) -> Claim:
    """The athlete is on the machine from now on; whoever was before is no longer."""
    machines.get(db, machine_id)
    athletes.get(db, athlete_id)
    made = Claim(machine_id=machine_id, athlete_id=athlete_id, from_ms=now_ms, how=how)
    with db.atomic():
        db.insert("machine_claims", [{**msgspec.structs.asdict(made), "claim_id": uuid.uuid4().hex}])
        attribution.judge(db, machine_id, now_ms)
    return made


def give_back(db: Database, machine_id: str, athlete_id: str, now_ms: int) -> bool:
    """The athlete has finished there; False if the machine was not theirs any more."""
    held = holder(db, machine_id, now_ms)
    if held is None or held.athlete_id != athlete_id:
        return False
    with db.atomic():
        db.run(
            """UPDATE machine_claims SET until_ms = :now_ms WHERE athlete_id = :athlete_id
                 AND machine_id = :machine_id AND from_ms = :from_ms""",
            now_ms=now_ms,
            athlete_id=athlete_id,
            machine_id=machine_id,
            from_ms=held.from_ms,
        )
        attribution.judge(db, machine_id, now_ms)
    return True


def holder(db: Database, machine_id: str, at_ms: int) -> Claim | None:
    """Who is on the machine at a moment."""
    machine = machines.get(db, machine_id)
    since_ms = at_ms - LONGEST_SESSION_MS
    ends = [one.end_ms for one in sets.of_machine(db, machine_id, since_ms, at_ms) if one.end_ms is not None]
    made = attribution.claims_of(db, machine_id, since_ms, at_ms + 1)
    return claims.holder(made, machine_id, at_ms, ends, machine.timeout_s)


def decide(db: Database, key: SetKey, athlete_id: str | None, account_id: str, now_ms: int) -> None:
    """A person says whose a set is (None: nobody's); it stays so, whatever else is found out."""
    if athlete_id is not None:
        athletes.get(db, athlete_id)
    found = sets.get(db, key)
    with db.atomic():
        db.upsert(
            "machine_decisions",
            sets.KEY,
            [
                {
                    **msgspec.structs.asdict(key),
                    "athlete_id": athlete_id,
                    "account_id": account_id,
                    "at_ms": now_ms,
                }
            ],
        )
        attribution.judge_set(db, found)
