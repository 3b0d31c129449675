"""`repbeat explain`: a proposal with its rules, numbers and sentences, decided once more to see it hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
import msgspec

from repbeat.coach import shelf
from repbeat.coach.planner import plan_session
from repbeat.coach.shelf import Kept
from repbeat.coach.texts import kilograms, say
from repbeat.store import Database
from repbeat.store.console import errors_shown, json_option, print_json
from repbeat.store.location import Location, database_option
from repbeat_protocol import exercises


def explained(
    db: Database, kept: Kept, language: str = "en", mass: Callable[[float], str] = kilograms
) -> dict[str, Any]:
    """All there is to say about a proposal, as plain values. `replayed`: deciding again gives the same.

    `mass` writes grams within the sentences.

    A planner newer than the one that decided may differ: `planner_version` tells.
    """
    situation, proposal = kept.known(), kept.decided()
    readiness = situation.readiness
    return {
        "proposal": kept.proposal_id,
        "athlete": kept.athlete_id,
        "day": kept.day,
        "expires": kept.expires,
        "kind": proposal.kind.value,
        "revision": kept.revision,
        "planner_version": kept.planner_version,
        "needs_approval": proposal.needs_approval,
        "readiness": {
            "state": situation.state.value,
            "method": readiness.method if readiness else "",
            "version": readiness.version if readiness else None,
            "inputs": msgspec.to_builtins(readiness.readings) if readiness else [],
        },
        "changes": [
            {
                "exercise": exercises.slug(change.exercise),
                "field": change.field,
                "old": change.old,
                "new": change.new,
                "rule": change.rule,
                "version": change.version,
                "why": say(change.text, language, mass),
                "inputs": change.inputs,
            }
            for change in proposal.changes
        ],
        "verdicts": [
            {
                "exercise": exercises.slug(verdict.exercise),
                "rule": verdict.decision.rule,
                "why": say(verdict.decision.text, language, mass),
                "inputs": verdict.decision.inputs,
            }
            for verdict in proposal.verdicts
        ],
        "messages": [say(message.text, language, mass) for message in proposal.messages],
        "acts": [
            {"at_ms": act.at_ms, "actor": act.actor, "act": act.act, "reason": act.reason}
            for act in shelf.acts(db, kept)
        ],
        "replayed": plan_session(situation) == proposal,
    }


@click.command()
@click.argument("proposal")
@json_option
@database_option
def explain(proposal: str, as_json: bool, database: Location) -> None:
    """Why PROPOSAL (its id, or ATHLETE/REVISION) says what it says."""
    with errors_shown(), Database(database) as db:
        shown = explained(db, _named(db, proposal))
    if as_json:
        print_json(shown)
        return
    click.echo(f"{shown['proposal']}: {shown['kind']} session for {shown['day']}, until {shown['expires']}")
    click.echo(f"readiness {shown['readiness']['state']}")
    for one in shown["readiness"]["inputs"]:
        word = {None: "not known", True: "off", False: "usual"}[one["bad"]]
        z = "" if one["z"] is None else f", z {one['z']:+.1f}"
        click.echo(f"  {one['signal']}: {word}{z}")
    for change in shown["changes"]:
        click.echo(f"{change['exercise']} {change['field']}: {change['old']} to {change['new']}")
        click.echo(f"  {change['why']} ({change['rule']}, version {change['version']})")
    for verdict in shown["verdicts"]:
        click.echo(f"{verdict['exercise']}: {verdict['why']} ({verdict['rule']})")
    for message in shown["messages"]:
        click.echo(message)
    for act in shown["acts"]:
        click.echo(f"{act['act']} by {act['actor']}: {act['reason']}")
    click.echo("decided again: the same" if shown["replayed"] else "decided again: differs")


def _named(db: Database, name: str) -> Kept:
    athlete, _, revision = name.rpartition("/")
    if athlete and revision.isdecimal():
        from repbeat.store import athletes

        found = shelf.of_revision(db, athletes.named(db, athlete).athlete_id, int(revision))
        if found is not None:
            return found
    return shelf.proposal(db, name)
