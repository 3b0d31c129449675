"""Logs of sensors and bands with sets at known moments, and a small gym of them."""

from __future__ import annotations

import random
from collections.abc import Sequence

from repbeat.gym.matching import Rep
from repbeat.ingest import Stored, ingest
from repbeat.store import Database, devices
from repbeat_protocol import records as wire
from repbeat_tools.sample import NOW_MS, SQUAT, DeviceLog, packed

LOG = 0x6A3
S = 1000
BOOTED_MS = NOW_MS - 3600 * S


def reps(seed: int, begin_ms: int, count: int = 8, tempo_ms: int = 2600) -> list[Rep]:
    """What somebody does: no two people's are alike."""
    rng = random.Random(seed)
    at_ms, out = begin_ms, []
    for _ in range(count):
        lift_ms, lower_ms = (round(rng.gauss(share * tempo_ms, 0.08 * tempo_ms)) for share in (0.4, 0.6))
        out.append(Rep(at_ms, lift_ms, lower_ms))
        at_ms = out[-1].end_ms + rng.randint(0, 300)
    return out


def log_of(sets: Sequence[Sequence[Rep]], start_ms: int | None = None, off_ms: int = 0) -> DeviceLog:
    """A session with these sets, by a clock that is `off_ms` late."""
    log = DeviceLog()

    def at(unix_ms: int) -> int:
        return unix_ms + off_ms - BOOTED_MS

    log.add(wire.TIME, 10, packed(wire.TIME, unix_ms=BOOTED_MS + 10, uncertainty_ms=40, source=1))
    session = log.next_seq
    begun_ms = start_ms if start_ms is not None else sets[0][0].start_ms - 20 * S
    about = {"session_seq": session, "rpe": wire.UNKNOWN_U8}
    log.add(wire.SESSION, at(begun_ms), packed(wire.SESSION, event=wire.SESSION_START, **about))
    for number, done in enumerate(sets):
        for index, rep in enumerate(done):
            fields = {
                "session_seq": session,
                "exercise": SQUAT,
                "set_index": number,
                "rep_index": index,
                "concentric_ms": rep.concentric_ms,
                "eccentric_ms": rep.eccentric_ms,
            }
            log.add(wire.REP, at(rep.end_ms), packed(wire.REP, **fields))
        length_ms = done[-1].end_ms - done[0].start_ms
        fields = {"session_seq": session, "exercise": SQUAT, "set_index": number, "reps": len(done)}
        log.add(wire.SET, at(done[-1].end_ms), packed(wire.SET, duration_ms=length_ms, **fields))
    ended = packed(wire.SESSION, event=wire.SESSION_END, sets=len(sets), **about)
    log.add(wire.SESSION, at(sets[-1][-1].end_ms + 5 * S), ended)
    return log


def meet(db: Database, device_id: str, athlete_id: str | None = None) -> None:
    """A device that has been seen, and whose it is."""
    devices.seen(
        db,
        device_id,
        name=device_id,
        address="",
        log_id=LOG,
        head_seq=0,
        boot=1,
        plan_revision=0,
        firmware="0.1.0",
        now_ms=NOW_MS,
    )
    if athlete_id is not None:
        devices.assign(db, device_id, LOG, athlete_id)


def send(db: Database, device_id: str, records: Sequence[tuple[int, bytes]]) -> Stored:
    """Records come in."""
    return ingest(db, device_id, LOG, records, NOW_MS)
