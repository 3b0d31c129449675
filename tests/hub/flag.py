"""Where the flag on a stack is, fed to a simulated sensor in the sensor's own time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from repbeat_tools.simulator import Device

STEP_MS = 10.0
STAND_S = 3.0  # before a repetition, so that the sensor has found the rest


class Flag:
    """Distances in mm, from now on."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._fed_ms = 0.0
        self._at_mm: list[float] = []

    def rest(self, mm: float) -> None:
        """It stands still there."""
        self._feed(np.array([mm, mm]))

    def lift(self, rest_mm: float, way_mm: float, seconds: float) -> None:
        """One repetition."""
        height = (1 - np.cos(np.linspace(0, 2 * np.pi, round(seconds * 1000 / STEP_MS)))) / 2
        stand = np.full(round(STAND_S * 1000 / STEP_MS), rest_mm)
        self._feed(np.concatenate([stand, rest_mm - way_mm * height, [rest_mm]]))

    def _feed(self, mm: npt.NDArray[np.float64]) -> None:
        mm = np.concatenate([self._at_mm, mm])  # between two values it glides: it stood until now
        self._at_mm = [float(mm[-1])]
        start_ms = max(self._device.now_ms, self._fed_ms) + STEP_MS
        t_ms = start_ms + STEP_MS * np.arange(len(mm))
        self._fed_ms = float(t_ms[-1])
        self._device.feed("distance", t_ms, mm[:, None].astype(np.float32))
