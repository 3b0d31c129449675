"""The coach's rows: proposals with all that was known, acts of people, red flags, enrolments, settings."""

from __future__ import annotations

import uuid

import msgspec

from repbeat.coach.planner import Proposal
from repbeat.coach.programmes import Programme, library, parse
from repbeat.coach.safety import Health, Sign
from repbeat.coach.situation import Bounds, Line, Situation
from repbeat.store import Database, NotFound, vault


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal as it was filed."""

    athlete_id: str
    proposal_id: str
    day: str
    expires: str
    created_ms: int
    planner_version: int
    revision: int | None
    situation: str
    proposal: str

    def known(self) -> Situation:
        """What was known."""
        return msgspec.json.decode(self.situation, type=Situation)

    def decided(self) -> Proposal:
        """What was decided."""
        return msgspec.json.decode(self.proposal, type=Proposal)


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """What a person did with a proposal: who, when, old, new and why."""

    athlete_id: str
    proposal_id: str
    act_id: str
    at_ms: int
    actor: str
    act: str
    reason: str
    old: str
    new: str


class RedFlag(msgspec.Struct, frozen=True, kw_only=True):
    """A reported sign; every rise is locked until somebody states that it is cleared."""

    athlete_id: str
    flag_id: str
    kind: str
    reported_ms: int
    cleared_ms: int | None = None
    cleared_by: str = ""
    statement: str = ""


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """A programme that an athlete follows, as it was when it began."""

    athlete_id: str
    enrolment_id: str
    started_ms: int
    ended_ms: int | None
    programme: str
    loads: str

    def content(self) -> Programme:
        """The programme."""
        return parse(self.programme.encode(), "the enrolment")

    def load_g(self) -> dict[str, int]:
        """Loads to begin with, grams by exercise."""
        return msgspec.json.decode(self.loads, type=dict[str, int])


def keep_proposal(
    db: Database, athlete_id: str, situation: Situation, proposal: Proposal, now_ms: int, revision: int | None
) -> Kept:
    """File a proposal; the same one again keeps its acts and stands for the newer revision."""
    kept = Kept(
        athlete_id=athlete_id,
        proposal_id=proposal.proposal_id,
        day=proposal.day.isoformat(),
        expires=proposal.expires.isoformat(),
        created_ms=now_ms,
        planner_version=proposal.version,
        revision=revision,
        situation=msgspec.json.encode(situation).decode(),
        proposal=msgspec.json.encode(proposal).decode(),
    )
    db.upsert("proposals", ("athlete_id", "proposal_id"), vault.sealed_rows(db, "proposals", [kept]))
    return kept


def proposals(db: Database, athlete_id: str, limit: int = 50) -> list[Kept]:
    """An athlete's proposals, newest first."""
    return vault.opened_rows(
        db,
        "proposals",
        Kept,
        """SELECT * FROM proposals WHERE athlete_id = :athlete_id
           ORDER BY created_ms DESC, proposal_id LIMIT :limit""",
        athlete_id=athlete_id,
        limit=limit,
    )


def proposal(db: Database, proposal_id: str) -> Kept:
    """One proposal; NotFound otherwise."""
    sql = "SELECT * FROM proposals WHERE proposal_id = :proposal_id"
    for found in vault.opened_rows(db, "proposals", Kept, sql, proposal_id=proposal_id):
        return found
    raise NotFound(f"no proposal {proposal_id}: `repbeat plan show` names those there are")


def of_revision(db: Database, athlete_id: str, revision: int) -> Kept | None:
    """The proposal that a plan came of."""
    found = vault.opened_rows(
        db,
        "proposals",
        Kept,
        "SELECT * FROM proposals WHERE athlete_id = :athlete_id AND revision = :revision",
        athlete_id=athlete_id,
        revision=revision,
    )
    return found[0] if found else None


def add_act(
    db: Database,
    kept: Kept,
    now_ms: int,
    actor: str,
    act: str,
    reason: str,
    old: tuple[Line, ...] = (),
    new: tuple[Line, ...] = (),
) -> Act:
    """Keep what a person did."""
    row = Act(
        athlete_id=kept.athlete_id,
        proposal_id=kept.proposal_id,
        act_id=uuid.uuid4().hex,
        at_ms=now_ms,
        actor=actor,
        act=act,
        reason=reason,
        old=msgspec.json.encode(old).decode(),
        new=msgspec.json.encode(new).decode(),
    )
    db.insert("proposal_acts", [row])
    return row


def acts(db: Database, kept: Kept) -> list[Act]:
    """What people did with a proposal, in order."""
    return db.all(
        Act,
        """SELECT * FROM proposal_acts WHERE athlete_id = :athlete_id AND proposal_id = :proposal_id
           ORDER BY at_ms, act_id""",
        athlete_id=kept.athlete_id,
        proposal_id=kept.proposal_id,
    )


