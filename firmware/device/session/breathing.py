"""Paced breathing on the device: begun by the button or by a plan's item, figures before and after recorded.

A plan's item of the exercise `paced_breathing` has breaths as repetitions, breathing in as concentric and out
as eccentric time. By the button it is the setting `breathing_s` long, at six breaths a minute.
"""

from device.session import cues
from device.signal import pacer
from device.signal.rr import ms_from_1024
from repbeat_protocol import records

IN_DS = 40  # six breaths a minute, the longer part out (signal/pacer.py)
OUT_DS = 60
DEFAULT_S = 180
RATE_X10 = (pacer.RATE_X10_MIN, pacer.RATE_X10_MAX)
IN_PERCENT = (20, 80)


class Breathing:
    """One exercise at a time. `journal` keeps records, `clock` gives uptime, `cue(pattern)` paces."""

    def __init__(self, journal, clock, cue, settings) -> None:
        self._journal = journal
        self._clock = clock
        self._cue = cue
        self._settings = settings
        self._exercise = None

    @property
    def active(self) -> bool:
        """Whether one is under way."""
        return self._exercise is not None

    def begin(self, item=None, session_seq: int = records.NO_SESSION) -> None:
        """Start listening; `item`: of a plan, None: the wearer asked for it."""
        in_ds = (item.concentric_ds if item else 0) or IN_DS
        out_ds = (item.eccentric_ds if item else 0) or OUT_DS
        breath_ds = in_ds + out_ds
        rate_x10 = max(RATE_X10[0], min(6000 // breath_ds, RATE_X10[1]))
        in_percent = max(IN_PERCENT[0], min(100 * in_ds // breath_ds, IN_PERCENT[1]))
        if item:
            paced_s = item.reps_high * 600 // rate_x10
        else:
            paced_s = self._settings.get("breathing_s", 0) or DEFAULT_S
        self._session_seq = session_seq
        self._paced_s = paced_s
        self._rate_x10 = rate_x10
        self._exercise = pacer.BreathingExercise(self._clock.uptime_ms(), paced_s, rate_x10, in_percent)

    def second(self, rr_1024: list[int], broken: bool) -> None:
        """The intervals that ended within this second; `broken`: others were lost before them."""
        exercise = self._exercise
        if exercise is None:
            return
        if broken:
            exercise.gap()
        for rr in rr_1024:
            exercise.interval(ms_from_1024(rr))

    def tick(self) -> None:
        """Ten times a second, for exact cues."""
        exercise = self._exercise
        if exercise is None:
            return
        due = exercise.update(self._clock.uptime_ms())
        if due == pacer.BREATHE_IN:
            self._cue(cues.BREATHE_IN)
        elif due == pacer.BREATHE_OUT:
            self._cue(cues.BREATHE_OUT)
        elif exercise.phase == pacer.DONE:
            self._cue(cues.ANSWERED)
            self._record(self._paced_s)

    def stop(self) -> None:
        """The wearer has given up: what was measured before is kept."""
        if self._exercise is not None:
            self._record(0)

    def _record(self, paced_s: int) -> None:
        exercise, self._exercise = self._exercise, None
        values = (self._session_seq, paced_s, self._rate_x10) + figures(exercise.before)
        payload = records.pack(records.BREATHING, 1, values + figures(exercise.after))
        self._journal.append(records.BREATHING, 1, payload, self._clock.uptime_ms())


def figures(hrv) -> tuple[int, int, int]:
    """(bpm × 10, RMSSD in 0.1 ms, kept permille) of signal.hrv.Hrv; zeros without."""
    if hrv is None:
        return 0, 0, 0
    return int(hrv.mean_bpm * 10 + 0.5), min(int(hrv.rmssd_ms * 10 + 0.5), 0xFFFF), hrv.kept_permille
