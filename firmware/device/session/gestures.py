"""What a press of the one button means.

In a session: short: on to the next thing; long: end it. While a question is open: the answer. In paced
breathing: give it up. In all of these, held for three seconds: "I feel unwell".
Otherwise: one short press: begin a session; two: check-in; three: paced breathing; long: let a companion
claim the device; eight seconds: factory reset.
"""

TOGETHER_MS = 500  # short presses that follow each other within this are one gesture
UNWELL_MS = 2200  # after the long press was felt at 0.8 s
CHECK_IN_PRESSES = 2
BREATHING_PRESSES = 3


class Gestures:
    """`short`, `long`, `held` are the button's events, `tick` is time."""

    def __init__(self, button, activity, claim, reset, diff) -> None:
        """`button`: driver; `activity`: Activity; `claim()`, `reset()` do so; `diff`: time.ticks_diff."""
        self._button = button
        self._activity = activity
        self._claim = claim
        self._reset = reset
        self._diff = diff
        self._presses = 0
        self._last = 0  # ticks of the last press
        self._held_since = 0
        self._holding = False  # a long press whose end is waited for
        self._spent = False  # this press has had its meaning

    def short(self, ticks: int) -> None:
        """Pressed and released."""
        if self._activity.engaged:
            self._activity.press(ticks)
        else:
            self._presses += 1
            self._last = ticks

    def long(self, ticks: int) -> None:
        """Pressed for 0.8 s, and still pressed."""
        self._presses = 0
        self._spent = self._activity.engaged
        if self._spent:
            self._holding = True
            self._held_since = ticks
        else:
            self._claim()

    def held(self) -> None:
        """Pressed for eight seconds: who does so in a session wants something else."""
        if not self._spent:
            self._reset()

    def tick(self, ticks: int) -> None:
        """Several times a second."""
        if self._holding:
            if self._button.idle:
                self._holding = False
                self._activity.long_press(ticks)
            elif self._diff(ticks, self._held_since) >= UNWELL_MS:
                self._holding = False
                self._activity.unwell(ticks)
        elif self._presses and self._diff(ticks, self._last) >= TOGETHER_MS and self._button.idle:
            presses, self._presses = self._presses, 0
            if presses == CHECK_IN_PRESSES:
                self._activity.check_in(ticks)
            elif presses == BREATHING_PRESSES:
                self._activity.breathe()
            else:
                self._activity.press(ticks)
