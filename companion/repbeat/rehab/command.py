"""`repbeat report`: how far a limb moved in rehabilitation, as a file for a therapist."""

from __future__ import annotations

from pathlib import Path

import click

from repbeat.coach import desk
from repbeat.paper import NoPdf
from repbeat.people import audit
from repbeat.rehab import course, report
from repbeat.store import Database, athletes
from repbeat.store.console import errors_shown, json_option, now_ms, print_json
from repbeat.store.location import Location, database_option
from repbeat_protocol import exercises


@click.command("report")
@click.argument("athlete")
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write: .pdf to read, .csv for a spreadsheet.",
)
@click.option("--exercise", type=click.Choice(sorted(exercises.CODES)), help="This one only.  [default: all]")
@click.option("--weeks", type=click.IntRange(1, 104), default=12, show_default=True, help="Up to today.")
@json_option
@database_option
def command(
    athlete: str, out: Path, exercise: str | None, weeks: int, as_json: bool, database: Location
) -> None:
    """Write a report on ATHLETE's range of motion for a therapist.

    It has each session's angles beside the range that the plan asked (angle_deg), what was done of what was
    planned, and how it felt. A PDF needs the extra `repbeat[labels]`; a CSV needs nothing.
    """
    kind = out.suffix.lower().removeprefix(".")
    if kind not in (report.CSV, report.PDF):
        raise click.UsageError(f"--out ends in .pdf or .csv, not in {out.suffix or 'nothing'}")
    with errors_shown(NoPdf, OSError), Database(database) as db:
        one = athletes.named(db, athlete)
        today = desk.day_of(now_ms(), one.utc_offset_min)
        wanted = exercises.code(exercise) if exercise else 0
        found = course.course(db, one, today, weeks, exercise=wanted)
        text = report.table(found).encode() if kind == report.CSV else report.sheet(found, today)
        out.write_bytes(text)
        audit.note(db, one.athlete_id, "", "command line", "exported", "range of motion", now_ms())
    sets = [row for meeting in found.meetings for row in meeting.sets]
    if as_json:
        shown = {"athlete": one.name, "file": str(out), "sessions": len(found.meetings), "sets": len(sets)}
        reps = {name: sum(getattr(row, name) for row in sets) for name in course.COUNTS}
        print_json({**shown, **reps, "planned_days": found.planned_days})
    else:
        click.echo(f"{out}: {len(found.meetings)} sessions, {len(sets)} sets with an angle range.")
