"""Group figures give nobody away; boards rank pseudonyms of those who asked to be ranked."""

from __future__ import annotations

import random
from datetime import date, timedelta
from statistics import fmean

import pytest

from repbeat.community import aggregates, boards
from repbeat.community.aggregates import NotFinished, TooFew, UnknownFigure
from repbeat.community.boards import Entry

WEEK = date(2026, 11, 9)
LATER = WEEK + timedelta(days=7)
SECRET = b"0123456789abcdef"


def group(count: int, value: float = 3.0) -> dict[str, float]:
    return {f"member{n}": value for n in range(count)}


def test_four_are_too_few_and_five_are_enough() -> None:
    with pytest.raises(TooFew):
        aggregates.publish("sessions", WEEK, LATER, {"all": group(4)}, SECRET, "g")
    (cell,) = aggregates.publish("sessions", WEEK, LATER, {"all": group(5)}, SECRET, "g")
    assert cell.members == 5


def test_one_small_part_hides_them_all() -> None:
    with pytest.raises(TooFew):
        aggregates.publish("sessions", WEEK, LATER, {"day": group(40), "night": group(2)}, SECRET, "g")


def test_a_running_week_is_not_told() -> None:
    with pytest.raises(NotFinished):
        aggregates.publish("sessions", WEEK, LATER - timedelta(days=1), {"all": group(9)}, SECRET, "g")


def test_an_unknown_figure_names_the_known() -> None:
    with pytest.raises(UnknownFigure, match="sessions"):
        aggregates.publish("weight_kg", WEEK, LATER, {"all": group(9)}, SECRET, "g")


def test_asking_again_tells_nothing_new() -> None:
    ask = [aggregates.publish("sessions", WEEK, LATER, {"all": group(9)}, SECRET, "g") for _ in range(3)]
    assert ask[0] == ask[1] == ask[2]


def test_large_groups_are_told_about_right() -> None:
    rng = random.Random(2)
    values = {f"m{n}": float(rng.randint(0, 6)) for n in range(200)}
    (cell,) = aggregates.publish("sessions", WEEK, LATER, {"all": values}, SECRET, "g")
    assert cell.mean == pytest.approx(fmean(values.values()), abs=0.5)


def test_an_attacker_who_differences_over_1000_queries_learns_no_value() -> None:
    """Knows every other member's value, asks with and without the victim in all ways, guesses the victim's.

    Guessing the middle is right within one session in three of seven; with the answers it must not do much
    better.
    """
    rng = random.Random(3)
    right_with = right_without = 0
    for trial in range(1000):
        count = rng.randint(5, 12)
        values = {f"m{n}": float(rng.randint(0, 7)) for n in range(count)}
        victim = "victim"
        secret_value = float(rng.randint(0, 7))
        guesses = []
        for week in range(3):  # the same people, week after week, victim unchanged
            monday = WEEK - timedelta(weeks=week)
            (cell,) = aggregates.publish(
                "sessions", monday, LATER, {"all": {**values, victim: secret_value}}, SECRET, f"g{trial}"
            )
            guesses.append(cell.mean * (count + 1) - sum(values.values()))
        right_with += abs(min(max(fmean(guesses), 0), 7) - secret_value) <= 1
        right_without += abs(rng.choice((3.0, 4.0)) - secret_value) <= 1
    assert right_with / 1000 < 0.45
    assert right_with - right_without < 120


def test_pseudonyms_hold_on_one_board_and_link_no_two() -> None:
    assert boards.pseudonym(b"a", "ann") == boards.pseudonym(b"a", "ann")
    names = {boards.pseudonym(bytes([n]), "ann") for n in range(40)}
    assert len(names) > 35


def test_consistency_ranks_before_load_and_equals_share_a_rank() -> None:
    entries = [
        Entry(athlete_id="strong", kept_share=0.5, e1rm_now={1: 200.0}, e1rm_before={1: 200.0}),
        Entry(athlete_id="steady", kept_share=1.0, e1rm_now={1: 40.0}, e1rm_before={1: 38.0}),
        Entry(athlete_id="even", kept_share=1.0),
        Entry(athlete_id="new"),
    ]
    places = boards.ranked(boards.CONSISTENCY, entries, SECRET)
    assert [place.rank for place in places] == [1, 1, 3]
    assert places[2].name == boards.pseudonym(SECRET, "strong")
    better = boards.ranked(boards.IMPROVEMENT, entries, SECRET)
    assert better[0].name == boards.pseudonym(SECRET, "steady")
    assert better[0].value == pytest.approx(0.053, abs=0.001)
    assert len(better) == 2


def test_a_typing_mistake_does_not_win_the_board() -> None:
    entry = Entry(athlete_id="x", e1rm_now={1: 900.0}, e1rm_before={1: 90.0})
    assert boards.value_of(boards.IMPROVEMENT, entry) == boards.CAP_IMPROVEMENT


def test_an_unknown_kind_names_the_known() -> None:
    with pytest.raises(KeyError, match="consistency"):
        boards.value_of("biceps", Entry(athlete_id="x"))
