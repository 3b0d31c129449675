"""Optical heart rate during exercise: a value every two seconds, with a quality, or none.

Light and acceleration go through the front end sample by sample (heart_front.py). Every two seconds the
last 8 s are turned into spectra (heart_spectrum.py), and a hidden Markov model weighs heart rates by them
(heart_states.py). That work is cut into slices, one per sample, so no call is long.
"""

from device.signal.heart_front import HeartFront
from device.signal.heart_spectrum import HeartSpectrum
from device.signal.heart_states import ONE, HeartStates

NO_CONTACT, CONTACT, CONTACT_UNKNOWN = range(3)

HOP_POINTS = 25
"""Two seconds at 12.5 Hz."""
FIRST_POINTS = 94
"""Of 100: the first value, and each after it, comes before an even second at 25 Hz too."""
CONTACT_COUNTS = 50_000
"""Light level of skin: 18-bit parts at usual LED currents read 100,000-200,000 on skin, < 10,000 in air."""
GOOD_QUALITY = 80


class HeartTracker:
    """Feed every sample with `push`; read the fields whenever it returns True.

    bpm_x10: heart rate in 0.1 bpm, 0 while there is none. quality: 0-100, chance in percent that the value
    is within 5 bpm. good: fit to act on. contact: 0 no, 1 yes, 2 unknown (`contact_counts` = 0, for signals
    without their light level).
    """

    def __init__(self, contact_counts: int = CONTACT_COUNTS) -> None:
        self.bpm_x10 = 0
        self.quality = 0
        self.good = False
        self._contact_counts = contact_counts
        self.contact = NO_CONTACT if contact_counts else CONTACT_UNKNOWN
        self._front = HeartFront()
        self._spectrum = HeartSpectrum()
        self._states = HeartStates()
        self._due = FIRST_POINTS
        self._slice = -1

    def push(self, t_ms: int, ppg1: int, ppg2: int, ax: int, ay: int, az: int) -> bool:
        """Take one sample: counts, counts, mg, mg, mg at `t_ms` (ms since the session began, below 2^30).

        A part with one optical channel gives it twice; one without accelerometer gives zeros.
        True when there is a new value, or contact was gained or lost.
        """
        front = self._front
        if front.add(t_ms, ppg1, ppg2, ax, ay, az):
            if self._contact_counts and self._contact_changed(front.light):
                return True
            if front.points == 0:
                self._due = FIRST_POINTS
            if front.points >= self._due and self._slice < 0:
                self._due += HOP_POINTS
                self._spectrum.take(front.ring, front.points)
                self._slice = 0
                return False
        if self._slice < 0 or self.contact == NO_CONTACT:
            return False
        return self._work()

    def _contact_changed(self, light: int) -> bool:
        """Skin reflects: gained at the level, lost below 7/8 of it."""
        level = self._contact_counts
        if self.contact == NO_CONTACT and light >= level:
            self.contact = CONTACT
        elif self.contact == CONTACT and light < level - level // 8:
            self.contact = NO_CONTACT
            self._states.restart()
        else:
            return False
        self._front.restart()
        self._slice = -1
        self.bpm_x10 = 0
        self.quality = 0
        self.good = False
        return True

    def _work(self) -> bool:
        """One slice of an estimate; True after the last."""
        at = self._slice
        self._slice += 1
        if at < HeartSpectrum.STEPS:
            self._spectrum.step()
        elif at == HeartSpectrum.STEPS:
            self._states.combine(self._spectrum)
        elif at == HeartSpectrum.STEPS + 1:
            self._states.predict()
        else:
            self._states.update()
            self._slice = -1
            self.bpm_x10 = self._states.bpm_x10
            self.quality = self._states.mass * 100 // ONE
            self.good = self.quality >= GOOD_QUALITY
            return True
        return False
