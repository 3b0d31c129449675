"""Teams stand by what each member does against their own usual, whatever the exercise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repbeat.community.handicap import CAP, Effort, TeamPlace, ranked


def shares(places: list[TeamPlace]) -> dict[int, float | None]:
    return {place.team: place.share for place in places}


def effort(team: int, usual: float | None, measured: float, typed: float = 0.0, sessions: int = 3) -> Effort:
    return Effort(
        team=team,
        usual=usual,
        usual_sessions=3.0 if usual else None,
        measured=measured,
        typed=typed,
        sessions=sessions,
    )


def test_a_push_a_turn_and_a_squat_count_alike() -> None:
    """Hundreds of pushes, thousands of turns, tens of squats: each a tenth above its own usual."""
    pushes, turns = [effort(0, usual, 1.1 * usual) for usual in (600.0, 2000.0)]
    squats, presses = [effort(1, usual, 1.1 * usual) for usual in (40.0, 60.0)]
    first, second = ranked(2, [pushes, turns, squats, presses], 7, typed_counts=False)
    assert (first.rank, second.rank) == (1, 1)
    assert first.share == second.share == 1.1


def test_more_of_the_usual_wins_over_more() -> None:
    champions = [effort(0, 500, 480) for _ in range(5)]
    beginners = [effort(1, 20, 24) for _ in range(2)]
    places = ranked(2, champions + beginners, 7, typed_counts=False)
    assert [(place.team, place.rank, place.share) for place in places] == [(1, 1, 1.2), (0, 2, 0.96)]


def test_who_is_new_helps_by_coming_and_wins_nothing_by_being_new() -> None:
    usual = [effort(0, 100, 100) for _ in range(3)]
    new = [effort(1, None, 10_000, sessions=9), effort(1, None, 3, sessions=3)]
    assert shares(ranked(2, usual + new, 7, typed_counts=False)) == {0: 1.0, 1: 1.0}
    late = [effort(1, None, 30, sessions=0), effort(1, None, 30, sessions=3)]
    assert shares(ranked(2, usual + late, 7, typed_counts=False)) == {0: 1.0, 1: 0.5}


def test_what_was_typed_counts_where_it_was_agreed_and_is_always_shown() -> None:
    honest = [effort(0, 10, 12) for _ in range(2)]
    typing = [effort(1, 10, 5, typed=15) for _ in range(2)]
    agreed = ranked(2, honest + typing, 7, typed_counts=True)
    assert [(place.team, place.share, place.measured_share) for place in agreed] == [
        (1, 2.0, 0.25),
        (0, 1.2, 1.0),
    ]
    assert shares(ranked(2, honest + typing, 7, typed_counts=False)) == {0: 1.2, 1: 0.5}


def test_a_team_of_one_has_no_figure_and_an_empty_one_neither() -> None:
    places = ranked(3, [effort(1, 5, 9)], 7, typed_counts=False)
    assert [(place.rank, place.share, place.members) for place in places] == [
        (None, None, 0),
        (None, None, 1),
        (None, None, 0),
    ]


efforts = st.lists(
    st.builds(
        Effort,
        team=st.integers(0, 2),
        usual=st.none() | st.floats(0.1, 1e4),
        usual_sessions=st.none() | st.floats(0.5, 14),
        measured=st.floats(0, 1e6),
        typed=st.floats(0, 1e6),
        sessions=st.integers(0, 100),
    ),
    max_size=20,
)


@given(efforts, st.integers(1, 84), st.booleans(), st.randoms(use_true_random=False))
def test_bounded_and_the_same_in_any_order(found, days, typed_counts, rng) -> None:  # type: ignore[no-untyped-def]
    places = ranked(3, found, days, typed_counts=typed_counts)
    assert {place.team for place in places} == {0, 1, 2}
    assert all(place.share is None or 0 <= place.share <= CAP for place in places)
    assert all(0 <= place.measured_share <= 1 for place in places)
    assert sum(place.members for place in places) == len(found)
    rng.shuffle(found)
    again = ranked(3, found, days, typed_counts=typed_counts)
    assert [place.rank for place in again] == [place.rank for place in places]
    assert shares(again) == pytest.approx(shares(places), abs=0.011)
