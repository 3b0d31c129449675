"""Conditioning after the sets: work by heart rate zone, or by feel, and how a lighter day eases it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from repbeat.coach.session_rules import DELOAD_SETS_PERCENT, LIGHT_SETS_PERCENT, SETS_CUT_PERCENT, Kind

VIGOROUS_ZONE = 2  # begins at 60 % of the heart rate reserve, as vigorous effort does (ACSM 2018)
CUT_PERCENT = {
    Kind.FULL: 0,
    Kind.REDUCED: SETS_CUT_PERCENT,
    Kind.DELOAD: DELOAD_SETS_PERCENT,
    Kind.LIGHT: LIGHT_SETS_PERCENT,
}
STEP_S = 60


class Conditioning(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`rounds` of work in a heart rate zone with easy seconds between; zones 1-5, seconds."""

    zone: Annotated[int, msgspec.Meta(ge=1, le=5)]
    work_s: Annotated[int, msgspec.Meta(ge=10, le=10_800)]
    rest_s: Annotated[int, msgspec.Meta(ge=0, le=1_800)] = 0
    rounds: Annotated[int, msgspec.Meta(ge=1, le=60)] = 1


def eased(kind: Kind, planned: Sequence[Conditioning]) -> tuple[Conditioning, ...]:
    """What a session of this kind leaves of it: the same share as of its sets; on a light day all is easy."""
    return tuple(_cut(one, kind) for one in planned)


def _cut(one: Conditioning, kind: Kind) -> Conditioning:
    kept = 100 - CUT_PERCENT[kind]
    zone = 1 if kind is Kind.LIGHT else one.zone
    if one.rounds > 1:
        return msgspec.structs.replace(one, zone=zone, rounds=max(1, one.rounds * kept // 100))
    work_s = one.work_s * kept // 100
    if work_s > STEP_S:
        work_s -= work_s % STEP_S
    return msgspec.structs.replace(one, zone=zone, work_s=max(10, work_s))
