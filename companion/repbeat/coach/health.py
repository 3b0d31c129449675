"""What an athlete answers before training, kept and acted upon: flags, heart-rate limits, who may begin."""

from __future__ import annotations

import copy
from datetime import date

import click
import msgspec

from repbeat.coach import course, desk, shelf, withdraw
from repbeat.coach.programmes import Programme
from repbeat.coach.safety import Clearance, Health, Sign, screen
from repbeat.coach.texts import Text, say
from repbeat.derive.heart import MAX_BPM, RESTING_BPM, HeartScaleError, check_person
from repbeat.store import Database, athletes, plans
from repbeat.store.console import errors_shown, json_option, now_ms, print_json
from repbeat.store.location import Location, database_option


def answer(db: Database, athlete_id: str, health: Health, at_ms: int) -> tuple[Clearance, Text]:
    """Keep the answers. Each sign is a red flag; heart-rate limits that hold no more leave the plan now."""
    with db.atomic():
        bounds, _ = shelf.coaching(db, athlete_id)
        answered = msgspec.structs.replace(health, answered=True)
        shelf.set_coaching(db, athlete_id, bounds, answered)
        for sign in answered.signs:
            shelf.report_flag(db, athlete_id, f"answers/{at_ms}/{sign.value}", sign.value, at_ms)
        _lift_limits(db, athlete_id, answered, at_ms)
    return screen(answered, vigorous=True)


def set_heart_rates(db: Database, athlete_id: str, resting_bpm: int, max_bpm: int, at_ms: int) -> None:
    """Keep resting and maximum heart rate, bpm, between which the zones lie, and bring them to the band.

    It takes them with the plan, so that the newest one is filed again, unless a red flag holds that one back:
    then the next one brings them. HeartScaleError for what nobody has.
    """
    check_person(resting_bpm, max_bpm)
    with db.atomic():
        athletes.set_heart_rates(db, athletes.get(db, athlete_id), resting_bpm, max_bpm)
        newest = plans.latest(db, athlete_id, plans.PENDING, plans.PUSHED, plans.APPLIED)
        if newest is None:
            return
        plan = newest.wire()
        known = (plan.resting_bpm, plan.max_bpm) == (resting_bpm, max_bpm)
        if not known and not withdraw.held_back(db, athlete_id, plan):
            desk.set_plan(db, athlete_id, plan, at_ms)


def refusal(db: Database, athlete_id: str, programme: Programme, today: date) -> Text | None:
    """None, or why the athlete may not begin a programme yet."""
    _, health = shelf.coaching(db, athlete_id)
    age = health.age(today)
    if age is None:
        return Text("age_needed")
    if not health.answered and programme.vigorous:
        return Text("questions_first")
    stated = programme.may_begin(age, health.cleared)
    if stated is not None:
        return stated
    clearance, words = screen(health, programme.vigorous)
    gentle = clearance is Clearance.MODERATE and not programme.vigorous
    return None if clearance is Clearance.CLEAR or gentle else words


def _lift_limits(db: Database, athlete_id: str, health: Health, at_ms: int) -> None:
    newest = plans.latest(db, athlete_id, plans.PENDING, plans.PUSHED, plans.APPLIED)
    if newest is None or health.heart_caps:
        return
    content = newest.wire()
    bare = course.without_heart(content, heart=False)
    if course.heart_limits(content) != course.heart_limits(bare):
        desk.set_plan(db, athlete_id, copy.copy(bare), at_ms)


@click.command()
@click.argument("athlete")
@click.option("--born", type=click.IntRange(1900, 2100), help="Year of birth; programmes have age limits.")
@click.option("--resting", "resting_bpm", type=click.IntRange(*RESTING_BPM), help="Resting heart rate, bpm.")
@click.option("--max", "max_bpm", type=click.IntRange(*MAX_BPM), help="Maximum heart rate, bpm.")
@click.option("--active/--not-active", default=None, help="Trained on three days a week for three months.")
@click.option("--disease/--no-disease", default=None, help="A known disease of heart, metabolism or kidneys.")
@click.option("--sign", "signs", multiple=True, type=click.Choice([one.value for one in Sign]))
@click.option("--no-sign", is_flag=True, help="None of the signs any more.")
@click.option("--beta-blocker/--no-beta-blocker", default=None)
@click.option("--pacemaker/--no-pacemaker", default=None)
@click.option("--pregnant/--not-pregnant", default=None)
@click.option("--cleared/--not-cleared", default=None, help="A physician or midwife has agreed since.")
@json_option
@database_option
def health(
    athlete: str,
    born: int | None,
    resting_bpm: int | None,
    max_bpm: int | None,
    active: bool | None,
    disease: bool | None,
    signs: tuple[str, ...],
    no_sign: bool,
    beta_blocker: bool | None,
    pacemaker: bool | None,
    pregnant: bool | None,
    cleared: bool | None,
    as_json: bool,
    database: Location,
) -> None:
    """Answer the questions before training for ATHLETE; what is not given stays as it was.

    The zones of a session, its strain and its load lie between the resting and the maximum heart rate.
    A sign locks every rise until it is cleared; a beta-blocker, a pacemaker or a pregnancy takes limits by
    heart rate out of the plan.
    """
    given: dict[str, object] = {
        "born_year": born,
        "active": active,
        "known_disease": disease,
        "beta_blocker": beta_blocker,
        "pacemaker": pacemaker,
        "pregnant": pregnant,
        "cleared": cleared,
        "signs": tuple(Sign(name) for name in signs) if signs or no_sign else None,
    }
    answers = {name: value for name, value in given.items() if value is not None}
    now = now_ms()
    with errors_shown(HeartScaleError), Database(database) as db:
        one = athletes.named(db, athlete)
        _, before = shelf.coaching(db, one.athlete_id)
        changed = msgspec.structs.replace(before, **answers)
        clearance, words = screen(changed, vigorous=True)
        if resting_bpm or max_bpm:
            rates = resting_bpm or one.resting_bpm, max_bpm or one.max_bpm
            set_heart_rates(db, one.athlete_id, *rates, now)
        if answers:
            answer(db, one.athlete_id, changed, now)
    if as_json:
        print_json({"athlete": one.name, "clearance": clearance.value, "heart_caps": changed.heart_caps})
    else:
        click.echo(say(words))
