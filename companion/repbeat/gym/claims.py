"""Who is on a machine: claims begin by a press, a QR page or a matching wearable, and end by themselves.

Pure: everything is decided from the claims and the clock that are given, so that any past moment can be asked
about. A set with no claim belongs to nobody (the unclaimed pool), never to the last user.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from repbeat.gym.matching import Match

TIMEOUT_S = 300  # a rest between heavy sets takes up to five minutes

TOGETHER_MS = 3000  # two buttons pressed within are pressed together; clocks are off by less than 300 ms

BUTTON, QR, MATCH, BY_HAND = "button", "QR code", "wearable", "by hand"
NO_CLAIM, NO_MATCH = "no claim", "no claim, and no wearable clearly moved with it"

HOWS = (BUTTON, QR, MATCH, BY_HAND, NO_CLAIM, NO_MATCH)


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """An athlete on a machine from `from_ms` on; `until_ms` is set when it was given back."""

    machine_id: str
    athlete_id: str
    from_ms: int
    how: str
    until_ms: int | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whose set it is, by what; `athlete_id` None: the unclaimed pool, and `how` says why."""

    athlete_id: str | None
    how: str
    score: float | None = None
    margin: float | None = None


def end_ms(
    claim: Claim, later: Iterable[Claim], set_ends_ms: Iterable[int], timeout_s: int = TIMEOUT_S
) -> int:
    """When a claim ends: given back, taken over, or `timeout_s` after its last set (or its beginning)."""
    taken_ms = min(
        (
            other.from_ms
            for other in later
            if other.machine_id == claim.machine_id and other.from_ms > claim.from_ms
        ),
        default=None,
    )
    end = claim.from_ms + timeout_s * 1000
    for at_ms in sorted(set_ends_ms):
        if claim.from_ms <= at_ms <= end:
            end = at_ms + timeout_s * 1000
    return min(edge for edge in (end, claim.until_ms, taken_ms) if edge is not None)


def holder(
    claims: Sequence[Claim],
    machine_id: str,
    at_ms: int,
    set_ends_ms: Sequence[int],
    timeout_s: int = TIMEOUT_S,
) -> Claim | None:
    """The claim in force on a machine at a moment. `set_ends_ms`: ends of that machine's sets before it."""
    for claim in sorted(claims, key=lambda one: -one.from_ms):
        if claim.machine_id == machine_id and claim.from_ms <= at_ms:
            before = [end for end in set_ends_ms if end < at_ms]
            if at_ms < end_ms(claim, claims, before, timeout_s):
                return claim
            return None  # a newer claim has ended: an older one does not come back
    return None


def decide(held: Claim | None, matched: Match, owner_of: dict[str, str]) -> Verdict:
    """Whose set: the body's evidence before a claim, a claim before nothing.

    A wearable that clearly moved with the machine overrules a claim: two friends who alternate seldom press.
    """
    if matched.wearable is not None and matched.wearable in owner_of:
        return Verdict(
            athlete_id=owner_of[matched.wearable], how=MATCH, score=matched.score, margin=matched.margin
        )
    if held is not None:
        return Verdict(athlete_id=held.athlete_id, how=held.how, score=matched.score, margin=matched.margin)
    why = NO_MATCH if matched.score else NO_CLAIM
    return Verdict(athlete_id=None, how=why, score=matched.score, margin=matched.margin)
