"""Everything that listens to the wearer, at one door: session, questions, breathing, rest.

"I feel unwell" (FEATURES row 62) stops whatever goes on, writes it down, cues to ask for help, and locks:
until a whole check-in says otherwise, the setting `unwell` is 1 and no plan that raises a load is taken.
"""

from device.session import cues
from device.session.recorder import UNANSWERED
from repbeat_protocol import live


class Activity:
    """Sensing brings `motion` and `tick`, the heart `second`, the button what Gestures makes of it."""

    def __init__(self, session, dialog, breathing, rests, recorder, cue, memory) -> None:
        self.session = session
        self.dialog = dialog
        self.breathing = breathing
        self._rests = rests
        self._recorder = recorder
        self._cue = cue
        self._memory = memory
        self._was_active = False
        self._worn = False
        dialog.healthy = self._healthy

    @property
    def active(self) -> bool:
        """Whether the sensors are needed, worn or not."""
        return self.session.active or self.breathing.active

    @property
    def engaged(self) -> bool:
        """Whether a press means something to what is going on."""
        return self.active or self.dialog.asking != 0

    @property
    def phase(self) -> int:
        """As in LIVE."""
        if self.dialog.asking:
            return live.QUESTION
        return live.BREATHING if self.breathing.active else self.session.phase

    # Sensors and time

    def motion(self, ticks: int, ax: int, ay: int, az: int, gx: int, gy: int, gz: int) -> None:
        """One sample: mg and 0.1 deg/s."""
        self.session.motion(ticks, ax, ay, az, gx, gy, gz)
        self._rests.motion(self._worn, ax, ay, az)

    def second(self, source) -> None:
        """The heart of this second, as HeartSource has chosen it."""
        self._worn = source.worn
        self.session.heart(source.bpm, source.state)
        self.breathing.second(source.rr_1024, source.rr_broken)
        self._rests.second(source.bpm, source.state, source.rr_1024, source.rr_broken)

    def tick(self, ticks: int) -> None:
        """Ten times a second."""
        session = self.session
        self.breathing.tick()
        session.tick(ticks)
        self.dialog.tick(ticks)
        if session.active != self._was_active:
            self._was_active = session.active
            if not session.active and session.set_index:
                self.dialog.ask_effort(ticks)

    def flush(self) -> None:
        """Write what has been collected: the power is about to go."""
        self._rests.flush()

    # The wearer

    def press(self, ticks: int) -> None:
        """A short press."""
        if self.dialog.asking:
            self.dialog.press(ticks)
        elif self.breathing.active and not self.session.active:
            self.breathing.stop()
        else:
            self.session.press(ticks)

    def long_press(self, ticks: int) -> None:
        """A long press."""
        if self.dialog.asking:
            self.dialog.long_press()
        elif self.session.active:
            self.session.long_press(ticks)
        else:
            self.breathing.stop()

    def check_in(self, ticks: int) -> None:
        """The wearer wants to tell how they are."""
        self.dialog.check_in(ticks)

    def breathe(self) -> None:
        """The wearer wants to breathe with the band."""
        self.breathing.begin()

    def unwell(self, ticks: int) -> None:
        """The wearer needs help."""
        self.dialog.stop()
        self.session.unwell(ticks)
        self._was_active = False  # nobody is asked now how hard it was
        self._recorder.check_in(UNANSWERED, True)
        self._memory.keep("unwell", 1)
        self._cue(cues.HELP)

    def _healthy(self) -> None:
        """A whole check-in was answered: what was locked is free again."""
        if self._memory.get("unwell", 0):
            self._memory.keep("unwell", None)
