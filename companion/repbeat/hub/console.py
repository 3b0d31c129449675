"""What the hub's commands say of its events."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from repbeat.hub import events


def say(event: events.Event) -> None:
    """One line a step on standard error."""
    name = event.name or event.address
    match event:
        case events.Connected():
            text = f"connected, records {event.cursor} to {event.head_seq} to fetch"
        case events.Claimed():
            text = "is this companion's now"
        case events.CaughtUp():
            text = f"everything up to record {event.cursor} is here"
        case events.Gap():
            text = f"records {event.first_seq} to {event.next_seq - 1} are gone: {event.why}"
        case events.PlanPushed():
            text = f"plan revision {event.revision} is on the device"
        case events.PlanAnswered():
            text = f"plan revision {event.revision} {event.status} {event.reason}".rstrip()
        case events.ClockRefused():
            text = f"did not take the time of this computer ({_utc(event.unix_s)}): set this computer's clock"
        case events.Disconnected():
            text = event.cause or "done"
        case _:
            return
    click.echo(f"{name}: {text}", err=True)


def _utc(unix_s: int) -> str:
    return datetime.fromtimestamp(unix_s, UTC).isoformat(timespec="seconds")
