"""Who does what on the gym's floor, and how the machines' stacks move with it.

A and B wear bands and alternate between two machines, the first of which A alone has claimed. C wears one and
claims nothing. D wears none, and claims the third machine after C by its QR page; when D has given it back,
a visitor does a set there whom nobody knows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from repbeat_protocol import exercises, plan
from repbeat_tools.demo.training import MAX_BPM, RESTING_BPM, Trainee
from repbeat_tools.simulator import Device
from repbeat_tools.simulator.model import stack
from repbeat_tools.simulator.model.athlete import Athlete, PlannedSet, SetTruth
from repbeat_tools.simulator.model.kinematics import STEP_MS
from repbeat_tools.simulator.model.lifter import Lifter, RepTruth, rep_truth

REPS, REST_S = 8, 20
LOAD_KG = 40.0
TRICEPS, ROW, LAT = "Triceps pushdown", "Row", "Lat pulldown"
EXERCISES = {TRICEPS: "triceps_extension", ROW: "row", LAT: "lat_pulldown"}


@dataclass(frozen=True)
class Route:
    """Of somebody with a band: machine by machine, as this person moves."""

    machines: tuple[str, ...]
    seed: int
    tempo: float


# Brisk repetitions, and nobody's tempo another's: that is what a wearable and a machine are matched by.
ROUTES = {
    "Athlete A": Route((TRICEPS, ROW, TRICEPS), 31, 0.9),
    "Athlete B": Route((ROW, TRICEPS, ROW), 34, 0.75),
    "Athlete C": Route((LAT, LAT), 36, 0.8),
}
OWNER, UNWORN, VISITOR = "Athlete A", "Athlete D", None
TOP_MM = 840  # from the sensor on the frame to the pin's flag in the first plate
PLATE_MM, PLATE_G = 20, 5000
REST_MM = TOP_MM + PLATE_MM * (round(LOAD_KG * 1000 / PLATE_G) - 1)
PROVISIONED = {
    "stack_top_mm": TOP_MM,
    "stack_step_um": PLATE_MM * 1000,
    "stack_first_g": PLATE_G,
    "stack_step_g": PLATE_G,
}


@dataclass(frozen=True)
class Use:
    """A set truly done on a machine; `who` None: a visitor whom nobody knows."""

    who: str | None
    done: SetTruth


@dataclass
class Station:
    """A machine with the sensor that looks at its stack. Times in ms of the world's clock."""

    name: str
    device: Device
    board: dict[str, Any]
    device_id: str = ""
    machine_id: str = ""
    uses: list[Use] = field(default_factory=list)
    fed_ms: float = 0.0

    def take_up(self, who: str, route: Route, athlete: Athlete) -> None:
        """Sets that an athlete has begun here."""
        known = [use.done for use in self.uses]
        for name, done in zip(route.machines, athlete.sets, strict=False):
            if name == self.name and not any(done is one for one in known):
                self.uses.append(Use(who, done))

    def lift(self, who: str | None, seed: int, start_ms: float) -> float:
        """A set of somebody without a band; when it ends."""
        slug = EXERCISES[self.name]
        done = SetTruth(slug, REPS, LOAD_KG, cued=False, start_ms=start_ms)
        at_ms = start_ms
        for step in Lifter(seed).perform(slug, 2 * REPS):
            if step.reps:
                done.rep_times.append(rep_truth(step, at_ms))
                done.reps += 1
            at_ms += len(step.rows) * STEP_MS
            if done.reps == REPS:
                break
        done.end_ms = at_ms
        self.uses.append(Use(who, done))
        return at_ms

    def feed(self, until_ms: float) -> None:
        """The distance to the stack, up to a moment at which it is settled what is lifted."""
        n = int((until_ms - self.fed_ms) / STEP_MS)
        if n <= 0:
            return
        mm = REST_MM - 1000 * stack.height(self._lifted(), self.fed_ms, n)
        t_ms = self.fed_ms + STEP_MS * np.arange(n, dtype=np.float64)
        self.device.feed("distance", t_ms, mm[:, None].astype(np.float32))
        self.fed_ms += n * STEP_MS

    def _lifted(self) -> list[RepTruth]:
        return [rep for use in self.uses for rep in use.done.rep_times if rep.end_ms >= self.fed_ms]


def athletes_with_bands(routes: dict[str, Route] = ROUTES) -> list[Trainee]:
    """Each with a plan of the machines' exercises in the order of the route."""
    return [_trainee(name, route) for name, route in routes.items()]


def machines_of(routes: dict[str, Route]) -> list[str]:
    """The machines that are on these routes."""
    return [name for name in EXERCISES if any(name in route.machines for route in routes.values())]


def _trainee(name: str, route: Route) -> Trainee:
    sets = [PlannedSet(EXERCISES[machine], REPS, LOAD_KG, REST_S) for machine in route.machines]
    load_g = round(LOAD_KG * 1000)
    items = [plan.Item(exercises.code(one.exercise), 1, REPS - 2, REPS, load_g, REST_S) for one in sets]
    return Trainee(
        name,
        plan.Plan(1, items, "Machines", resting_bpm=RESTING_BPM, max_bpm=MAX_BPM),
        lambda start_ms: Athlete(
            route.seed, sets, resting_bpm=RESTING_BPM, max_bpm=MAX_BPM, start_ms=start_ms, tempo=route.tempo
        ),
    )
