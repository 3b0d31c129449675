"""The day's strain over its sessions, and its cap: told once for a day, companion or not (FEATURES row 32).

Kept over a restart as `strain_day`: local day, net impulse × 100, the cap that was told. While the time is
not known a day is one boot of the device.
"""

from device.signal import strain


class DayStrain:
    """`memory`: session.Memory; `local`: LocalTime."""

    def __init__(self, memory, local) -> None:
        self._memory = memory
        self._local = local
        self._day = 0
        self._net_x100 = 0  # of the sessions before this one
        self._told_x10 = 0  # the highest cap that was told to be passed
        kept = memory.get("strain_day", "").split()
        if len(kept) == 3:
            self._day, self._net_x100, self._told_x10 = [int(part) for part in kept]

    def _follow_day(self) -> None:
        day = self._local.day()
        if day != self._day:
            if day and self._day:
                self._net_x100 = self._told_x10 = 0
            self._day = day or self._day

    def x10(self, zones) -> int:
        """Strain × 10 of the day, with what `zones` (ZoneClock or None) has counted."""
        self._follow_day()
        net = strain.net_impulse(zones) if zones else 0.0
        return int(strain.display(net + self._net_x100 / 100) * 10 + 0.5)

    def passed(self, zones, cap_x10: int) -> bool:
        """True once a day, when its strain has reached the cap; 0 is none."""
        if not cap_x10 or self.x10(zones) < cap_x10 or cap_x10 <= self._told_x10:
            return False
        self._told_x10 = cap_x10
        self._keep()
        return True

    def add(self, zones) -> None:
        """A session has ended: what it counted belongs to the day."""
        self._follow_day()
        self._net_x100 += int(strain.net_impulse(zones) * 100 + 0.5)
        self._keep()

    def _keep(self) -> None:
        if self._day:
            self._memory.keep("strain_day", "%d %d %d" % (self._day, self._net_x100, self._told_x10))
