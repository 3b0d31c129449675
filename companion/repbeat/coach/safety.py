"""Before training and when something is wrong: questions and flags, in gentle words. Pure.

After the ACSM's pre-participation logic (2015): what counts are current activity, known disease, signs, and
the wished intensity; not age. It refers many who are well, so that the words stay gentle.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import msgspec

from repbeat.coach.texts import Text

VERSION = 1


class Sign(StrEnum):
    """What makes training stop and a physician be seen (ACSM's list)."""

    CHEST = "chest_discomfort"
    BREATHLESS = "breathless_at_rest"
    FAINTING = "dizziness_or_fainting"
    LYING_BREATHLESS = "breathless_lying_down"
    ANKLES = "swollen_ankles"
    PALPITATIONS = "palpitations"
    LEG_PAIN = "leg_pain_walking"
    MURMUR = "heart_murmur"
    FATIGUE = "unusual_fatigue"
    UNWELL = "unwell"  # the press on the device, or the answer of the morning


class Clearance(StrEnum):
    """What the questions come to."""

    CLEAR = "clear"
    MODERATE = "moderate"
    NEEDED = "clearance"


class Health(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an athlete answered; `cleared`: a physician has agreed since. None: age not stated."""

    active: bool = False
    known_disease: bool = False
    signs: tuple[Sign, ...] = ()
    beta_blocker: bool = False
    pacemaker: bool = False
    pregnant: bool = False
    born_year: int | None = None
    cleared: bool = False
    answered: bool = False

    @property
    def heart_caps(self) -> bool:
        """Whether heart rate may be a limit; with any of these, effort by feel is used instead."""
        return not self.flagged

    @property
    def flagged(self) -> bool:
        """Whether a physician should have a say: medicine or a pacemaker rules the heart, or a pregnancy."""
        return self.beta_blocker or self.pacemaker or self.pregnant

    def age(self, today: date) -> int | None:
        """The age that is reached this year; None: not stated."""
        return None if self.born_year is None else today.year - self.born_year


def screen(health: Health, vigorous: bool) -> tuple[Clearance, Text]:
    """Whether training may begin, and how it is said."""
    clearance = Clearance.CLEAR
    if health.signs or health.flagged or (health.known_disease and not health.active):
        clearance = Clearance.NEEDED
    elif health.known_disease:
        clearance = Clearance.NEEDED if vigorous else Clearance.CLEAR
    elif not health.active and vigorous:
        clearance = Clearance.MODERATE
    if health.cleared and not health.signs:
        clearance = Clearance.CLEAR
    return clearance, Text(f"screen_{clearance.value}")
