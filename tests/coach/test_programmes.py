"""The library and the form of programmes: what is in, what is refused, what niche programmes hold to."""

import json

import msgspec
import pytest

from repbeat.coach import programmes
from repbeat.coach.programmes import ProgrammeError
from repbeat.coach.session_rules import Kind, lines_of
from repbeat_protocol import plan as wire

LIBRARY = programmes.library()


def test_a_dozen_programmes_and_each_day_fits_the_device() -> None:
    assert len(LIBRARY) == 12
    for programme in LIBRARY.values():
        for number, day in enumerate(programme.days):
            full = tuple(exercise.line() for exercise in day.exercises)
            light = tuple(exercise.line() for exercise in day.light)
            for kind in Kind:
                plan = programme.compiled(number, lines_of(kind, full, light))
                assert wire.decode(wire.encode(plan)).name == day.name


@pytest.mark.parametrize("slug", sorted(LIBRARY))
def test_out_and_in_again(slug: str) -> None:
    assert programmes.parse(programmes.exported(LIBRARY[slug])) == LIBRARY[slug]


def test_niche_programmes_set_caps_and_clearance() -> None:
    # Row 77.
    postnatal = LIBRARY["postnatal"]
    assert not postnatal.caps.heart_rate
    assert postnatal.may_begin(30, cleared=False).key == "needs_clearance"
    assert postnatal.may_begin(30, cleared=True) is None
    assert LIBRARY["youth"].may_begin(18, cleared=True).key == "age_limit"
    assert LIBRARY["women-over-50"].may_begin(49, cleared=True).key == "age_limit"
    for slug in ("postnatal", "youth", "women-over-50"):
        limits = LIBRARY[slug].caps.limits()
        assert limits.upper_week_percent < 5
        assert limits.lower_week_percent < 10
    assert postnatal.compiled(0, tuple(one.line() for one in postnatal.days[0].exercises)).strain_cap_x10 == 0


@pytest.mark.parametrize(
    ("place", "value", "cause"),
    [
        (("week",), [1, 0, 9, 0, 0, 0, 0], "day 9"),
        (("week",), [0] * 7, "no training day"),
        (("week",), [1], "length"),
        (("surprise",), 1, "unknown field"),
        (("slug",), "No Slug", "pattern|regex"),
        (("caps",), {"upper_week_percent": 6}, "<= 5"),
        (("caps",), {"most_rpe": 2}, "above most_rpe"),
        (("ages",), [90, 20], "ages"),
        (("days", 0, "exercises", 0, "exercise"), "sqat", "sqat"),
        (("days", 0, "exercises", 0, "reps"), [9, 3], "reps_low 9"),
        (("days", 0, "exercises", 0, "sets"), 0, ">= 1"),
    ],
)
def test_a_wrong_file_says_where(place: tuple, value: object, cause: str) -> None:
    whole = json.loads(programmes.exported(LIBRARY["mobility"]))
    at = whole
    for step in place[:-1]:
        at = at[step]
    at[place[-1]] = value
    with pytest.raises(ProgrammeError, match=cause):
        programmes.parse(json.dumps(whole).encode(), "mine.json")


def test_the_form_has_a_schema() -> None:
    assert msgspec.json.encode(programmes.schema())
