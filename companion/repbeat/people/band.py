"""What the wearer of a band wants of it: cues, quiet hours, nudges, zones; brought to it by the hub.

What was ordered last is what is known: a band says nothing of its settings, and `repbeat device provision`
may have set others since.
"""

from __future__ import annotations

import msgspec

from repbeat.people import commands
from repbeat.people.commands import Command
from repbeat.people.errors import PeopleError
from repbeat.store import Database
from repbeat_protocol import transfer

OFF = "off"
CUES = (
    *("set_start", "set_done", "countdown", "rest_over", "zone_exit", "form", "not_far", "too_far"),
    *("strain_cap", "nudge", "ready", "session_done", "breathe_in", "breathe_out", "question", "answered"),
    *("plan_applied", "refused", "low_battery", "help"),
)
MOST_PULSES, PULSE_MS = 8, (20, 2000)
DAY_MIN, ZONES, NUDGE_MIN = 1440, (0, 5), (0, 480)


class BadBand(PeopleError):
    """A wish that no band can follow; the message says what can be."""


class Band(msgspec.Struct, frozen=True, kw_only=True):
    """Minutes of the local day. `nudge_after_min`, `zone_high` 0: none. `cues`: OFF, or ms on, off, on."""

    haptic: bool = True
    light: bool = True
    quiet_from_min: int = 0
    quiet_until_min: int = 0
    nudge_after_min: int = 0
    nudge_from_min: int = 540
    nudge_until_min: int = 1200
    zone_low: int = 0
    zone_high: int = 0
    cues: dict[str, str] = {}

    @property
    def content(self) -> bytes:
        """As the band takes it (protocol/transfer.md)."""
        values: dict[str, int | str | None] = {
            name: int(getattr(self, name)) for name in self.__struct_fields__ if name != "cues"
        }
        return msgspec.json.encode(values | {f"cue_{name}": self.cues.get(name) for name in CUES})


def check(wish: Band) -> None:
    """BadBand for what no band takes."""
    for name in ("quiet_from_min", "quiet_until_min", "nudge_from_min"):
        if not 0 <= getattr(wish, name) < DAY_MIN:
            raise BadBand("a time lies between 00:00 and 23:59")
    if not wish.nudge_from_min < wish.nudge_until_min <= DAY_MIN:
        raise BadBand("the time for reminders ends after it begins, on the same day")
    if not NUDGE_MIN[0] <= wish.nudge_after_min <= NUDGE_MIN[1]:
        raise BadBand("a reminder comes after up to 480 minutes of sitting; 0: none")
    if not ZONES[0] <= wish.zone_low <= max(wish.zone_low, wish.zone_high) <= ZONES[1]:
        raise BadBand("zones are 0 to 5")
    if wish.zone_high and wish.zone_low > wish.zone_high:
        raise BadBand("the lowest zone is not above the highest")
    for name, pattern in wish.cues.items():
        if name not in CUES:
            raise BadBand(f"no cue is named {name}")
        if pattern != OFF and not _can_be_felt(pattern):
            raise BadBand("a pattern is on, off, on in milliseconds, such as 80 100 300, each 20 to 2000")
    if len(wish.content) > transfer.SETTINGS_MAX:
        raise BadBand("these patterns are more than a band holds: shorten some")


def _can_be_felt(pattern: str) -> bool:
    """As the firmware judges it (session/cues.py)."""
    try:
        times = [int(part) for part in pattern.split()]
    except ValueError:
        return False
    odd = len(times) % 2 == 1 and len(times) < 2 * MOST_PULSES
    return odd and all(PULSE_MS[0] <= ms <= PULSE_MS[1] for ms in times)


def order(db: Database, device_id: str, wish: Band, now_ms: int) -> Command:
    """Have the hub bring it, in place of what still waits; BadBand."""
    check(wish)
    detail = msgspec.json.encode(wish).decode()
    with db.atomic():
        for before in commands.waiting(db, device_id):
            if before.kind == commands.SETTINGS:
                commands.answered(db, device_id, before.command_id, "another wish came first", now_ms)
        latest = commands.latest(db, device_id, commands.SETTINGS)
        at_ms = max(now_ms, latest.created_ms + 1) if latest else now_ms
        return commands.add(db, device_id, commands.SETTINGS, at_ms, detail)


def wished(db: Database, device_id: str) -> tuple[Band, Command | None]:
    """What was ordered last, and how far it is; a band's own defaults where nothing was."""
    latest = commands.latest(db, device_id, commands.SETTINGS)
    return (of_command(latest), latest) if latest else (Band(), None)


def of_command(command: Command) -> Band:
    """What a command of the kind SETTINGS brings."""
    return msgspec.json.decode(command.detail, type=Band)
