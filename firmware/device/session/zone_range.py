"""The heart-rate zones to stay in: a cue when the heart has left them (settings `zone_low`, `zone_high`)."""

LEFT_S = 10  # outside for so long: a single value says nothing


class ZoneRange:
    """`second` once a second of a session; without `zone_high` there is no range."""

    def __init__(self, settings) -> None:
        self._settings = settings
        self.begin()

    def begin(self) -> None:
        """A session begins: the zones have first to be reached."""
        self._left_s = LEFT_S

    def second(self, zone: int) -> bool:
        """Zone 1-5, 0 unknown or below all; True when the range was left, once until it is reached again."""
        high = self._settings.get("zone_high", 0)
        if not high:
            return False
        if self._settings.get("zone_low", 0) <= zone <= high:
            self._left_s = 0
        elif self._left_s < LEFT_S:
            self._left_s += 1
            return self._left_s == LEFT_S
        return False
