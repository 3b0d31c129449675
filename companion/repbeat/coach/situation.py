"""What the planner knows when it decides: plain values that can be kept and decided again, any day later."""

from __future__ import annotations

from datetime import date

import msgspec

from repbeat.coach.rules import Chance, Limits, Prescribed, Trial
from repbeat.derive.readiness import Readiness, State
from repbeat_protocol import plan as wire


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One exercise of a session, in the wire plan's own terms and units."""

    exercise: int
    sets: int
    reps_low: int
    reps_high: int
    load_g: int = 0
    rest_s: int = 120
    rest_until_bpm: int = 0
    eccentric_ds: int = 0
    pause_ds: int = 0
    concentric_ds: int = 0
    velocity_loss_percent: int = 0
    flags: int = 0
    angle_low: int = 0
    angle_high: int = 0

    @property
    def warm_up(self) -> bool:
        """Warm-up sets are left alone by every rule."""
        return bool(self.flags & wire.WARM_UP)

    @property
    def prescribed(self) -> Prescribed:
        """What it asks of the athlete."""
        return Prescribed(
            sets=self.sets, reps_low=self.reps_low, reps_high=self.reps_high, load_g=self.load_g
        )

    def item(self) -> wire.Item:
        """As it goes to the device."""
        return wire.Item(**msgspec.structs.asdict(self))


def line_of(item: wire.Item) -> Line:
    """A wire item as a line."""
    return Line(**{field: getattr(item, field) for field in Line.__struct_fields__})


class Deload(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where an athlete stands between lighter weeks; `every_weeks` 0: none is scheduled."""

    every_weeks: int = 0
    weeks_since: int = 0
    running: bool = False
    """A lighter week has begun and is not over."""


class Bounds(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the planner may do by itself, and what needs the coach.

    `free_percent`: with `coach_required`, a change of a load, of sets or of repetitions by more than this
    waits for an approval.
    """

    limits: Limits = Limits()
    coach_required: bool = False
    free_percent: int = 0
    valid_days: int = 7

    def __post_init__(self) -> None:
        if not 0 <= self.free_percent <= 100:
            raise ValueError("free_percent lies within 0-100")
        if not 1 <= self.valid_days <= 28:
            raise ValueError("valid_days lies within 1-28")


class Situation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that decides the next session.

    `base` is the session at full; `light` its marked light variant (none: made from `base`). `trials` and
    `week_ago` are by position in `base`; trials latest first, light and deload sessions left out. `recent`:
    the states of the mornings before, latest first. `red_flags`: reported and not cleared.
    """

    day: date
    base: tuple[Line, ...]
    light: tuple[Line, ...] = ()
    trials: dict[int, tuple[Trial, ...]] = {}
    week_ago: dict[int, Prescribed] = {}
    chances: dict[int, Chance] = {}
    readiness: Readiness | None = None
    recent: tuple[State, ...] = ()
    red_flags: tuple[str, ...] = ()
    deload: Deload = Deload()
    bounds: Bounds = Bounds()

    @property
    def state(self) -> State:
        """Readiness today; UNKNOWN where nobody looked."""
        return self.readiness.state if self.readiness else State.UNKNOWN
