"""Who is on a machine: claims, time-outs, hand-over, swaps, and the unclaimed pool."""

from __future__ import annotations

from repbeat.gym import claims
from repbeat.gym.claims import Claim
from repbeat.gym.matching import Match

NO_MATCH = Match(None, 0.0, 0.0)
MIN = 60_000


def claim(who: str, at_min: float, how: str = claims.BUTTON, until_min: float | None = None) -> Claim:
    until = None if until_min is None else round(until_min * MIN)
    return Claim(machine_id="m", athlete_id=who, from_ms=round(at_min * MIN), how=how, until_ms=until)


def whose(held: list[Claim], at_min: float, sets_min: tuple[float, ...] = ()) -> str | None:
    found = claims.holder(held, "m", round(at_min * MIN), [round(one * MIN) for one in sets_min])
    return found.athlete_id if found else None


def test_a_claim_ends_by_itself_and_a_set_extends_it() -> None:
    held = [claim("ann", 0)]
    assert whose(held, 4.9) == "ann"
    assert whose(held, 5.1) is None
    assert whose(held, 8.9, (4,)) == "ann"
    assert whose(held, 9.1, (4,)) is None
    assert whose(held, 12, (4, 11)) is None  # the set at 11 began nothing: the claim had ended at 9


def test_before_the_claim_nobody_is_on_it() -> None:
    assert whose([claim("ann", 10)], 9.9) is None


def test_a_newer_claim_takes_over_and_the_older_does_not_come_back() -> None:
    held = [claim("ann", 0), claim("ben", 2, until_min=3)]
    assert whose(held, 1) == "ann"
    assert whose(held, 2.5) == "ben"
    assert whose(held, 3.5) is None


def test_another_machine_is_another_machine() -> None:
    elsewhere = Claim(machine_id="n", athlete_id="ann", from_ms=0, how=claims.QR)
    assert whose([elsewhere], 1) is None


def test_nobodys_set_is_nobodys() -> None:
    verdict = claims.decide(None, NO_MATCH, {})
    assert verdict.athlete_id is None
    assert verdict.how == "no claim"


def test_the_last_user_never_gets_a_set_after_the_time_out() -> None:
    held = claims.holder([claim("ann", 0)], "m", 20 * MIN, [2 * MIN])
    assert claims.decide(held, NO_MATCH, {}).athlete_id is None


def test_a_clear_match_overrules_a_claim() -> None:
    match = Match("band-2", 0.9, 0.7)
    verdict = claims.decide(claim("ann", 0), match, {"band-2": "ben"})
    assert (verdict.athlete_id, verdict.how) == ("ben", claims.MATCH)
    assert verdict.margin == 0.7


def test_an_ambiguous_match_leaves_the_claim_alone() -> None:
    verdict = claims.decide(claim("ann", 0), Match(None, 0.9, 0.02), {"band-1": "ann", "band-2": "ben"})
    assert (verdict.athlete_id, verdict.how) == ("ann", claims.BUTTON)


def test_a_wearable_of_nobody_is_no_evidence() -> None:
    assert claims.decide(None, Match("band-9", 0.9, 0.7), {}).athlete_id is None
