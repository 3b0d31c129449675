"""How ready somebody is, what the planner proposes, and what people decide about it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Literal

import msgspec
from werkzeug.exceptions import Forbidden

from repbeat.api.operations import Id, Operations, Words
from repbeat.api.paging import Page
from repbeat.coach import acts, desk, explain, plan_file, recovery, shelf
from repbeat.coach.plan_file import FilePlan
from repbeat.coach.shelf import Kept
from repbeat.derive.readiness import CheckIn
from repbeat.ingest import days
from repbeat.people import audit, consent, tokens
from repbeat.people.roles import Role
from repbeat.store import NotFound, athletes, plans
from repbeat.store.plans import Change, Plan
from repbeat.web.context import gate, now_ms, store

coaching = Operations("Coaching")

ProposalId = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{16}$", description="16 hexadecimal digits")]
Revision = Annotated[int, msgspec.Meta(ge=1, le=0xFFFFFFFF)]
Answer = Annotated[int, msgspec.Meta(ge=1, le=5, description="1 to 5, 5 the best")]
YEARS = (2000, 2099)
MOST_DAYS = 400


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One signal of a morning. `bad` null: not known; `z` in the person's own standard deviations."""

    signal: str
    bad: bool | None
    strong: bool
    value: float | None
    reference: float | None
    z: float | None
    nights: int
    source: str


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a morning (unknown, green, amber, red) with all that made it."""

    day: date
    state: str
    method: str
    version: int
    readings: list[Reading]


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """One day's load with its trend; `warming_up`: the averages still carry the zero they began with."""

    day: date
    load: float
    fitness: float
    fatigue: float
    form: float
    warming_up: bool
    method: str
    version: int


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One exercise of a plan; `tempo_s` is eccentric, pause, concentric, 0 for free.

    `angle_deg`: degrees from its beginning between which a repetition is to turn.
    """

    exercise: str
    sets: int
    reps: tuple[int, int]
    load_kg: float
    rest_s: int
    rest_until_bpm: int
    tempo_s: tuple[float, float, float]
    velocity_loss_percent: int
    warm_up: bool
    angle_deg: tuple[int, int] | None = None


class Revised(msgspec.Struct, frozen=True, kw_only=True):
    """A revision of a plan, what became of it, and why it differs from the one before."""

    revision: int
    previous_revision: int | None
    created_ms: int
    origin: str
    status: str
    reason: str
    name: str
    strain_cap: float
    items: list[Item]
    changes: list[Change]
    proposal_id: str | None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the planner thought of one exercise, changed or not."""

    exercise: str
    rule: str
    why: str
    inputs: dict[str, Any]


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """One number that is to change, by which rule and why."""

    exercise: str
    field: str
    old: int
    new: int
    rule: str
    version: int
    why: str
    inputs: dict[str, Any]


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody did with a proposal."""

    at_ms: int
    actor: str
    act: str
    reason: str


class Grounds(msgspec.Struct, frozen=True, kw_only=True):
    """The readiness that a proposal rests on."""

    state: str
    method: str
    version: int | None
    inputs: list[Any]


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal with all there is to say about it. `replayed`: deciding again gives the same."""

    proposal: str
    athlete: str
    day: date
    expires: date
    kind: str
    revision: int | None
    planner_version: int
    needs_approval: bool
    readiness: Grounds
    changes: list[Moved]
    verdicts: list[Verdict]
    messages: list[str]
    acts: list[Deed]
    replayed: bool


class Decision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Have it pushed, keep the plan in force, or take the light session instead."""

    decision: Literal["approve", "reject", "lighter"]
    reason: Words = ""


class Morning(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The five answers of a morning, null for none, and whether one feels ill, which locks every rise."""

    sleep: Answer | None = None
    fatigue: Answer | None = None
    soreness: Answer | None = None
    stress: Answer | None = None
    mood: Answer | None = None
    unwell: bool = False


class OnDay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which day; without one the athlete's own today."""

    day: date | None = None


