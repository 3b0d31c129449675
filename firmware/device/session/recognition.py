"""Which exercise a set looked like; loaded for the moment it takes, for its weights are large."""

import gc

from device.signal.exercise import ExerciseRecogniser


class SetRecogniser:
    """`site`: where the sensor is, signal.exercise.EQUIPMENT or WRIST."""

    def __init__(self, site: int) -> None:
        self._site = site

    def recognise(self, counter) -> tuple[int, int]:
        """(exercise, percent) of the counter's set; exercise 0 when it cannot be told."""
        recogniser = ExerciseRecogniser(self._site)
        code = recogniser.recognise(counter.features)
        percent = recogniser.confidence
        del recogniser
        gc.collect()
        return code, percent
