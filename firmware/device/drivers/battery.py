"""State of charge of a lithium cell from its voltage behind a divider.

Supply current: the divider's, 9 uA for two resistors of 220 kOhm. It wakes nobody.
"""

from micropython import const

# Open-circuit voltage of a lithium-polymer cell at 25 C by state of charge (typical maker's curve, 0.2 C
# discharge); between the points linearly. Load and temperature shift it by some 10 %, so it is shown in
# whole per cents and filtered.
_CURVE_MV = (3300, 3600, 3680, 3720, 3760, 3800, 3850, 3910, 3980, 4070, 4180)
_STEP_PERCENT = const(10)
_FILTER = const(8)  # readings: a radio burst drops the voltage for milliseconds only
_READS = const(4)
_UNKNOWN = const(-1)


class Battery:
    """mv, percent (0-100, or -1 before the first poll) and charging (True, False or None where the board
    cannot tell)."""

    def __init__(self, adc, divider_permille: int, charging_pin=None, charging_active_low: bool = True):
        """adc: a machine.ADC; divider_permille: cell voltage over pin voltage, times 1000."""
        self._adc = adc
        self._divider = divider_permille
        self._charging_pin = charging_pin
        self._charging_level = 0 if charging_active_low else 1
        self._filtered = 0  # mV x _FILTER
        self.mv = 0
        self.percent = _UNKNOWN
        self.charging = None

    def poll(self) -> None:
        """Take a reading: every 10-60 s."""
        uv = 0
        for _ in range(_READS):
            uv += self._adc.read_uv() // _READS
        mv = uv // 1000 * self._divider // 1000
        if self.percent == _UNKNOWN:
            self._filtered = mv * _FILTER
        self._filtered += mv - self._filtered // _FILTER
        self.mv = self._filtered // _FILTER
        self.percent = percent_of(self.mv)
        if self._charging_pin is not None:
            self.charging = self._charging_pin.value() == self._charging_level


def percent_of(mv: int) -> int:
    """State of charge (0-100) at an open-circuit voltage in mV."""
    if mv <= _CURVE_MV[0]:
        return 0
    for i in range(1, len(_CURVE_MV)):
        if mv < _CURVE_MV[i]:
            below = _CURVE_MV[i - 1]
            return (i - 1) * _STEP_PERCENT + (mv - below) * _STEP_PERCENT // (_CURVE_MV[i] - below)
    return 100
