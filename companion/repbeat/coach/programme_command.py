"""`repbeat programme`: the library, import and export, and beginning one."""

from __future__ import annotations

import time
from pathlib import Path

import click
import msgspec

from repbeat.coach import course, desk, health, programmes, shelf
from repbeat.coach.programmes import NotYet, ProgrammeError
from repbeat.ingest.days import day_of
from repbeat.store import Database, athletes
from repbeat.store.console import errors_shown, json_option, print_json
from repbeat.store.location import Location, database_option
from repbeat_protocol import exercises
from repbeat_protocol.plan import PlanError


@click.group()
def programme() -> None:
    """Training programmes: see, import, export, begin.

    The device runs a day's sets; conditioning stands after them on Today, by heart rate zone or by feel.
    """


@programme.command(name="list")
@json_option
@database_option
def list_(as_json: bool, database: Location) -> None:
    """All programmes."""
    with errors_shown(ProgrammeError), Database(database) as db:
        found = list(shelf.all_programmes(db).values())
    if as_json:
        rows = [
            {
                "slug": one.slug,
                "name": one.name,
                "version": one.version,
                "sessions_a_week": one.sessions_a_week(),
                "for_whom": one.for_whom,
            }
            for one in found
        ]
        print_json({"programmes": rows})
        return
    for one in found:
        click.echo(f"{one.slug}: {one.name}, {one.sessions_a_week()} sessions a week. {one.for_whom}")


@programme.command()
@click.argument("slug")
@json_option
@database_option
def show(slug: str, as_json: bool, database: Location) -> None:
    """Days, exercises and caps of a programme."""
    with errors_shown(ProgrammeError), Database(database) as db:
        one = shelf.programme(db, slug)
    if as_json:
        print_json(msgspec.to_builtins(one))
        return
    click.echo(f"{one.name}. {one.for_whom}")
    for day in one.days:
        click.echo(day.name)
        for exercise in day.exercises:
            low, high = exercise.reps
            click.echo(
                f"  {exercise.exercise}: {exercise.sets} × {low}-{high}, begins at {exercise.start_kg:g} kg"
            )
        for after in day.conditioning:
            click.echo(
                f"  then {after.rounds} × {after.work_s} s in zone {after.zone}, {after.rest_s} s between"
            )


@programme.command(name="import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@json_option
@database_option
def import_(file: Path, as_json: bool, database: Location) -> None:
    """Keep the programme in FILE (JSON), checked against the form and the device's bounds."""
    with errors_shown(ProgrammeError), Database(database) as db:
        one = programmes.read(file)
        shelf.keep_programme(db, one.slug, programmes.exported(one).decode())
    if as_json:
        print_json({"imported": one.slug, "version": one.version})
    else:
        click.echo(f"{one.slug} is in")


@programme.command(name="export")
@click.argument("slug")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@database_option
def export_(slug: str, file: Path | None, database: Location) -> None:
    """Write a programme to FILE, or print it."""
    with errors_shown(ProgrammeError), Database(database) as db:
        content = programmes.exported(shelf.programme(db, slug))
    if file is None:
        click.echo(content.decode(), nl=False)
    else:
        file.write_bytes(content)
        click.echo(f"wrote {file}", err=True)


@programme.command()
@click.argument("athlete")
@click.argument("slug")
@click.option("--load", "loads", multiple=True, metavar="EXERCISE=KG", help="Where an exercise begins.")
@click.option("--age", type=click.IntRange(5, 110), help="Years, kept; programmes have limits.")
@click.option("--cleared", is_flag=True, help="A physician or midwife has agreed.")
@json_option
@database_option
def start(
    athlete: str,
    slug: str,
    loads: tuple[str, ...],
    age: int | None,
    cleared: bool,
    as_json: bool,
    database: Location,
) -> None:
    """Begin a programme: its first day becomes ATHLETE's plan."""
    with errors_shown(ProgrammeError, PlanError), Database(database) as db:
        person = athletes.named(db, athlete)
        plan = begin(
            db,
            person.athlete_id,
            slug,
            _loads(loads),
            time.time_ns() // 1_000_000,
            age_years=age,
            cleared=cleared,
        )
        shown = {"athlete": person.name, "programme": slug, "revision": plan, "status": "pending"}
    if as_json:
        print_json(shown)
    else:
        click.echo(f"{person.name} begins {slug} with revision {plan}")


def begin(
    db: Database,
    athlete_id: str,
    slug: str,
    loads_g: dict[str, int],
    now_ms: int,
    *,
    age_years: int | None = None,
    cleared: bool = False,
) -> int:
    """Enrol, and file the first day; the revision. ProgrammeError where the athlete may not begin it.

    What is stated here is kept among the athlete's answers.
    """
    one = shelf.programme(db, slug)
    today = day_of(now_ms, athletes.get(db, athlete_id).utc_offset_min)
    with db.atomic():
        bounds, known = shelf.coaching(db, athlete_id)
        stated = msgspec.structs.replace(
            known,
            born_year=today.year - age_years if age_years else known.born_year,
            cleared=cleared or known.cleared,
        )
        if stated != known:
            shelf.set_coaching(db, athlete_id, bounds, stated)
    why_not = health.refusal(db, athlete_id, one, today)
    if why_not is not None:
        raise NotYet(why_not)
    first = next(number for number in one.week if number) - 1
    lines = tuple(exercise.line(loads_g.get(exercise.exercise)) for exercise in one.days[first].exercises)
    with db.atomic():
        shelf.enrol(db, athlete_id, programmes.exported(one).decode(), loads_g, now_ms)
        plan = course.without_heart(one.compiled(first, lines), stated.heart_caps)
        return desk.set_plan(db, athlete_id, plan, now_ms, rpe=one.days[first].rpe).revision


def _loads(words: tuple[str, ...]) -> dict[str, int]:
    found = {}
    for word in words:
        name, _, kilograms = word.partition("=")
        try:
            load_g = round(float(kilograms) * 100) * 10
        except ValueError:
            raise ProgrammeError(f"--load {word}: write EXERCISE=KG") from None
        if name not in exercises.CODES or not 0 <= load_g <= 500_000:
            raise ProgrammeError(f"--load {word}: no such exercise, or no such load")
        found[name] = load_g
    return found
