"""What the gym's scene prints at its end: every set on a machine, whose it is and whose it was; the hub."""

from __future__ import annotations

from typing import Any

from repbeat.gym import sets as machine_sets
from repbeat.store import athletes, sessions
from repbeat_tools.demo.floor import EXERCISES, Station
from repbeat_tools.demo.gym_scene import GymScene
from repbeat_tools.demo.outcome import logs_and_link
from repbeat_tools.demo.pairing import counted, paired


def outcome(scene: GymScene) -> dict[str, Any]:
    """The demo's one JSON object; `sets` are those of the machines, null athlete: in the unclaimed pool."""
    rows = [row for station in scene.stations for row in _sets(scene, station)]
    return {
        "scenario": "gym",
        **logs_and_link(scene),
        "sets": rows,
        "right": sum(row["athlete"] == row["truth_athlete"] for row in rows),
        "unclaimed": sum(row["athlete"] is None for row in rows),
        "hub": [
            {
                "device": member.device.name,
                "connections": scene.told[member.device_id, "Connected"],
                "links_lost": scene.told[member.device_id, "Disconnected"],
                "batches": scene.told[member.device_id, "Progress"],
            }
            for member in scene.members
        ],
    }


def _sets(scene: GymScene, station: Station) -> list[dict[str, Any]]:
    """A machine's sets in the order of time; what one side lacks is null."""
    names = {one.athlete_id: one.name for one in athletes.every(scene.database)}
    whose = {use.done.start_ms: use.who for use in station.uses}
    verdicts = {
        row.seq: row for row in machine_sets.of_machine(scene.database, station.machine_id, 0, 1 << 62)
    }
    found = [
        counted(station.device, row)
        for key in {verdict.key.session for verdict in verdicts.values()}
        for row in sessions.sets(scene.database, key)
    ]
    out = []
    for one, true in paired(found, [use.done for use in station.uses]):
        verdict = verdicts.get(one.row.seq) if one else None
        out.append(
            {
                "machine": station.name,
                "exercise": EXERCISES[station.name],
                "planned": None,
                "counted": one.row.reps if one else None,
                "truth": true.reps if true else None,
                "load_kg": one.row.load_g / 1000 if one else None,
                "athlete": names.get(verdict.athlete_id or "") if verdict else None,
                "truth_athlete": whose[true.start_ms] if true else None,
                "how": verdict.how if verdict else None,
                "score": verdict.score if verdict else None,
                "margin": verdict.margin if verdict else None,
            }
        )
    return out
