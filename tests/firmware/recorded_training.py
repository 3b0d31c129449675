"""Recorded sets as the demo plays them, through session and counter, without the chips and the radio."""

from typing import Any

import numpy as np
from firmware.session_world import World

from device.session import cues
from device.signal.reps import RepCounter
from repbeat_tools.demo.training import Trainee

STEP_MS = 10  # of the players' signals; the band's sensor has 104 Hz
TICK_MS = 80
TURN_MS = 200  # between two feeds
FULL_SCALE_MG = 8000
LIMIT_MS = 1800_000


class Training:
    """One trainee of the demo: `live` goes from the first press to the session's end."""

    def __init__(self, trainee: Trainee, ahead_ms: int) -> None:
        """`ahead_ms`: how far the signals reach into the future, and so how late a cue is acted on."""
        self.world = World(trainee.plan)
        self.world.counter = RepCounter()
        self.world.begin()
        self.athlete = trainee.enter(self.world.now)
        self._ahead_ms = ahead_ms
        self._felt = 0
        self._presses: list[float] = []

    def live(self) -> list[dict[str, Any]]:
        """What the session recorded of its sets."""
        world, athlete = self.world, self.athlete
        end_ms = world.now + LIMIT_MS
        rows: list[list[int]] = []
        while not athlete.done:
            assert world.now < end_ms, "the session did not come to its end"
            samples = athlete.feed(world.now + self._ahead_ms)
            self._presses += [message["t_ms"] for message in samples.messages if message["down"]]
            rows += np.rint(samples.imu * [1000, 1000, 1000, 10, 10, 10]).astype(int).tolist()
            turn, rows = rows[: TURN_MS // STEP_MS], rows[TURN_MS // STEP_MS :]
            for row in turn:
                self._sample(row)
        return world.recorder.sets()

    def _sample(self, row: list[int]) -> None:
        world = self.world
        world.now += STEP_MS
        while self._presses and self._presses[0] <= world.now:
            self._presses.pop(0)
            world.press()
        acceleration = [max(-FULL_SCALE_MG, min(FULL_SCALE_MG, value)) for value in row[:3]]
        world.session.motion(world.now, *acceleration, *row[3:])
        if world.now % TICK_MS == 0:
            world.session.tick(world.now)
        for name, at_ms in world.cued[self._felt :]:
            pulses = [[at_ms, ms, 1.0] for ms in cues.PATTERNS[name][::2]]
            self.athlete.sense({"type": "haptic", "pulses": pulses})
        self._felt = len(world.cued)
