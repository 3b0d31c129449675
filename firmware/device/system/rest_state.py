"""How much of the device runs, and when it goes to sleep.

ASLEEP       processor, radio and optical sensor off; motion wakes it (26 Hz, low power), or the button
IDLE         not worn, no session: the optical sensor looks for skin, advertising is slow
BETWEEN_SETS worn or in a session: heart rate and motion
IN_SET       everything
SYNCING      a companion is connected: whatever else runs, and the radio
"""

ASLEEP = 0
IDLE = 1
BETWEEN_SETS = 2
IN_SET = 3
SYNCING = 4

SLEEP_AFTER_MS = 900_000  # a quarter of an hour off the wrist, and nobody connected: it lies in a bag


def state(in_set: bool, active: bool, worn: bool, linked: bool) -> int:
    """The state by what goes on; ASLEEP is entered by Sleeper alone."""
    if linked:
        return SYNCING
    if in_set:
        return IN_SET
    return BETWEEN_SETS if active or worn else IDLE


class Sleeper:
    """Says when to sleep: IDLE for SLEEP_AFTER_MS without a break, and not on the charger."""

    def __init__(self) -> None:
        self._since_ms = -1

    def due(self, now_ms: int, current: int, charging: bool) -> bool:
        """Ask once a second or so; `now_ms` is the uptime."""
        if current != IDLE or charging:
            self._since_ms = -1
        elif self._since_ms < 0:
            self._since_ms = now_ms
        return self._since_ms >= 0 and now_ms - self._since_ms >= SLEEP_AFTER_MS
