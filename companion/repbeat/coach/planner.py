"""The next session from all that is known: one proposal, bounded, explained, the same whenever asked."""

from __future__ import annotations

from datetime import date, timedelta
from hashlib import sha256
from typing import Any

import msgspec

from repbeat.coach.rules import Decision, next_load
from repbeat.coach.session_rules import Kind, Ruling, lines_of, rule_session
from repbeat.coach.situation import Bounds, Line, Situation
from repbeat.coach.texts import Text, say
from repbeat.derive.readiness import Signal, State

PLANNER_VERSION = 2
FIELDS = ("sets", "reps_low", "reps_high", "load_g", "velocity_loss_percent")
"""What rules may change in a line."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules say of one exercise, whether or not it changes anything."""

    item: int
    exercise: int
    old_g: int
    decision: Decision


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One number of a line that differs from the session as it last was; `item` is its place in `base`."""

    item: int
    exercise: int
    field: str
    old: int
    new: int
    rule: str
    version: int
    text: Text
    inputs: dict[str, Any]

    @property
    def why(self) -> str:
        """The sentence in English."""
        return say(self.text)


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """Something to tell the athlete. `alert`: worth a push; others are only shown beside the readiness."""

    rule: str
    text: Text
    alert: bool

    @property
    def words(self) -> str:
        """The sentence in English."""
        return say(self.text)


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """The next session. Without `changes` it is the base as it stands."""

    proposal_id: str
    day: date
    expires: date
    kind: Kind
    lines: tuple[Line, ...]
    changes: tuple[Change, ...]
    verdicts: tuple[Verdict, ...]
    messages: tuple[Message, ...]
    needs_approval: bool
    version: int = PLANNER_VERSION


def plan_session(situation: Situation) -> Proposal:
    """Decide. The same situation gives the same proposal, whenever and wherever it is asked."""
    ruling = rule_session(situation)
    verdicts = _verdicts(situation, ruling.kind)
    raised = _progressed(situation.base, verdicts)
    lines = lines_of(ruling.kind, raised, situation.light)
    changes = _progress_changes(situation.base, verdicts)
    if ruling.kind is not Kind.FULL:
        changes += _session_changes(raised, lines, ruling, situation)
    return Proposal(
        proposal_id=proposal_id(situation),
        day=situation.day,
        expires=situation.day + timedelta(days=situation.bounds.valid_days),
        kind=ruling.kind,
        lines=lines,
        changes=changes,
        verdicts=verdicts,
        messages=_messages(situation, ruling),
        needs_approval=needs_approval(changes, situation.bounds),
    )


def proposal_id(situation: Situation) -> str:
    """16 hex digits of what was known and which planner decided."""
    # As it will be read again: a whole number where a fraction may stand is written without a point.
    kept = msgspec.json.decode(msgspec.json.encode(situation), type=Situation)
    known = msgspec.to_builtins(kept, str_keys=True)
    content = msgspec.json.encode([PLANNER_VERSION, known], order="sorted")
    return sha256(content).hexdigest()[:16]


def needs_approval(changes: tuple[Change, ...], bounds: Bounds) -> bool:
    """Whether a coach must look first: one is required and a change is larger than the athlete's bound."""
    return bounds.coach_required and any(
        abs(change.new - change.old) * 100 > bounds.free_percent * max(change.old, 1) for change in changes
    )


def _verdicts(situation: Situation, kind: Kind) -> tuple[Verdict, ...]:
    # In a lighter week nothing is judged: what was lifted before it is judged after it.
    if kind is Kind.DELOAD:
        return ()
    return tuple(
        Verdict(
            item=number,
            exercise=line.exercise,
            old_g=line.load_g,
            decision=next_load(
                line.exercise,
                situation.trials[number],
                situation.week_ago.get(number, line.prescribed),
                situation.state,
                bool(situation.red_flags),
                situation.bounds.limits,
                situation.chances.get(number),
            ),
        )
        for number, line in enumerate(situation.base)
        if situation.trials.get(number) and not line.warm_up
    )


def _progressed(base: tuple[Line, ...], verdicts: tuple[Verdict, ...]) -> tuple[Line, ...]:
    lines = list(base)
    for verdict in verdicts:
        decision = verdict.decision
        lines[verdict.item] = msgspec.structs.replace(
            lines[verdict.item],
            load_g=decision.load_g,
            reps_low=decision.reps_low,
            reps_high=decision.reps_high,
        )
    return tuple(lines)


def _progress_changes(base: tuple[Line, ...], verdicts: tuple[Verdict, ...]) -> tuple[Change, ...]:
    return tuple(
        Change(
            item=verdict.item,
            exercise=verdict.exercise,
            field=field,
            old=getattr(base[verdict.item], field),
            new=getattr(verdict.decision, field),
            rule=verdict.decision.rule,
            version=verdict.decision.version,
            text=verdict.decision.text,
            inputs=verdict.decision.inputs,
        )
        for verdict in verdicts
        for field in ("load_g", "reps_low", "reps_high")
        if getattr(verdict.decision, field) != getattr(base[verdict.item], field)
    )


def _session_changes(
    full: tuple[Line, ...], lines: tuple[Line, ...], ruling: Ruling, situation: Situation
) -> tuple[Change, ...]:
    """Each number that the session's kind changes; of another exercise in the same place, its sets from 0."""
    if ruling.text is None:
        return ()
    inputs = {
        "kind": ruling.kind.value,
        "readiness": situation.state.value,
        "bad": [signal.value for signal in situation.readiness.bad] if situation.readiness else [],
        "recent": [state.value for state in situation.recent],
        "weeks_since_deload": situation.deload.weeks_since,
    }
    changes: list[Change] = []

    def add(item: int, exercise: int, field: str, old: int, new: int) -> None:
        if old != new and ruling.text is not None:
            changes.append(
                Change(
                    item=item,
                    exercise=exercise,
                    field=field,
                    old=old,
                    new=new,
                    rule=ruling.rule,
                    version=ruling.version,
                    text=ruling.text,
                    inputs=inputs,
                )
            )

    for number in range(max(len(full), len(lines))):
        before = full[number] if number < len(full) else None
        after = lines[number] if number < len(lines) else None
        if before is not None and after is not None and before.exercise == after.exercise:
            for field in FIELDS:
                add(number, after.exercise, field, getattr(before, field), getattr(after, field))
            continue
        if before is not None:
            add(number, before.exercise, "sets", before.sets, 0)
        if after is not None:
            add(number, after.exercise, "sets", 0, after.sets)
    return tuple(changes)


def _messages(situation: Situation, ruling: Ruling) -> tuple[Message, ...]:
    found: list[Message] = []
    if situation.red_flags:
        found.append(Message(rule="red_flag", text=Text("red_flag"), alert=True))
    readiness = situation.readiness
    if readiness is None or readiness.state is State.UNKNOWN:
        return tuple(found)
    signals = [signal.value for signal in readiness.bad]
    if readiness.state is State.GREEN and signals:
        found.append(Message(rule="note", text=Text("note_one_signal", {"signals": signals}), alert=False))
    if readiness.state in (State.AMBER, State.RED):
        # One alert a spell: the morning before was neither.
        begins = situation.recent[:1] not in ((State.AMBER,), (State.RED,))
        drift = Signal.RESTING in readiness.bad
        others = [signal for signal in signals if signal != Signal.RESTING.value]
        drifting = Text("resting_drift", {"signals": others})
        text = drifting if drift else ruling.text or Text("readiness_hold")
        found.append(Message(rule="resting_drift" if drift else ruling.rule, text=text, alert=begins))
    return tuple(found)
