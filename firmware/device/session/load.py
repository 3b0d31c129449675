"""What a session costs so far: seconds in zone, and the muscular load beside them."""

from device.signal import strain
from device.signal.zones import NoReserve, ZoneClock
from repbeat_protocol import heart

CAP_CHECK_S = 30  # the strain of so far is computed this often, to compare it with the plan's cap


class Load:
    """Load of one session. Without a resting and a maximum heart rate there are no zones: `zones` is None."""

    def __init__(self) -> None:
        self.begin(0, 0, 0)

    def begin(self, resting_bpm: int, max_bpm: int, cap_x10: int) -> None:
        """Latch the heart rates of this session; `cap_x10`: strain × 10 to cue at, 0 none."""
        try:
            self.zones = ZoneClock(resting_bpm, max_bpm)
        except NoReserve:
            self.zones = None  # not entered yet: nothing is guessed
        self.resting_bpm = resting_bpm if self.zones else 0
        self.max_bpm = max_bpm if self.zones else 0
        self.muscular_x10 = 0
        self._cap_x10 = cap_x10
        self._seconds = 0

    def second(self, bpm: int, state: int) -> bool:
        """One second's heart rate; poor ones count as unknown. True once, when the cap is passed."""
        if self.zones is None:
            return False
        self.zones.add(bpm if state >= heart.FAIR else 0)
        self._seconds += 1
        if not self._cap_x10 or self._seconds % CAP_CHECK_S:
            return False
        if strain.strain_x10(self.zones) < self._cap_x10:
            return False
        self._cap_x10 = 0
        return True

    def zone(self, bpm: int) -> int:
        """Zone 0-5 of a heart rate; 0 without zones."""
        return self.zones.zone(bpm) if self.zones and bpm else 0

    def add_set(self, reps: int, load_g: int, velocity_loss_permille: int) -> None:
        """Muscular load of a set that ended; a velocity loss of 0 is unknown."""
        if reps:
            self.muscular_x10 += strain.set_load_x10(
                reps, load_g // 10, velocity_loss_permille=velocity_loss_permille or None
            )
