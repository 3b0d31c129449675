"""The battery: records when it changes, the service's level, and a warning in time."""

import asyncio

from device.session import cues
from repbeat_protocol import records

PERIOD_MS = 60000
LOW_PERCENT = 15
UP_PERCENT = 2  # a cell rises without a charger by resting: less than this is not worth a record


class Power:
    """`battery`: driver; `level(percent)` goes to the Battery service; `cue` plays."""

    def __init__(self, battery, journal, clock, level, cue) -> None:
        self._battery = battery
        self._journal = journal
        self._clock = clock
        self._level = level
        self._cue = cue
        self._percent = -1
        self._charging = None
        self._warned = False

    async def run(self) -> None:
        """Look once a minute, for ever."""
        while True:
            self.look()
            await asyncio.sleep_ms(PERIOD_MS)

    def look(self) -> None:
        """One reading; a BATTERY record when it changed."""
        battery = self._battery
        battery.poll()
        self._level(battery.percent)
        rise = battery.percent - self._percent
        if self._percent < 0 or rise < 0 or rise >= UP_PERCENT or battery.charging != self._charging:
            self._percent = battery.percent
            self._charging = battery.charging
            payload = records.pack(
                records.BATTERY, 1, (battery.mv, battery.percent, 1 if battery.charging else 0)
            )
            self._journal.append(records.BATTERY, 1, payload, self._clock.uptime_ms())
        if battery.percent > LOW_PERCENT or battery.charging:
            self._warned = False
        elif not self._warned:
            self._warned = True
            self._cue(cues.LOW_BATTERY)
