"""A wearable is matched with a machine by when it moved, or not at all."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repbeat.gym import matching


def reps(rng: random.Random, count: int = 10, tempo_ms: int = 2600, start_ms: int = 0) -> list[int]:
    at, out = start_ms, []
    for _ in range(count):
        at += round(rng.gauss(tempo_ms, 0.08 * tempo_ms))
        out.append(at)
    return out


def seen_by_machine(rng: random.Random, true: list[int]) -> list[int]:
    offset = rng.gauss(0, 150)
    return sorted(round(at + offset + rng.gauss(0, 80)) for at in true)


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


def test_two_wearables_on_one_person_are_ambiguous() -> None:
    true = reps(random.Random(6))
    found = matching.match(true, {"left": true, "right": [at + 20 for at in true]})
    assert found.wearable is None
    assert found.score == 1.0
    assert found.margin < matching.CLEAR_MARGIN


def test_few_repetitions_prove_nothing() -> None:
    assert matching.score([0, 2000], [0, 2000]) == 0.0
    assert matching.match([0, 2000, 4000], {}).wearable is None


@given(st.lists(st.integers(0, 60_000), unique=True, min_size=3, max_size=30))
def test_equal_series_score_one_and_order_of_candidates_is_nothing(times: list[int]) -> None:
    times = sorted(times)
    assert matching.score(times, times) == pytest.approx(1.0)
    other = [at + 1500 for at in times]
    one = matching.match(times, {"a": times, "b": other})
    two = matching.match(times, {"b": other, "a": times})
    assert one == two


@pytest.mark.recordings
def test_recorded_wrist_sets_against_synthetic_machine_traces(recordings: Path) -> None:
    """Each recorded set with a machine's trace of it, and with sets of others that begin near it."""
    from repbeat_tools.replay.recordings import read_sets
    from repbeat_tools.replay.reps import count_sets

    sets = [s for s in read_sets(recordings / "reps") if s.source == "metamotion" and not s.is_rest]
    series = [[rep["end_ms"] for rep in one.reps] for one in count_sets(sets, plan_known=False)]
    series = [ends for ends in series if len(ends) >= matching.LEAST_REPS]
    rng = random.Random(1)
    right = wrong = tried = 0
    for _ in range(5):
        for true in series:
            machine = seen_by_machine(rng, true)
            others = {}
            for n in range(3):
                other = rng.choice(series)
                shift = machine[0] - other[0] + rng.randint(-8000, 8000)
                others[f"other{n}"] = [at + shift for at in other]
            tried += 1
            wrong += matching.match(machine, others).wearable is not None
            with_wearer = matching.match(machine, {**others, "wearer": true}).wearable
            right += with_wearer == "wearer"
            wrong += with_wearer not in ("wearer", None)
    print(f"precision {right / (right + wrong):.3f}, recall {right / tried:.3f} of {tried}")  # noqa: T201
    assert right / (right + wrong) >= 0.99
    assert right / tried >= 0.9