def report_flag(db: Database, athlete_id: str, flag_id: str, kind: str, now_ms: int) -> None:
    """Keep a red flag; reported again (same id) it stays as it was, cleared or not."""
    flag = RedFlag(athlete_id=athlete_id, flag_id=flag_id, kind=kind, reported_ms=now_ms)
    db.insert("red_flags", vault.sealed_rows(db, "red_flags", [flag]))


def flags(db: Database, athlete_id: str) -> list[RedFlag]:
    """All red flags, newest first; one whose key is forgotten still locks, and says "unwell"."""
    rows = db.rows(
        "SELECT * FROM red_flags WHERE athlete_id = :athlete_id ORDER BY reported_ms DESC, flag_id",
        athlete_id=athlete_id,
    )
    found = [vault.opened_row(db, "red_flags", row) for row in rows]
    unknown = {"kind": Sign.UNWELL.value, "statement": ""}
    return [msgspec.convert(row if row["kind"] else row | unknown, RedFlag) for row in found]


def clear_flag(db: Database, athlete_id: str, flag_id: str, actor: str, statement: str, now_ms: int) -> None:
    """Somebody states that a flag is cleared, and by whom."""
    with db.atomic():
        found = [one for one in flags(db, athlete_id) if one.flag_id == flag_id and one.cleared_ms is None]
        if not found:
            raise NotFound(f"no open red flag {flag_id}")
        cleared = msgspec.structs.replace(found[0], cleared_ms=now_ms, cleared_by=actor, statement=statement)
        db.upsert("red_flags", ("athlete_id", "flag_id"), vault.sealed_rows(db, "red_flags", [cleared]))


def enrol(db: Database, athlete_id: str, programme: str, loads_g: dict[str, int], now_ms: int) -> Enrolment:
    """An athlete begins a programme; one begun before ends."""
    with db.atomic():
        db.run(
            "UPDATE enrolments SET ended_ms = :now_ms WHERE athlete_id = :athlete_id AND ended_ms IS NULL",
            now_ms=now_ms,
            athlete_id=athlete_id,
        )
        row = Enrolment(
            athlete_id=athlete_id,
            enrolment_id=uuid.uuid4().hex,
            started_ms=now_ms,
            ended_ms=None,
            programme=programme,
            loads=msgspec.json.encode(loads_g).decode(),
        )
        db.insert("enrolments", [row])
    return row


def enrolment(db: Database, athlete_id: str) -> Enrolment | None:
    """The programme that an athlete follows now."""
    return db.one(
        Enrolment,
        "SELECT * FROM enrolments WHERE athlete_id = :athlete_id AND ended_ms IS NULL",
        athlete_id=athlete_id,
    )


def enrolments(db: Database, athlete_id: str) -> list[Enrolment]:
    """All that an athlete ever followed, in the order they began."""
    return db.all(
        Enrolment,
        "SELECT * FROM enrolments WHERE athlete_id = :athlete_id ORDER BY started_ms, enrolment_id",
        athlete_id=athlete_id,
    )


def set_coaching(db: Database, athlete_id: str, bounds: Bounds, health: Health) -> None:
    """What holds for an athlete from now on."""
    row = {
        "athlete_id": athlete_id,
        "bounds": msgspec.json.encode(bounds).decode(),
        "health": msgspec.json.encode(health).decode(),
    }
    db.upsert("coaching", ("athlete_id",), vault.sealed_rows(db, "coaching", [row]))


def coaching(db: Database, athlete_id: str) -> tuple[Bounds, Health]:
    """What holds for an athlete; the defaults where nobody said."""
    for stored in db.rows("SELECT * FROM coaching WHERE athlete_id = :athlete_id", athlete_id=athlete_id):
        row = vault.opened_row(db, "coaching", stored)
        bounds = msgspec.json.decode(row["bounds"], type=Bounds)
        return bounds, msgspec.json.decode(row["health"], type=Health) if row["health"] else Health()
    return Bounds(), Health()


def keep_programme(db: Database, slug: str, content: str) -> None:
    """Keep an imported programme in place of the one of that name."""
    db.upsert("programmes", ("programme_slug",), [{"programme_slug": slug, "content": content}])


def all_programmes(db: Database) -> dict[str, Programme]:
    """The project's own and the imported, by slug; an imported one comes before the project's of its name."""
    rows = db.rows("SELECT programme_slug, content FROM programmes ORDER BY programme_slug")
    imported = {row["programme_slug"]: parse(row["content"].encode(), row["programme_slug"]) for row in rows}
    return {**library(), **imported}


def programme(db: Database, slug: str) -> Programme:
    """One programme; NotFound names those there are."""
    found = all_programmes(db)
    if slug not in found:
        raise NotFound(f"no programme is named {slug!r}; there are: {', '.join(sorted(found))}")
    return found[slug]
