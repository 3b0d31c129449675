"""A wearable is matched with a machine by when it moved, or not at all."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repbeat.gym import matching
from repbeat.gym.matching import Rep

MINUTE_MS = 60_000


def reps(rng: random.Random, count: int = 10, tempo_ms: int = 2600, start_ms: int = 0) -> list[Rep]:
    at, out = start_ms, []
    for _ in range(count):
        lift_ms, lower_ms = (round(rng.gauss(share * tempo_ms, 0.06 * tempo_ms)) for share in (0.4, 0.6))
        out.append(Rep(at, lift_ms, lower_ms))
        at = out[-1].end_ms + rng.randint(0, 200)
    return out


def seen_by_machine(rng: random.Random, true: Sequence[Rep]) -> list[Rep]:
    """The same movement by another clock, each moment a little off."""
    offset_ms = round(rng.gauss(0, 120))
    moments = [(rep.start_ms, rep.start_ms + rep.concentric_ms, rep.end_ms) for rep in true]
    out = []
    for start_ms, turn_ms, end_ms in ([round(at + rng.gauss(0, 60)) for at in one] for one in moments):
        out.append(Rep(start_ms + offset_ms, turn_ms - start_ms, end_ms - turn_ms))
    return out


def later(true: Sequence[Rep], by_ms: int) -> list[Rep]:
    return [rep._replace(start_ms=rep.start_ms + by_ms) for rep in true]


def test_the_wearer_is_found_among_others() -> None:
    rng = random.Random(4)
    right = 0
    for _ in range(200):
        true = reps(rng)
        others = {f"other{n}": reps(rng, start_ms=rng.randint(-9000, 9000)) for n in range(3)}
        found = matching.match(seen_by_machine(rng, true), {"wearer": true, **others})
        assert found.wearable in ("wearer", None)
        right += found.wearable == "wearer"
    assert right >= 180


def test_without_the_wearer_nobody_is_matched() -> None:
    rng = random.Random(5)
    for _ in range(300):
        machine = seen_by_machine(rng, reps(rng))
        others = {f"other{n}": reps(rng, start_ms=rng.randint(3000, 30000)) for n in range(3)}
        assert matching.match(machine, others).wearable is None


def test_a_wrist_that_counts_from_the_other_end_is_found_too() -> None:
    """On a pulldown the wrist is highest where the stack rests: its beginnings are the stack's turns."""
    rng = random.Random(7)
    found = 0
    for _ in range(50):
        true = reps(rng)
        halves = [
            Rep(
                one.end_ms - one.eccentric_ms, two.start_ms - one.end_ms + one.eccentric_ms, two.concentric_ms
            )
            for one, two in pairwise(true)
        ]
        lowered_first = [Rep(one.start_ms, one.eccentric_ms, one.concentric_ms) for one in true]
        machine = seen_by_machine(rng, true)
        stranger = reps(rng, start_ms=4000)
        for wrist in (halves, lowered_first):
            match = matching.match(machine, {"wearer": wrist, "stranger": stranger})
            assert match.wearable in ("wearer", None)
            found += match.wearable == "wearer"
    assert found >= 80


def test_two_people_in_step_are_ambiguous_and_one_persons_two_wearables_are_not() -> None:
    true = reps(random.Random(6))
    both = {"left": true, "right": later(true, 20)}
    found = matching.match(true, both)
    assert found.wearable is None
    assert found.score == 1.0
    assert found.margin < matching.CLEAR_MARGIN
    assert matching.match(true, both, {"left": "ann", "right": "ann"}).wearable is not None


def test_what_no_clock_is_wrong_by_is_no_match() -> None:
    true = reps(random.Random(8), tempo_ms=5000)
    assert matching.match(later(true, 300), {"wearer": true}).wearable == "wearer"
    assert matching.match(later(true, 1200), {"wearer": true}).wearable is None


def test_few_repetitions_prove_nothing() -> None:
    two = reps(random.Random(9), count=2)
    assert matching.score(two, two) == 0.0
    assert matching.match(reps(random.Random(9)), {}).wearable is None


@given(st.lists(st.integers(0, MINUTE_MS), unique=True, min_size=3, max_size=30), st.randoms())
def test_equal_series_score_one_and_order_of_candidates_is_nothing(
    starts: list[int], rng: random.Random
) -> None:
    times = [Rep(at, rng.randint(300, 2000), rng.randint(300, 2000)) for at in sorted(starts)]
    assert matching.score(times, times) == pytest.approx(1.0)
    other = later(times, 1500)
    assert 0 <= matching.score(times, other) <= 1
    assert matching.match(times, {"a": times, "b": other}) == matching.match(times, {"b": other, "a": times})
