"""What presses of the button mean on a machine's sensor: calibration. Nobody's session begins there.

Two short presses begin it with the loads that were told before; a short one goes on, a long one gives it up.
"""


class Operator:
    """What Gestures asks of an Activity. `calibrate(ticks)` begins, unless somebody trains."""

    def __init__(self, calibration, calibrate) -> None:
        self._calibration = calibration
        self._calibrate = calibrate

    @property
    def engaged(self) -> bool:
        """Whether a press means something to what is going on."""
        return self._calibration.active

    def press(self, ticks: int) -> None:
        """A short press."""
        self._calibration.go_on(ticks)

    def long_press(self, _ticks: int) -> None:
        """A long press."""
        self._calibration.stop()

    def check_in(self, ticks: int) -> None:
        """Two short presses."""
        self._calibrate(ticks)

    def breathe(self) -> None:
        """Three short presses: nothing."""

    def unwell(self, _ticks: int) -> None:
        """Held for three seconds: as a long press."""
        self._calibration.stop()
