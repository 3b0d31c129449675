"""Optical heart rate during exercise: a value every two seconds, with a quality, or none.

Light and acceleration go through the front end sample by sample (heart_front.py). Every two seconds the last
8 s are turned into spectra (heart_spectrum.py), a hidden Markov model weighs heart rates by them
(heart_states.py), and a logistic says how far to trust the result (heart_quality.py). That work is cut into
slices, one per sample, so that no call is long.
"""

from device.signal import heart_weights as weights
from device.signal.heart_front import HeartFront
from device.signal.heart_quality import HeartQuality
from device.signal.heart_spectrum import HeartSpectrum
from device.signal.heart_states import HeartStates

NO_CONTACT, CONTACT, CONTACT_UNKNOWN = range(3)

HOP_POINTS = 25
"""Two seconds at 12.5 Hz."""
FIRST_POINTS = 94
"""Of 100: the first value, and each after it, comes before an even second at 25 Hz too."""
CONTACT_COUNTS = 50_000
"""Light level of skin: 18-bit parts at usual LED currents read 100,000-200,000 on skin, < 10,000 in air."""


class HeartTracker:
    """Feed every sample with `push`; read the fields whenever it returns True.

    bpm_x10: heart rate in 0.1 bpm, 0 while there is none. quality: 0-100, the chance in percent that the
    value is within 5 bpm. good: fit to act on. contact: 0 no, 1 yes, 2 unknown (`contact_counts` = 0, for
    signals that come without their light level).
    """

    def __init__(self, contact_counts: int = CONTACT_COUNTS) -> None:
        self.bpm_x10 = 0
        self.quality = 0
        self.good = False
        self.contact = NO_CONTACT if contact_counts else CONTACT_UNKNOWN
        self.front = HeartFront()
        self.spectrum = HeartSpectrum()
        self.states = HeartStates()
        self.rating = HeartQuality()
        self._contact_counts = contact_counts
        self._due = FIRST_POINTS
        self._slice = -1
        self._slices = (self.spectrum.step,) * HeartSpectrum.STEPS + (self._predict, self._update)

    def push(self, t_ms: int, ppg1: int, ppg2: int, ax: int, ay: int, az: int) -> bool:
        """Take one sample: counts, counts, mg, mg, mg at `t_ms` (ms since the session began, below 2^30).

        A part with one optical channel gives it twice; one without accelerometer gives zeros.
        True when there is a new value, or none any more, or contact was gained or lost.
        """
        front = self.front
        if t_ms < front.next_ms:
            return False
        if front.add(t_ms, ppg1, ppg2, ax, ay, az):
            return self._follow()
        return self._slice >= 0 and self._work()

    def _follow(self) -> bool:
        """After each bin: contact, a new window after a gap, the next estimate."""
        front = self.front
        if self._contact_counts and self._contact_changed(front.light):
            return True
        points = front.points
        if points < 2 and self._due != FIRST_POINTS:  # a new window was begun after a gap
            self._start_over()
            return True
        if self._slice >= 0:
            return self._work()
        if points >= self._due and self.contact != NO_CONTACT:
            self._due += HOP_POINTS
            self.spectrum.take(front.ring, points)
            self._slice = 0
        return False

    def _work(self) -> bool:
        """The next slice of an estimate; True with the last."""
        at = self._slice
        self._slices[at]()
        at += 1
        published = at == len(self._slices)
        self._slice = -1 if published else at
        return published

    def _contact_changed(self, light: int) -> bool:
        """Skin reflects: contact is gained at the level and lost below 7/8 of it."""
        level = self._contact_counts
        if self.contact == NO_CONTACT and light >= level:
            self.contact = CONTACT
        elif self.contact == CONTACT and light < level - level // 8:
            self.contact = NO_CONTACT
            self.states.restart()
            self.rating.restart()
        else:
            return False
        self.front.restart()
        self._start_over()
        return True

    def _start_over(self) -> None:
        """No value until there is a window again."""
        self._due = FIRST_POINTS
        self._slice = -1
        self.bpm_x10 = 0
        self.quality = 0
        self.good = False

    def _predict(self) -> None:
        self.states.combine(self.spectrum)
        self.states.predict()

    def _update(self) -> None:
        states = self.states
        states.update()
        light, left = self.front.sizes
        self.bpm_x10 = states.bpm_x10
        self.quality = self.rating.rate(self.spectrum, states, light, left)
        self.good = self.quality >= weights.GOOD_QUALITY
