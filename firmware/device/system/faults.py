"""FAULT records: what went wrong on the device, by code, without filling the log.

A fault that keeps happening is written once in QUIET_MS; how often it came meanwhile goes into the detail.
"""

from device.system.journal import LOST
from repbeat_protocol import records

# codes: never reused
TASK_FAILED = 1  # detail: the task's name and the exception
SENSOR_MISSING = 2  # detail: the part
SENSOR_BUS = 3  # detail: the part and the error
SAMPLES_LOST = 4  # detail: the part and how many
CLOCK_REFUSED = 5  # detail: unix seconds offered, as text
QUEUE_FULL = 6  # detail: the queue's name
STORE = 7  # detail: the error
UPDATE_RETURNED = 8  # detail: the version given up, and why
UPDATE_REFUSED = 9  # detail: why the bundle was not taken
SAFE_MODE = 10  # detail: after how many crashes

QUIET_MS = 600000
DETAIL_MAX = 80


class Faults:
    """Writes FAULT records to `log`, each code at most once in ten minutes."""

    def __init__(self, log, clock) -> None:
        self._log = log
        self._clock = clock
        self._last_ms = {}
        self._held = {}

    def record(self, code: int, detail: str) -> bool:
        """Write one fault, or count it if its code was written a short while ago; True when written."""
        now = self._clock.uptime_ms()
        last = self._last_ms.get(code)
        if last is not None and now - last < QUIET_MS:
            self._held[code] = self._held.get(code, 0) + 1
            return False
        held = self._held.pop(code, 0)
        if held:
            detail = "%s (and %d before)" % (detail, held)
        self._last_ms[code] = now
        payload = records.pack(records.FAULT, 1, (code,), detail.encode()[:DETAIL_MAX])
        return self._log.append(records.FAULT, 1, payload, now) != LOST
