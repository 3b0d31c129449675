"""What the wearer is asked by the button: how hard the session was, and the morning's five questions.

RPE 0-10 after a session (FEATURES row 42): as many presses, a long one for 0; after a minute without an
answer it stays open. Check-in (row 41): sleep, fatigue, soreness, stress, mood, 1-5 presses each; a long
press or four seconds without one leaves an item out. Five answers of three presses take 13 s.
"""

from device.session import cues
from device.session.question import ANSWERED, WAITING, Question
from repbeat_protocol import records

RPE_HIGHEST = 10
RPE_PAUSE_MS = 2500
RPE_PATIENCE_MS = 60000
ITEMS = 5
ITEM_HIGHEST = 5
ITEM_PAUSE_MS = 1300
ITEM_PATIENCE_MS = 4000

NONE = 0
RPE = 1
CHECK_IN = 2


class Dialog:
    """`recorder` takes the answers, `cue(pattern)` asks; `healthy()` is called after a whole check-in."""

    def __init__(self, recorder, cue, diff) -> None:
        """`diff`: time.ticks_diff."""
        self._recorder = recorder
        self._cue = cue
        self._diff = diff
        self._question = Question()
        self.healthy = None
        self._answers = bytearray(ITEMS)
        self._origin = 0
        self.asking = NONE
        self.item = 0

    @property
    def presses(self) -> int:
        """The answer so far."""
        return self._question.answer if self.asking else 0

    def ask_effort(self, ticks: int) -> None:
        """A session with a set in it has ended."""
        self._origin = ticks
        self.asking = RPE
        self._question.begin(0, RPE_HIGHEST, RPE_PAUSE_MS, RPE_PATIENCE_MS)
        self._cue(cues.QUESTION)

    def check_in(self, ticks: int) -> None:
        """The wearer wants to tell how they are."""
        self._origin = ticks
        self.asking = CHECK_IN
        self.item = 0
        self._ask_item(0)

    def stop(self) -> None:
        """Something more important has come up: what was not finished stays unanswered."""
        self.asking = NONE

    def press(self, ticks: int) -> None:
        """A short press."""
        self._question.press(self._diff(ticks, self._origin))

    def long_press(self) -> None:
        """A long press."""
        self._question.finish()

    def tick(self, ticks: int) -> None:
        """Several times a second."""
        if not self.asking:
            return
        now = self._diff(ticks, self._origin)
        outcome = self._question.update(now)
        if outcome == WAITING:
            return
        if self.asking == CHECK_IN:
            self._next_item(now, outcome == ANSWERED)
            return
        self.asking = NONE
        if outcome == ANSWERED:
            self._recorder.effort(self._question.answer)
            self._cue(cues.ANSWERED)

    def _ask_item(self, now: int) -> None:
        self._question.begin(now, ITEM_HIGHEST, ITEM_PAUSE_MS, ITEM_PATIENCE_MS)
        self._cue(cues.QUESTION if self.item == 0 else cues.SET_START)

    def _next_item(self, now: int, answered: bool) -> None:
        answer = self._question.answer
        self._answers[self.item] = answer if answered and answer else records.UNKNOWN_U8
        self.item += 1
        if self.item < ITEMS:
            self._ask_item(now)
            return
        self.asking = NONE
        if min(self._answers) != records.UNKNOWN_U8:
            self._recorder.check_in(tuple(self._answers), False)
            self._cue(cues.ANSWERED)
            if self.healthy and max(self._answers) != records.UNKNOWN_U8:
                self.healthy()
