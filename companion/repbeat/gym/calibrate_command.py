"""`repbeat fleet calibrate`: a sensor's calibration from the keyboard, beside a running hub."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import click
import msgspec

from repbeat.gym import calibration
from repbeat.people.errors import PeopleError
from repbeat.store import Database
from repbeat.store.console import errors_shown, json_option, now_ms, print_json
from repbeat.store.location import Location

LOOK_S = 0.5


@click.command()
@click.argument("device_id", metavar="DEVICE")
@click.option(
    "--plate", type=click.IntRange(0, 40), default=0, help="Where the pin goes second, counted from 1."
)
@click.option("--first-kg", type=click.FloatRange(0, 100), default=0.0, help="Load of the first plate.")
@click.option("--step-kg", type=click.FloatRange(0, 50), default=0.0, help="What each further plate adds.")
@json_option
@click.pass_obj
def calibrate(
    database: Location, device_id: str, plate: int, first_kg: float, step_kg: float, as_json: bool
) -> None:
    """Calibrate a machine's sensor: pin in the first plate, pin in another, one slow repetition.

    A hub must be running (`repbeat hub`). Go on from step to step with a key here, or with a short press of
    the sensor's button. Without --plate the flag is not on the pin: the load stays unknown.
    Exit code 1 when it did not come to its end; what was in force before then still is.
    """
    with errors_shown(PeopleError), Database(database) as db:
        begun_ms = now_ms()
        calibration.begin(db, device_id, plate, round(first_kg * 1000), round(step_kg * 1000), begun_ms)
        try:
            last = _follow(db, device_id)
        except KeyboardInterrupt:
            calibration.stop(db, device_id, now_ms())
            raise
    step = last.in_force
    done = not last.said and step is not None
    if as_json:
        found = None if step is None else msgspec.to_builtins(step)
        print_json({"device_id": device_id, "calibrated": done, "in_force": found})
    elif done and step is not None:
        click.echo(
            f"calibrated: first plate at {step.top_mm} mm, {step.step_um / 1000:g} mm a plate, "
            f"way {step.range_mm} mm"
        )
    if not done:
        raise click.exceptions.Exit(1)


def _follow(db: Database, device_id: str) -> calibration.State:
    """Tell each step on standard error, go on at each Enter; the state in which it is over."""
    for state in _changes(db, device_id):
        for sentence in state.said:
            click.echo(sentence % {"plate": state.plate}, err=True)
        if not state.running:
            return state
        if state.waits and sys.stdin.isatty():
            click.pause("", err=True)
            calibration.go_on(db, device_id, now_ms())
    raise AssertionError  # the changes end by a return alone


def _changes(db: Database, device_id: str) -> Iterator[calibration.State]:
    told: tuple[object, ...] = ()
    while True:
        state = calibration.state(db, device_id, now_ms())
        if (state.said, state.running) != told:
            told = state.said, state.running
            yield state
        time.sleep(LOOK_S)
