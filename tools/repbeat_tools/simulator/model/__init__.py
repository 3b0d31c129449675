"""A physical model of an athlete who wears a band: what arms do, what the heart does, what cues bring about.

Deterministic by seed, with the truth of everything the sensors were given. See README.md for equations,
sources and limits.
"""

from repbeat_tools.simulator.model.athlete import Athlete, PlannedSet, Samples, SetTruth, Truth
from repbeat_tools.simulator.model.heart import Heart
from repbeat_tools.simulator.model.lifter import Lifter, RepTruth

__all__ = ["Athlete", "Heart", "Lifter", "PlannedSet", "RepTruth", "Samples", "SetTruth", "Truth"]
