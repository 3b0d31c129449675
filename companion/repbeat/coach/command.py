"""`repbeat plan`: see, set, propose and push plans."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click
import msgspec

from repbeat.coach import acts, desk, plan_file, shelf
from repbeat.coach.planner import Verdict
from repbeat.derive.readiness import Readiness, State
from repbeat.store import Database, NotFound, athletes, plans
from repbeat.store.athletes import Athlete
from repbeat.store.console import errors_shown, json_option, print_json
from repbeat.store.location import database_option
from repbeat_protocol import exercises
from repbeat_protocol.plan import PlanError


@click.group()
def plan() -> None:
    """See, set, propose and push training plans."""


@plan.command()
@click.argument("athlete", required=False)
@json_option
@database_option
def show(athlete: str | None, as_json: bool, database: Path) -> None:
    """The plans of ATHLETE, or of all: the state of each revision, and why it differs."""
    with errors_shown(), Database(database) as db:
        found = [athletes.named(db, athlete)] if athlete else athletes.every(db)
        shown: list[dict[str, Any]] = [
            {"athlete": one.name, "plans": [revision(db, kept) for kept in plans.every(db, one.athlete_id)]}
            for one in found
        ]
    if as_json:
        print_json({"athletes": shown})
        return
    if not shown:
        click.echo("No athletes yet. `repbeat plan set FILE --athlete NAME` begins one.")
    for one in shown:
        click.echo(one["athlete"] if one["plans"] else f"{one['athlete']}: no plan yet")
        for kept in one["plans"]:
            _print_revision(kept)


@plan.command(name="set")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--athlete", required=True, help="Whose plan; a new name begins a new athlete.")
@json_option
@database_option
def set_(file: Path, athlete: str, as_json: bool, database: Path) -> None:
    """File the plan in FILE (JSON, in kg and seconds) for an athlete; it is pushed at the next chance.

    Each item has exercise, sets and reps [low, high]; if wanted load_kg, rest_s, rest_until_bpm, tempo_s,
    velocity_loss_percent, warm_up. In rehabilitation angle_deg, such as [30, 90]: how far from its beginning
    a repetition is to turn, in degrees; the band, worn on the limb that moves, cues outside of it.
    """
    with errors_shown(plan_file.PlanFileError, PlanError), Database(database) as db:
        content, rpe = plan_file.read(file)
        one = _athlete(db, athlete)
        filed = desk.set_plan(db, one.athlete_id, content, _now_ms(), rpe=rpe)
        shown = {"athlete": one.name, **revision(db, filed)}
    if as_json:
        print_json(shown)
    else:
        _print_revision(shown)


@plan.command()
@click.argument("athlete")
@click.option("--approve", is_flag=True, help="Have it pushed without a further look.")
@click.option(
    "--readiness",
    type=click.Choice([state.value for state in State]),
    help="How recovered the athlete is, instead of what the record says.",
)
@click.option(
    "--smallest-plate-kg",
    type=click.FloatRange(0.1, 20),
    show_default="1 kg upper body, 2.5 kg lower body",
    help="The smallest step of load there is.",
)
@json_option
@database_option
def propose(
    athlete: str,
    approve: bool,
    readiness: str | None,
    smallest_plate_kg: float | None,
    as_json: bool,
    database: Path,
) -> None:
    """Ask the rules for ATHLETE's next plan; each exercise gets its reason, changed or not."""
    with errors_shown(), Database(database) as db:
        one = athletes.named(db, athlete)
        now_ms = _now_ms()
        today = desk.day_of(now_ms, one.utc_offset_min)
        filed = desk.propose_next(
            db,
            one.athlete_id,
            now_ms,
            approved=approve,
            readiness=Readiness(today, State(readiness), ()) if readiness else None,
            smallest_plate_g=round((smallest_plate_kg or 0) * 100) * 10,
        )
        shown: dict[str, Any] = {
            "athlete": one.name,
            "old_revision": filed.current.revision if filed.current else None,
            "plan": revision(db, filed.plan) if filed.plan else None,
            "verdicts": [_verdict(verdict) for verdict in filed.proposal.verdicts] if filed.proposal else [],
            "why_not": filed.why_not,
        }
    if as_json:
        print_json(shown)
        return
    for verdict in shown["verdicts"]:
        click.echo(f"{verdict['exercise']}: {verdict['why']}")
    if shown["why_not"]:
        click.echo(f"No new plan: {shown['why_not']}.")
    if shown["plan"]:
        _print_revision(shown["plan"])


@plan.command()
@click.argument("athlete")
@click.argument("number", type=int, required=False)
@json_option
@database_option
def push(athlete: str, number: int | None, as_json: bool, database: Path) -> None:
    """Approve ATHLETE's proposal (or revision NUMBER); the hub takes it to the device at the next chance.

    Who approved and when is kept with the proposal: `repbeat explain` shows it.
    """
    with errors_shown(acts.ActError), Database(database) as db:
        one = athletes.named(db, athlete)
        waiting = plans.get(db, one.athlete_id, number) if number else plans.latest(db, one.athlete_id)
        if waiting is None:
            raise NotFound(f"{athlete} has no plan: `repbeat plan set FILE --athlete {athlete}` files one")
        proposal = shelf.of_revision(db, one.athlete_id, waiting.revision)
        if proposal is not None and waiting.status == plans.PROPOSED:
            acts.approve(db, proposal.proposal_id, "command line", _now_ms())
        pushed = plans.approve(db, one.athlete_id, waiting.revision)
        shown = {"athlete": one.name, **revision(db, pushed)}
    if as_json:
        print_json(shown)
    else:
        _print_revision(shown)


def revision(db: Database, kept: plans.Plan) -> dict[str, Any]:
    """One revision as the commands print it."""
    return {
        "revision": kept.revision,
        "previous_revision": kept.previous_revision,
        "status": kept.status,
        "reason": kept.reason,
        "origin": kept.origin,
        "plan": plan_file.shown(kept.wire()),
        "changes": [
            {**msgspec.structs.asdict(change), "exercise": exercises.slug(change.exercise)}
            for change in plans.changes(db, kept.athlete_id, kept.revision)
        ],
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "item": verdict.item,
        "exercise": exercises.slug(verdict.exercise),
        "old": verdict.old_g,
        "new": verdict.decision.load_g,
        "rule": verdict.decision.rule,
        "version": verdict.decision.version,
        "why": verdict.decision.why,
        "inputs": verdict.decision.inputs,
    }


def _print_revision(kept: dict[str, Any]) -> None:
    reason = f" ({kept['reason']})" if kept["reason"] else ""
    click.echo(f"  revision {kept['revision']}: {kept['status']}{reason}")
    for item in kept["plan"]["items"]:
        low, high = item["reps"]
        click.echo(f"    {item['exercise']}: {item['sets']} × {low}-{high} at {item['load_kg']:g} kg")
    for change in kept["changes"]:
        click.echo(f"    {change['why']}")


def _athlete(db: Database, name: str) -> Athlete:
    try:
        return athletes.named(db, name)
    except NotFound:
        return athletes.add(db, name, _now_ms())


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
