"""Where a session was: temperature and altitude, kept and shown beside its strain, which they never scale."""

from __future__ import annotations

import msgspec

from repbeat.coach.texts import Text
from repbeat.store import Database
from repbeat.store.sessions import Key

TEMPERATURE_C = (-40.0, 60.0)
ALTITUDE_M = (-430.0, 9000.0)  # from the shore of the Dead Sea to the top of Everest, and a little
HOT_C = 27.0  # 80 °F: where the US National Weather Service's heat index begins to ask for caution


class BadSurroundings(ValueError):
    """A temperature or an altitude where nobody trains; the message says what may be entered."""


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody entered of a session; None: not known."""

    device_id: str
    log_id: int
    session_seq: int
    temperature_c: float | None
    altitude_m: float | None
    noted_ms: int

    @property
    def hint(self) -> Text | None:
        """A reminder where it was hot; None where it was not, or nobody knows."""
        hot = self.temperature_c is not None and self.temperature_c >= HOT_C
        return Text("heat") if hot else None


def keep(
    db: Database, key: Key, temperature_c: float | None, altitude_m: float | None, now_ms: int
) -> Surroundings:
    """Keep what is known, in place of what was; BadSurroundings where it cannot be."""
    for value, (low, high), unit in ((temperature_c, TEMPERATURE_C, "°C"), (altitude_m, ALTITUDE_M, "m")):
        if value is not None and not low <= value <= high:
            raise BadSurroundings(f"{value:g} {unit} lies outside {low:g} to {high:g} {unit}")
    row = Surroundings(
        device_id=key.device_id,
        log_id=key.log_id,
        session_seq=key.session_seq,
        temperature_c=temperature_c,
        altitude_m=altitude_m,
        noted_ms=now_ms,
    )
    db.upsert("session_surroundings", ("device_id", "log_id", "session_seq"), [row])
    return row


def of(db: Database, key: Key) -> Surroundings | None:
    """What is known of a session."""
    return db.one(
        Surroundings,
        """SELECT * FROM session_surroundings
           WHERE device_id = :device_id AND log_id = :log_id AND session_seq = :session_seq""",
        device_id=key.device_id,
        log_id=key.log_id,
        session_seq=key.session_seq,
    )
