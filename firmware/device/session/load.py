"""What a session costs so far: seconds in zone, and the muscular load beside them.

Latched when the session begins: resting and maximum heart rate (the plan's, else the setting), the zones'
limits (setting `threshold_bpm`: a tested lactate threshold heart rate; 0 takes them from the reserve), the
curve of the Banister impulse (setting `curve`, records.CURVE_…) and the day's cap.
"""

from device.session.zone_range import ZoneRange
from device.signal import strain
from device.signal.zones import (
    COEFFICIENTS_MEN,
    COEFFICIENTS_NEUTRAL,
    COEFFICIENTS_WOMEN,
    ZoneClock,
    ZoneError,
    threshold_limits,
)
from repbeat_protocol import heart, records

CAP_CHECK_S = 30  # the strain of so far is computed this often, to compare it with the day's cap
COEFFICIENTS = {
    records.CURVE_NEUTRAL: COEFFICIENTS_NEUTRAL,
    records.CURVE_MEN: COEFFICIENTS_MEN,
    records.CURVE_WOMEN: COEFFICIENTS_WOMEN,
}


class Load:
    """Load of one session. Without a resting and a maximum heart rate there are no zones: `zones` is None."""

    def __init__(self, settings, day) -> None:
        """`day`: DayStrain."""
        self._settings = settings
        self._day = day
        self.range = ZoneRange(settings)
        self.zones = None
        self.resting_bpm = self.max_bpm = 0
        self.curve = records.CURVE_NEUTRAL
        self.day_x10 = 0  # strain of the day × 10, as of the last check

    def begin(self, plan) -> None:
        """A session begins, with this plan or None."""
        get = self._settings.get
        resting_bpm = (plan.resting_bpm if plan else 0) or get("resting_bpm", 0)
        max_bpm = (plan.max_bpm if plan else 0) or get("max_bpm", 0)
        threshold_bpm = get("threshold_bpm", 0)
        self.curve = get("curve", records.CURVE_NEUTRAL)
        limits = threshold_limits(threshold_bpm) if threshold_bpm else None
        try:
            self.zones = ZoneClock(resting_bpm, max_bpm, limits, COEFFICIENTS[self.curve])
        except ZoneError:
            self.zones = None  # not entered yet: nothing is guessed
        self.resting_bpm = resting_bpm if self.zones else 0
        self.max_bpm = max_bpm if self.zones else 0
        self.muscular_x10 = 0
        self._cap_x10 = (plan.strain_cap_x10 if plan else 0) or get("strain_cap_x10", 0)
        self._seconds = 0
        self.range.begin()
        self.day_x10 = self._day.x10(None)

    def second(self, bpm: int, state: int) -> bool:
        """One second's heart rate; poor ones count as unknown. True when the day's cap is passed."""
        if self.zones is None:
            return False
        self.zones.add(bpm if state >= heart.FAIR else 0)
        self._seconds += 1
        if self._seconds % CAP_CHECK_S:
            return False
        self.day_x10 = self._day.x10(self.zones)
        return self._day.passed(self.zones, self._cap_x10)

    def end(self) -> None:
        """The session is over: its strain belongs to the day."""
        if self.zones:
            self._day.add(self.zones)
            self.day_x10 = self._day.x10(None)

    def zone(self, bpm: int) -> int:
        """Zone 0-5 of a heart rate; 0 without zones."""
        return self.zones.zone(bpm) if self.zones and bpm else 0

    def add_set(self, reps: int, load_g: int, velocity_loss_permille: int) -> None:
        """Muscular load of a set that ended; a velocity loss of 0 is unknown."""
        if reps:
            self.muscular_x10 += strain.set_load_x10(
                reps, load_g // 10, velocity_loss_permille=velocity_loss_permille or None
            )
