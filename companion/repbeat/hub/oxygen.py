"""What muscle oxygen sensors tell, as streams of who wears them. A sensor that nobody wears is left alone."""

from __future__ import annotations

from collections.abc import Callable

from repbeat.hub import moxy
from repbeat.store import Database, oxygen
from repbeat.store.oxygen import Sample

KEEP_MS = 30_000  # a running stream is kept so often
NOBODY = "nobody wears the muscle oxygen sensor in reach: repbeat devices oxygen {address} --athlete NAME"


class OxygenLog:
    """`ears` for hub.listening; `end` when a link ended. `tell` hears of sensors that nobody wears."""

    def __init__(self, db: Database, now_ms: Callable[[], int], tell: Callable[[str], None]) -> None:
        self._db = db
        self._now_ms = now_ms
        self._tell = tell
        self._told: set[str] = set()
        self._running: dict[str, tuple[str, list[Sample]]] = {}
        self._counts: dict[str, int] = {}
        self._kept_ms: dict[str, int] = {}

    def ears(self, address: str, _name: str) -> dict[str, Callable[[bytes], None]]:
        """One for the sensor's data while somebody wears it."""
        if oxygen.wearer(self._db, address) is None:
            if address not in self._told:
                self._told.add(address)
                self._tell(NOBODY.format(address=address))
            return {}
        return {moxy.DATA: lambda value: self.take(address, moxy.read(value))}

    def take(self, address: str, reading: moxy.Reading) -> None:
        """A notification; one that repeats a measurement says nothing new."""
        if self._counts.get(address) == reading.count:
            return
        self._counts[address] = reading.count
        at_ms = self._now_ms()
        running = self._running.get(address)
        if running is not None and _over(running[1], at_ms):
            self._keep(address)
            running = None
        if running is None:
            athlete_id = oxygen.wearer(self._db, address)
            if athlete_id is None:
                return
            running = self._running[address] = athlete_id, []
            self._kept_ms[address] = at_ms
        running[1].append(Sample(at_ms, reading.state, reading.smo2_permille, reading.thb_cg_dl))
        if at_ms - self._kept_ms[address] >= KEEP_MS:
            self._kept_ms[address] = at_ms
            self._keep(address, goes_on=True)

    def end(self, address: str) -> None:
        """The sensor's link ended."""
        self._counts.pop(address, None)
        if address in self._running:
            self._keep(address)

    def _keep(self, address: str, *, goes_on: bool = False) -> None:
        """What has come so far, for who still wears the sensor: whoever was erased has none."""
        athlete_id, samples = self._running[address]
        with self._db.atomic():
            same = oxygen.wearer(self._db, address) == athlete_id
            if same:
                oxygen.keep(self._db, athlete_id, address, samples)
        if not (same and goes_on):
            del self._running[address]


def _over(samples: list[Sample], at_ms: int) -> bool:
    """Whether a sample at a moment belongs to the next stream: after a gap, an hour, or a clock set back."""
    within = samples[0].at_ms <= samples[-1].at_ms <= at_ms
    return (
        not within
        or at_ms - samples[-1].at_ms > oxygen.GAP_MS
        or at_ms - samples[0].at_ms >= oxygen.LONGEST_MS
    )
