"""How an account likes its pages: language, units, decimal mark, first day of the week, time zone."""

from __future__ import annotations

from zoneinfo import available_timezones

import msgspec

from repbeat.people.errors import BadPreference
from repbeat.store import Database

UNITS = ("kg", "lb")
DECIMALS = ("", "point", "comma")
WEEK_STARTS = ("", "monday", "saturday", "sunday")


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """'' leaves it to the browser's language. `zone`: a name of the IANA database.

    `account_id` is '' on an open companion: whoever sits at the computer.
    """

    account_id: str = ""
    language: str = ""
    units: str = "kg"
    decimal_mark: str = ""
    week_start: str = ""
    zone: str = ""


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
    db.upsert("preferences", ("account_id",), [wanted])
