"""The claim window: a minute after somebody held the button, in which another companion may come in."""

OPEN_MS = 60000


class Window:
    """`changed()` is called when it is opened or closed, not when it runs out."""

    def __init__(self, clock) -> None:
        self.changed = None
        self._clock = clock
        self._until_ms = -1

    def open(self) -> None:
        """Only who can press the button may let somebody in."""
        self._until_ms = self._clock.uptime_ms() + OPEN_MS
        if self.changed:
            self.changed()

    def close(self) -> None:
        """Somebody came in: one a press."""
        self._until_ms = -1
        if self.changed:
            self.changed()

    @property
    def is_open(self) -> bool:
        """Whether somebody may come in now."""
        return self._clock.uptime_ms() < self._until_ms
