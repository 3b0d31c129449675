"""How an account likes its pages and its nights: language, units, calendar, time zone, quiet hours."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from repbeat.people.errors import BadPreference
from repbeat.store import Database

UNITS = ("kg", "lb")
DECIMALS = ("", "point", "comma")
WEEK_STARTS = ("", "monday", "saturday", "sunday")


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """'' leaves it to the browser's language. `zone`: a name of the IANA database.

    `quiet_from` and `quiet_until` are HH:MM in `zone`: nothing is sent to the account in between, over
    midnight too. `account_id` is '' on an open companion: whoever sits at the computer.
    """

    account_id: str = ""
    language: str = ""
    units: str = "kg"
    decimal_mark: str = ""
    week_start: str = ""
    zone: str = ""
    quiet_from: str = ""
    quiet_until: str = ""


def of(db: Database, account_id: str) -> Preferences:
    """Those of an account; the defaults where it never said."""
    found = db.one(
        Preferences, "SELECT * FROM preferences WHERE account_id = :account_id", account_id=account_id
    )
    return found or Preferences(account_id=account_id)


def keep(db: Database, wanted: Preferences, languages: tuple[str, ...]) -> None:
    """Keep them; BadPreference names what there is not."""
    allowed: dict[str, tuple[str, ...]] = {
        "language": ("", *languages),
        "units": UNITS,
        "decimal_mark": DECIMALS,
        "week_start": WEEK_STARTS,
    }
    for field, values in allowed.items():
        if getattr(wanted, field) not in values:
            raise BadPreference(f"{field} is one of {', '.join(filter(None, values))}")
    if wanted.zone and wanted.zone not in available_timezones():
        raise BadPreference(f"no time zone is named {wanted.zone!r}: they are named as Europe/Berlin")
    if (wanted.quiet_from, wanted.quiet_until) != ("", ""):
        if _minutes(wanted.quiet_from) is None or _minutes(wanted.quiet_until) is None:
            raise BadPreference("quiet hours have a beginning and an end, as 22:00 and 07:00")
        if not wanted.zone:
            raise BadPreference("quiet hours need a time zone: choose yours")
    db.upsert("preferences", ("account_id",), [wanted])


def quiet_until_ms(wanted: Preferences, now_ms: int) -> int | None:
    """When the quiet hours that run now end, unix ms; None where none run."""
    begins, ends = _minutes(wanted.quiet_from), _minutes(wanted.quiet_until)
    if begins is None or ends is None or begins == ends or not wanted.zone:
        return None
    zone = ZoneInfo(wanted.zone)
    here = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone)
    minute = here.hour * 60 + here.minute
    over_midnight = begins > ends
    quiet = minute >= begins or minute < ends if over_midnight else begins <= minute < ends
    if not quiet:
        return None
    day = here.date() + timedelta(days=over_midnight and minute >= begins)
    end = datetime.combine(day, time(ends // 60, ends % 60), zone)
    return max(now_ms + 60_000, round(end.timestamp() * 1000))  # an end that a clock change skips is soon


def _minutes(clock: str) -> int | None:
    """HH:MM as minutes of the day; None where it is none."""
    try:
        found = time.fromisoformat(clock)
    except ValueError:
        return None
    return found.hour * 60 + found.minute