class Until(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `days` up to `until`; without it the athlete's own today."""

    until: date | None = None
    days: Annotated[int, msgspec.Meta(ge=1, le=MOST_DAYS)] = 42


class Latest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many, newest first."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 25


@coaching.get("/athletes/{athlete_id}/readiness", Role.SIGNED_IN, tokens.READ)
def get_readiness(athlete_id: Id, query: OnDay) -> Ready:
    """Readiness of a morning from all that is here; unknown where that is too little."""
    gate().check(athlete_id, consent.VALUES)
    found = recovery.readiness_on(store(), athlete_id, _day(athlete_id, query.day))
    return msgspec.convert(msgspec.to_builtins(found), Ready)


@coaching.get("/athletes/{athlete_id}/days", Role.SIGNED_IN, tokens.READ)
def list_days(athlete_id: Id, query: Until) -> Page[Trend]:
    """The load of each day and its trend. A trend, not a forecast of injury."""
    gate().check(athlete_id, consent.VALUES)
    until = _day(athlete_id, query.until)
    found = days.trend(store(), athlete_id, until, until - timedelta(query.days - 1))
    return Page(items=[msgspec.convert(msgspec.to_builtins(one), Trend) for one in found], next=None)


@coaching.get("/athletes/{athlete_id}/plans", Role.SIGNED_IN, tokens.READ)
def list_plans(athlete_id: Id, query: Latest) -> Page[Revised]:
    """Revisions of the plan, newest first."""
    gate().check(athlete_id, consent.PLANS)
    found = plans.every(store(), athlete_id)[: query.limit]
    return Page(items=[_revised(one) for one in found], next=None)


@coaching.get("/athletes/{athlete_id}/plans/{revision}", Role.SIGNED_IN, tokens.READ)
def get_plan(athlete_id: Id, revision: Revision) -> Revised:
    """One revision."""
    gate().check(athlete_id, consent.PLANS)
    return _revised(plans.get(store(), athlete_id, revision))


@coaching.post("/athletes/{athlete_id}/plans", Role.SIGNED_IN, tokens.WRITE)
def set_plan(athlete_id: Id, body: FilePlan) -> Revised:
    """Put a person's plan in force: it goes to the device at the next chance."""
    gate().check(athlete_id, consent.COACHING)
    made = desk.set_plan(store(), athlete_id, plan_file.plan_of(body, "the plan"), now_ms(), rpe=body.rpe)
    _note(athlete_id, "set a plan", f"revision {made.revision}")
    return _revised(made)


@coaching.get("/athletes/{athlete_id}/proposals", Role.SIGNED_IN, tokens.READ)
def list_proposals(athlete_id: Id, query: Latest) -> Page[Proposed]:
    """What the planner proposed, newest first, each with its reasons."""
    gate().check(athlete_id, consent.PLANS)
    found = shelf.proposals(store(), athlete_id, query.limit)
    return Page(items=[_proposed(one) for one in found], next=None)


@coaching.get("/athletes/{athlete_id}/proposals/{proposal_id}", Role.SIGNED_IN, tokens.READ)
def get_proposal(athlete_id: Id, proposal_id: ProposalId) -> Proposed:
    """One proposal."""
    gate().check(athlete_id, consent.PLANS)
    return _proposed(_kept(athlete_id, proposal_id))


@coaching.post("/athletes/{athlete_id}/proposals/{proposal_id}/decision", Role.SIGNED_IN, tokens.WRITE, 200)
def decide(athlete_id: Id, proposal_id: ProposalId, body: Decision) -> Proposed:
    """Approve or reject a proposal, or take the light session.

    Where a coach is required, athletes approve no large change alone (403); the light session is theirs.
    """
    of = gate()
    of.check(athlete_id, consent.COACHING)
    kept, actor = _kept(athlete_id, proposal_id), of.viewer.name
    match body.decision:
        case "approve":
            if kept.decided().needs_approval and athlete_id in of.viewer.own:
                raise Forbidden(
                    "Your coach approves a change as large as this: ask them, or take the light session."
                )
            acts.approve(store(), proposal_id, actor, now_ms(), body.reason)
        case "reject":
            acts.reject(store(), proposal_id, actor, now_ms(), body.reason)
        case "lighter":
            acts.lighter(store(), proposal_id, actor, now_ms(), body.reason)
    _note(athlete_id, f"decided: {body.decision}", f"proposal {proposal_id}")
    return _proposed(kept)


@coaching.put("/athletes/{athlete_id}/check-ins/{day}", Role.ATHLETE, tokens.WRITE)
def check_in(athlete_id: Id, day: date, body: Morning) -> Ready:
    """Answer a morning's questions, or anew; the readiness that comes of it."""
    gate().check_own(athlete_id)
    entry = CheckIn(day=_day(athlete_id, day), **msgspec.structs.asdict(body))
    recovery.check_in(store(), athlete_id, entry, now_ms())
    found = recovery.readiness_on(store(), athlete_id, day)
    return msgspec.convert(msgspec.to_builtins(found), Ready)


def _day(athlete_id: str, day: date | None) -> date:
    if day is None:
        return desk.day_of(now_ms(), athletes.get(store(), athlete_id).utc_offset_min)
    if not YEARS[0] <= day.year <= YEARS[1]:
        raise msgspec.ValidationError(f"a day lies in the years {YEARS[0]} to {YEARS[1]}")
    return day


def _kept(athlete_id: str, proposal_id: str) -> Kept:
    found = shelf.proposal(store(), proposal_id)
    if found.athlete_id != athlete_id:
        raise NotFound(f"no proposal {proposal_id}: the list of proposals has their ids")
    return found


def _revised(one: Plan) -> Revised:
    shown = plan_file.shown(one.wire())
    proposal = shelf.of_revision(store(), one.athlete_id, one.revision)
    return Revised(
        revision=one.revision,
        previous_revision=one.previous_revision,
        created_ms=one.created_ms,
        origin=one.origin,
        status=one.status,
        reason=one.reason,
        name=shown["name"],
        strain_cap=shown["strain_cap"],
        items=msgspec.convert(shown["items"], list[Item]),
        changes=plans.changes(store(), one.athlete_id, one.revision),
        proposal_id=proposal.proposal_id if proposal else None,
    )


def _proposed(kept: Kept) -> Proposed:
    return msgspec.convert(explain.explained(store(), kept), Proposed)


def _note(athlete_id: str, action: str, detail: str) -> None:
    """What somebody else did is in the athlete's own log."""
    asking = gate().viewer
    audit.note(store(), athlete_id, asking.account_id, asking.actor, action, detail, now_ms())
