"""Seconds in heart rate zones, and the load they make.

A `ZoneClock` counts seconds at each heart rate, as integers, against a resting and a maximum heart
rate latched when it is made. Zones, Banister and Edwards are read from those counts: they are exact,
they add up over sessions, and the order or grouping of the samples cannot change them.

The unit of effort is the share of heart rate reserve, (bpm - resting) / (maximum - resting) (Karvonen
1957). Five zones of 10 % each begin at 50 % (Edwards 1993); below is zone 0.
"""

from array import array
from math import exp

ZONES = 6
BPM_LIMIT = 255

# Banister's training impulse: share * scale * e^(rate * share) per minute (Banister 1991, Morton 1990).
# Whoever states no sex gets the mean of the two curves: our choice, within 2-17 % of either.
COEFFICIENTS_MEN = ((0.64, 1.92),)
COEFFICIENTS_WOMEN = ((0.86, 1.67),)
COEFFICIENTS_NEUTRAL = COEFFICIENTS_MEN + COEFFICIENTS_WOMEN

# Friel's zones as shares of the lactate threshold heart rate that a test gave. His zone 1 has no lower
# end: 75 % is ours, so that standing about stays zone 0.
THRESHOLD_PERCENT = (75, 85, 90, 95, 100)


class ZoneError(ValueError):
    """Heart rates that make no zones; each cause is a subclass."""


class NoReserve(ZoneError):
    """The maximum is not above the resting heart rate, or one is outside 25-255: enter both anew."""


class NotAscending(ZoneError):
    """Five zone limits that do not rise strictly: enter them anew."""


def reserve_limits(resting_bpm: int, max_bpm: int) -> tuple[int, ...]:
    """Lowest bpm of zones 1-5: 50, 60, 70, 80 and 90 % of heart rate reserve, rounded up."""
    reserve = max_bpm - resting_bpm
    return tuple([resting_bpm + (reserve * percent + 99) // 100 for percent in (50, 60, 70, 80, 90)])


def threshold_limits(threshold_bpm: int) -> tuple[int, ...]:
    """Lowest bpm of zones 1-5 from a tested lactate threshold heart rate, rounded up."""
    return tuple([(threshold_bpm * percent + 99) // 100 for percent in THRESHOLD_PERCENT])


def impulse_per_min(share: float, coefficients: tuple[tuple[float, float], ...]) -> float:
    """Banister's load of one minute at `share` of heart rate reserve, 0-1."""
    total = 0.0
    for scale, rate in coefficients:
        total += share * scale * exp(rate * share)
    return total / len(coefficients)


class ZoneClock:
    """Counts seconds at each heart rate from resting to maximum; about 4 bytes a bpm.

    `resting_bpm` and `max_bpm` stay as they were when the clock was made, so that a session has one
    scale. `limits` are the lowest bpm of zones 1-5; None takes them from the reserve.
    """

    def __init__(
        self,
        resting_bpm: int,
        max_bpm: int,
        limits: tuple[int, ...] | None = None,
        coefficients: tuple[tuple[float, float], ...] = COEFFICIENTS_NEUTRAL,
    ) -> None:
        if not 25 <= resting_bpm < max_bpm <= BPM_LIMIT:
            raise NoReserve("resting %d and maximum %d bpm make no reserve" % (resting_bpm, max_bpm))
        if limits is None:
            limits = reserve_limits(resting_bpm, max_bpm)
        for i in range(1, ZONES - 1):
            if limits[i] <= limits[i - 1]:
                raise NotAscending("zone limits %s do not rise" % (limits,))
        self.resting_bpm = resting_bpm
        self.max_bpm = max_bpm
        self.limits = limits
        self.coefficients = coefficients
        self.unknown_s = 0  # seconds without a heart rate that may be used
        self._zone_s = array("I", [0] * ZONES)
        self._at_s = array("I", [0] * (max_bpm - resting_bpm + 1))

    def add(self, bpm: int, seconds: int = 1) -> None:
        """`seconds` at `bpm` (1-255); bpm 0 is "no value": it counts as unknown, never as rest."""
        if bpm <= 0:
            self.unknown_s += seconds
            return
        self._zone_s[self.zone(bpm)] += seconds
        if bpm < self.resting_bpm:
            bpm = self.resting_bpm
        elif bpm > self.max_bpm:
            bpm = self.max_bpm  # above a measured maximum lies an artefact or a wrong maximum
        self._at_s[bpm - self.resting_bpm] += seconds

    def zone(self, bpm: int) -> int:
        """Zone 0-5 of a heart rate."""
        zone = 0
        while zone < ZONES - 1 and bpm >= self.limits[zone]:
            zone += 1
        return zone

    def zone_s(self, zone: int) -> int:
        """Seconds counted in zone 0-5."""
        return self._zone_s[zone]

    def seconds_at(self, step: int) -> int:
        """Seconds counted at resting + `step` bpm, up to the maximum; ends gather what is beyond."""
        return self._at_s[step]

    def banister(self) -> float:
        """Banister's training impulse, summed over every second's own heart rate."""
        reserve = self.max_bpm - self.resting_bpm
        total = 0.0
        for step in range(1, reserve + 1):
            seconds = self._at_s[step]
            if seconds:
                total += seconds * impulse_per_min(step / reserve, self.coefficients)
        return total / 60

    def edwards(self) -> float:
        """Edwards's training impulse: minutes in each zone times the zone's number."""
        weighted_s = 0
        for zone in range(1, ZONES):
            weighted_s += zone * self._zone_s[zone]
        return weighted_s / 60
