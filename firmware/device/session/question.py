"""A number asked and answered with one button: as many presses as the answer, then a pause.

A long press ends the answer at once; with no press before it, it is zero.
"""

WAITING = 0
ANSWERED = 1
UNANSWERED = 2


class Question:
    """One question at a time; times in ms on any clock that does not wrap meanwhile."""

    def begin(self, now_ms: int, highest: int, pause_ms: int, patience_ms: int) -> None:
        """Ask: 0 to `highest`, finished by `pause_ms` without a press, given up after `patience_ms`."""
        self._highest = highest
        self._pause_ms = pause_ms
        self._patience_ms = patience_ms
        self._since_ms = now_ms
        self._finished = False
        self.answer = 0

    def press(self, now_ms: int) -> None:
        """One more."""
        self.answer = min(self.answer + 1, self._highest)
        self._since_ms = now_ms

    def finish(self) -> None:
        """The long press."""
        self._finished = True

    def update(self, now_ms: int) -> int:
        """WAITING, ANSWERED (see `answer`) or UNANSWERED."""
        waited_ms = now_ms - self._since_ms
        if self._finished or (self.answer and waited_ms >= self._pause_ms):
            return ANSWERED
        return UNANSWERED if waited_ms >= self._patience_ms else WAITING
