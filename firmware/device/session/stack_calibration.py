"""Calibrates a sensor on its machine: pin in the first plate, pin in another, a slow repetition.

With a load cell: the cable loose, then a slow repetition with a known load.

Each step waits for a person: the sensor's button or the operator's page says that the pin is where it should
be. What is then measured is where the flag stands still. Every step leaves a CALIBRATION record, so that the
companion shows how far it is and, where a step did not work, what to do; that step then waits again.
"""

from device.store.flash import StoreError
from device.store.settings import BadSetting, check
from repbeat_protocol import auth, records

LEAST_STEP_MM = 5  # thinner plates there are none
MOST_STEP_MM = 100
STILL_WAIT_MS = 10_000
LEFT_MS = 300_000  # nobody went on for so long
EMPTY_READINGS = 10
EMPTY_COUNTS = 4000  # between the least and the most of them: a tenth of a kilogram or two
LEAST_PER_KG = 20  # a cell that bears what was told gives hundreds to tens of thousands
SLOW_MS = 2000  # a repetition whose way is to be believed at its ends takes so long
MOST_RANGE_MM = 3000


class StackCalibration:
    """`settings`: the device's; `note(values)` writes a record; `diff`: time.ticks_diff.

    `flag`: whether the distance can be that of a flag on the pin; `cell`: whether there is a load cell.
    """

    def __init__(self, settings, note, diff, flag: bool = True, cell: bool = False) -> None:
        self._flag = flag
        self._cell = cell
        self._settings = settings
        self._note = note
        self._diff = diff
        self.stage = 0  # records.PIN_FIRST …; 0: none runs
        self.seen = False  # set by who measures: there was a distance since `go_on`
        self._armed = False
        self._since = 0
        self._told(0, 0, 0)

    @property
    def active(self) -> bool:
        """Whether what moves now is no training."""
        return self.stage != 0

    def again(self, ticks: int) -> int:
        """Begin with the loads told last, as the sensor's button does."""
        get = self._settings.get
        return self.begin(get("stack_plate"), get("stack_first_g"), get("stack_step_g"), ticks)

    def begin(self, plate: int, first_g: int, step_g: int, ticks: int) -> int:
        """Begin; 0, or the auth code of a refusal.

        `plate`: where the pin goes second, from 1; 0: there is no flag on the pin, only the way is measured.
        `first_g`, `step_g`: load of the first plate, and what each further one adds.
        """
        try:
            check("stack_plate", plate)
            check("stack_first_g", first_g)
            check("stack_step_g", step_g)
        except BadSetting:
            return auth.BAD_MESSAGE
        if plate == 1:  # the first plate again tells no step
            return auth.BAD_MESSAGE
        if self._cell:
            first = records.CELL_EMPTY
        else:
            plate = plate if self._flag else 0
            first = records.PIN_FIRST
        self._told(plate, first_g, step_g)
        self._enter(first if plate else records.SLOW_REP, ticks)
        return 0

    def go_on(self, ticks: int) -> None:
        """The person says that the pin is in and the stack rests: measure."""
        if self.stage in (records.PIN_FIRST, records.PIN_OTHER, records.CELL_EMPTY):
            self._armed = True
            self.seen = False
            self._readings = 0
            self._since = ticks

    def stop(self) -> None:
        """The person gives it up; what was in force stays."""
        if self.stage:
            self._end(records.LEFT)

    def tick(self, ticks: int) -> None:
        """Several times a second while active."""
        waited = self._diff(ticks, self._since)
        if self._armed and waited > STILL_WAIT_MS:
            self._armed = False
            self._since = ticks
            self._record(self._why_not(), 0)
        elif waited > LEFT_MS:
            self._end(records.LEFT)

    def stood(self, mm: int, ticks: int) -> bool:
        """The flag stands still there: half a second's mean. True when that was a step, after a move."""
        if not self._armed or self.stage == records.CELL_EMPTY:
            return False
        self._armed = False
        if self.stage == records.PIN_FIRST:
            self._top_mm = mm
            self._record(records.MEASURED, mm)
            self._enter(records.PIN_OTHER, ticks)
            return True
        step_um = (mm - self._top_mm) * 1000 // (self._plate - 1)
        if not LEAST_STEP_MM <= abs(step_um) // 1000 <= MOST_STEP_MM:
            self._since = ticks
            self._record(records.NO_STEP, mm)
            return False
        self._step_um = step_um
        self._record(records.MEASURED, mm)
        self._enter(records.SLOW_REP, ticks)
        return True

    def weighed(self, counts: int, ticks: int) -> None:
        """A reading of the load cell."""
        if not self._armed or self.stage != records.CELL_EMPTY:
            return
        if not self._readings or self._high - self._low > EMPTY_COUNTS:
            self._readings = self._sum = 0
            self._low = self._high = counts
        self._low, self._high = min(self._low, counts), max(self._high, counts)
        self._sum += counts
        self._readings += 1
        if self._readings >= EMPTY_READINGS and self._high - self._low <= EMPTY_COUNTS:
            self._zero = self._sum // self._readings
            self._record(records.MEASURED, 0)
            self._enter(records.CELL_REP, ticks)

    def rep(self, rep, counts: int | None, ticks: int) -> None:
        """A repetition was seen (signal.stack.Rep); `counts`: the load cell's mean over it."""
        if self.stage not in (records.SLOW_REP, records.CELL_REP):
            return
        if rep.end_ms - rep.start_ms < SLOW_MS:
            self._since = ticks
            self._record(records.TOO_FAST, rep.range_mm)
            return
        if self.stage == records.CELL_REP and not self._scale(counts):
            self._since = ticks
            self._record(records.NO_LOAD, rep.range_mm)
            return
        self._range_mm = min(rep.range_mm, MOST_RANGE_MM)
        self._record(records.MEASURED, rep.range_mm)
        self._keep()

    def _why_not(self) -> int:
        """Why nothing stood still."""
        if self.stage == records.CELL_EMPTY:
            return records.NOT_STILL if self._readings else records.NO_LOAD
        return records.NOT_STILL if self.seen else records.UNSEEN

    def _scale(self, counts: int | None) -> bool:
        """Counts a kilogram, by the load that the pin's plate is known to have."""
        known_g = self._first_g + (self._plate - 1) * self._step_g
        off = 0 if counts is None else counts - self._zero
        self._per_kg = off * 10 // max(1, known_g // 100)
        return abs(self._per_kg) >= LEAST_PER_KG

    def _told(self, plate: int, first_g: int, step_g: int) -> None:
        self._plate, self._first_g, self._step_g = plate, first_g, step_g
        self._top_mm = self._step_um = self._range_mm = 0
        self._zero = self._per_kg = 0
        self._readings = self._sum = self._low = self._high = 0

    def _enter(self, stage: int, ticks: int) -> None:
        self.stage = stage
        self._armed = False
        self._since = ticks
        self._record(records.WAITS, 0)

    def _keep(self) -> None:
        """All is measured: it is in force once it is on flash."""
        found = {"stack_range_mm": self._range_mm}
        if self._plate:
            found["stack_plate"] = self._plate
            if self._cell:
                found["cell_zero"] = self._zero
                found["cell_per_kg"] = self._per_kg
            else:
                found["stack_top_mm"] = self._top_mm
                found["stack_step_um"] = self._step_um
            found["stack_first_g"] = self._first_g
            found["stack_step_g"] = self._step_g
        try:
            self._settings.update(found)
        except StoreError:
            self._end(records.NOT_KEPT)
        else:
            self.stage = records.CALIBRATED
            self._end(records.MEASURED)

    def _end(self, outcome: int) -> None:
        self._record(outcome, 0)
        self.stage = 0
        self._armed = False

    def _record(self, outcome: int, reading_mm: int) -> None:
        self._note(
            (
                self.stage,
                outcome,
                reading_mm,
                self._plate,
                self._top_mm,
                self._step_um,
                self._first_g // 10,
                self._step_g // 10,
                self._range_mm,
            )
        )
