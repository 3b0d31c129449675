"""What is learned of an athlete looks ahead: tomorrow's readiness, the next session's loads, as chances."""

from __future__ import annotations

import math
import time
from datetime import date
from typing import Any

import click
import msgspec

from repbeat.coach import memory, planned, recovery
from repbeat.coach.course import NextSession
from repbeat.coach.learn.forecast import Calibration
from repbeat.coach.learn.person import Lift, needed_ln_max
from repbeat.coach.learn.regression import student_at
from repbeat.coach.rules import Chance
from repbeat.ingest.days import day_of
from repbeat.store import Database, NotFound, athletes, devices, plans
from repbeat.store.console import errors_shown, json_option, print_json
from repbeat.store.location import Location, database_option
from repbeat_protocol import exercises
from repbeat_protocol import plan as wire

HARDEST = 10  # of a plan that does not say how hard it means to be: no repetition need be left over
SURE_MORNINGS = 60  # of a person's own, before they are said to weigh more than the population's
DEVICE_DIGITS = 16
LIKELY = 0.8  # the load that this likely goes well is shown


def chances(
    db: Database, athlete_id: str, day: date, content: wire.Plan, session: NextSession
) -> dict[int, Chance]:
    """By item: what the athlete's own record says of a load one step higher, sure or not."""
    learned = memory.of(db, athlete_id)
    if learned is None:
        return {}
    person, found = learned.person(day), {}
    for number, item in enumerate(content.items):
        lift = person.lifts.get(item.exercise)
        if lift is not None and item.load_g and not item.flags & wire.WARM_UP:
            raised_g = item.load_g + session.bounds.limits.plate_g(item.exercise, item.load_g)
            found[number] = Chance(
                value=_chance(lift, raised_g, item, session.rpe),
                sure=lift.response.sure,
                sessions=lift.response.count,
            )
    return found


def look(db: Database, athlete_id: str, day: date) -> dict[str, Any]:
    """Estimates with their 90 % intervals, forecasts as chances, and how such forecasts have done so far.

    `sure` false: the population's values still weigh more, and no rule looks at it.
    """
    learned = memory.of(db, athlete_id)
    if learned is None:
        return {"learned": None, "estimates": [], "tomorrow": None, "loads": [], "calibration": {}}
    person = learned.person(day)
    today = recovery.readiness_on(db, athlete_id, day)
    in_force = plans.latest(db, athlete_id, plans.APPLIED)
    rpe = planned.rpe(db, athlete_id, in_force.revision) if in_force else None
    return {
        "learned": {
            "version": learned.version,
            "first_day": learned.first_day,
            "through_day": learned.through_day,
            "inputs": msgspec.json.decode(learned.inputs),
        },
        "estimates": [
            {"of": _named(db, source), "name": name, **one._asdict()}
            for source, found in person.estimates.items()
            for name, one in found.items()
        ],
        "tomorrow": {
            "low_readiness": round(person.tomorrow.chance(today), 3),
            "mornings": round(person.tomorrow.seen),
            "sure": person.tomorrow.seen >= SURE_MORNINGS,
        },
        "loads": [
            _load(person.lifts[item.exercise], item, rpe)
            for item in (in_force.wire().items if in_force else ())
            if item.exercise in person.lifts and item.load_g and not item.flags & wire.WARM_UP
        ],
        "calibration": {
            "readiness": calibration(person.readiness_calibration),
            "load": calibration(person.load_calibration),
        },
    }


def calibration(kept: Calibration) -> dict[str, Any]:
    """Brier's score of an athlete's forecasts (0 the best) and of their own average; skill above 0 helps."""
    return {
        "forecasts": kept.count,
        "brier": round(kept.score / kept.count, 4) if kept.count else None,
        "brier_of_average": round(kept.average_score / kept.count, 4) if kept.count else None,
        "skill": round(kept.skill, 4) if kept.skill is not None else None,
        "bins": [
            {
                "forecasts": round(count),
                "chance": round(chances_ / count, 3),
                "came_true": round(came_true / count, 3),
            }
            for _, (count, chances_, came_true) in sorted(kept.bins.items())
        ],
    }


def _load(lift: Lift, item: wire.Item, rpe: float | None) -> dict[str, Any]:
    ahead = lift.response.predict()
    reach = math.exp(ahead.mean - student_at(LIKELY, ahead.freedom) * ahead.scale)
    ask = math.exp(needed_ln_max(1.0, item.reps_low, item.sets, rpe or HARDEST))
    return {
        "exercise": exercises.slug(item.exercise),
        "load_kg": item.load_g / 1000,
        "chance": round(_chance(lift, item.load_g, item, rpe), 3),
        "likely_kg": round(reach / ask, 1),
        "sessions": lift.response.count,
        "sure": lift.response.sure,
    }


def _chance(lift: Lift, load_g: int, item: wire.Item, rpe: float | None) -> float:
    return lift.chance(needed_ln_max(load_g / 1000, item.reps_low, item.sets, rpe or HARDEST))


def _named(db: Database, source: str) -> str:
    """An exercise by its name, a device by what its owner calls it."""
    if source.isdecimal() and len(source) < DEVICE_DIGITS:
        return exercises.slug(int(source))
    try:
        return devices.get(db, source).name or source
    except NotFound:
        return source


@click.command()
@click.argument("athlete")
@json_option
@database_option
def learned(athlete: str, as_json: bool, database: Location) -> None:
    """What ATHLETE's own record has taught, how surely, and how the forecasts made from it have done."""
    with errors_shown(), Database(database) as db:
        one = athletes.named(db, athlete)
        now_ms = _now_ms()
        day = day_of(now_ms, one.utc_offset_min)
        memory.refresh(db, one.athlete_id, day, now_ms)
        shown = {"athlete": one.name, "day": day.isoformat(), **look(db, one.athlete_id, day)}
    if as_json:
        print_json(shown)
        return
    if shown["learned"] is None:
        click.echo("Nothing yet: it begins with the first night, check-in or session.")
    for row in shown["estimates"]:
        told = f"{row['value']:.4g} ({row['low']:.4g} to {row['high']:.4g}), from {row['seen']} values"
        click.echo(f"{row['of']} {row['name']}: {told}" + ("" if row["seen"] else ": the population's"))
    for row in shown["loads"]:
        sure = "" if row["sure"] else "; not sure enough for a rule yet"
        click.echo(
            f"{row['exercise']}: {row['load_kg']:g} kg goes well with chance {row['chance']:.2f}, "
            f"{row['likely_kg']:g} kg with {LIKELY:g}{sure}"
        )
    if shown["tomorrow"]:
        click.echo(f"amber or red tomorrow: chance {shown['tomorrow']['low_readiness']:.2f}")
    for kind, row in shown["calibration"].items():
        click.echo(f"{kind} forecasts: {row['forecasts']}, Brier {row['brier']}, skill {row['skill']}")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
