"""`repbeat services`: what is connected, how it stands, and the work on it once."""

from __future__ import annotations

import time
from typing import Any

import click
import msgspec

from repbeat.services import calendar, connections, outbox
from repbeat.services.calendar import CALENDAR
from repbeat.services.errors import ServiceError
from repbeat.services.home_assistant import HOME_ASSISTANT
from repbeat.services.intervals import INTERVALS
from repbeat.services.registry import ABOUT, Services, about
from repbeat.store import Database, athletes
from repbeat.store.console import errors_shown, json_option, print_json
from repbeat.store.location import Location, database_option

athlete_option = click.option("--athlete", help="Whose; needless where there is only one.")


@click.group()
def services() -> None:
    """Other platforms: Strava, intervals.icu, a calendar feed, Home Assistant; each off until connected."""


@services.command("list")
@athlete_option
@json_option
@database_option
def list_(athlete: str | None, as_json: bool, database: Location) -> None:
    """What goes where, and how each connection stands."""
    with errors_shown(ServiceError), Database(database) as db:
        owner = athletes.meant(db, athlete)
        connected = connections.of_athlete(db, owner.athlete_id)
        shown: list[dict[str, Any]] = [
            {
                "service": one.service,
                "goes": one.goes,
                "comes": one.comes,
                "state": connected[one.service].state if one.service in connected else "off",
                "problem": connected[one.service].problem if one.service in connected else "",
                "sent": outbox.tally(db, owner.athlete_id, one.service)[outbox.SENT],
            }
            for one in ABOUT.values()
        ]
    if as_json:
        print_json({"services": shown})
        return
    for row in shown:
        problem = f" ({row['problem']})" if row["problem"] else ""
        click.echo(f"{row['service']}: {row['state']}{problem}, {row['sent']} sent")
        click.echo(f"  Goes out: {row['goes']}\n  Comes in: {row['comes']}")


@services.command()
@click.argument("service", type=click.Choice([CALENDAR, HOME_ASSISTANT, INTERVALS]))
@athlete_option
@click.option("--id", "remote", help="intervals.icu: the athlete's id there.")
@click.option("--host", help="Home Assistant: the MQTT broker.")
@click.option("--port", type=click.IntRange(1, 65535), default=1883, show_default=True)
@click.option("--user", help="Home Assistant: the broker's user.")
@click.option("--tls", is_flag=True, help="Home Assistant: the broker speaks TLS.")
@click.option("--heart", is_flag=True, help="Consent to heart rate, too.")
@click.option("--secret", envvar="REPBEAT_SERVICE_SECRET", help="Key or password; asked for when needed.")
@database_option
def connect(
    service: str,
    athlete: str | None,
    remote: str | None,
    host: str | None,
    port: int,
    user: str | None,
    tls: bool,
    heart: bool,
    secret: str | None,
    database: Location,
) -> None:
    """Connect SERVICE; Strava is connected on the page Services, for it asks in the browser."""
    with errors_shown(ServiceError), Database(database) as db:
        owner = athletes.meant(db, athlete)
        known = Services()
        offers = [scope for scope in about(service).offers if heart or scope != "heart"]
        if service == CALENDAR:
            one = calendar.connect(db, owner.athlete_id, _now_ms())
            click.echo(f"/calendar/{connections.secret(db, one)['key']}.ics on this companion's address")
            return
        if service == INTERVALS:
            if not remote:
                raise click.UsageError("--id: the athlete's id, from intervals.icu's Settings, Developer")
            key = secret or click.prompt("API key", hide_input=True)
            known.intervals.check(remote, key)
            settings: dict[str, Any] = {"athlete": remote}
            hidden = {"key": key}
            offers = list(about(service).offers)  # resting heart rate and HRV are all there is to send
        else:
            if not host:
                raise click.UsageError("--host: the address of the MQTT broker")
            settings = {"host": host, "port": port, "user": user, "tls": tls, "name": "RepBeat"}
            hidden = {"password": (secret or click.prompt("Password", hide_input=True)) if user else ""}
            known.home_assistant.check(settings, hidden)
        connections.connect(db, owner.athlete_id, service, offers, settings, hidden, _now_ms())
        click.echo(f"{about(service).name} is connected. {about(service).goes}")


@services.command()
@click.argument("service", type=click.Choice(list(ABOUT)))
@athlete_option
@database_option
def disconnect(service: str, athlete: str | None, database: Location) -> None:
    """Forget SERVICE's tokens and end the consent."""
    with errors_shown(ServiceError), Database(database) as db:
        left = Services().disconnect(db, athletes.meant(db, athlete).athlete_id, service, _now_ms())
        click.echo(f"{about(service).name} is off. {left}".rstrip())


@services.command()
@json_option
@database_option
def run(as_json: bool, database: Location) -> None:
    """Work once on all that is due; `repbeat serve` does so all the time."""
    with errors_shown(ServiceError), Database(database) as db:
        known = Services()
        reports = outbox.run(db, known.adapters, _now_ms())
        known.close()
    if as_json:
        print_json({"services": msgspec.to_builtins(reports)})
        return
    for one in reports:
        click.echo(f"{one.service}: {one.state}, {one.sent} sent, {one.left} left {one.problem}".rstrip())
    if not reports:
        click.echo("Nothing is due.")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
