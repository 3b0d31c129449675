"""The library and the form of programmes: what is in, what is refused, what niche programmes hold to."""

import json

import msgspec
import pytest

from repbeat.coach import programmes
from repbeat.coach.conditioning import Conditioning, eased
from repbeat.coach.programmes import ProgrammeError
from repbeat.coach.session_rules import Kind, lines_of
from repbeat_protocol import plan as wire

LIBRARY = programmes.library()


def test_a_dozen_programmes_and_each_day_fits_the_device() -> None:
    assert len(LIBRARY) >= 12
    for programme in LIBRARY.values():
        for number, day in enumerate(programme.days):
            full = tuple(exercise.line() for exercise in day.exercises)
            light = tuple(exercise.line() for exercise in day.light)
            for kind in Kind:
                plan = programme.compiled(number, lines_of(kind, full, light))
                assert wire.decode(wire.encode(plan)).name == day.name


def test_each_stands_under_a_goal_and_says_how_long_it_takes() -> None:
    assert {one.goal for one in LIBRARY.values()} == set(programmes.GOALS) - {""}
    for one in LIBRARY.values():
        shortest, longest = one.minutes()
        assert 5 <= shortest <= longest <= 120
    sets_s = 3 * (12 * programmes.REPETITION_S + 120)
    day = programmes.Day(name="A", exercises=[programmes.Exercise(exercise="squat", sets=3, reps=(8, 12))])
    assert day.seconds == sets_s


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


def test_the_library_has_strength_conditioning_mobility_light_variants_and_deloads() -> None:
    days = [day for programme in LIBRARY.values() for day in programme.days]
    assert all(day.light for day in days)
    assert sum(bool(day.conditioning) for day in days) >= len(days) // 2
    kinds = [one for day in days for one in day.conditioning]
    assert any(one.rounds > 1 and one.zone >= 4 for one in kinds)  # intervals
    assert any(one.rounds == 1 and one.work_s >= 1800 for one in kinds)  # steady
    lifts = [one for day in days for one in day.exercises]
    for feature in ("rest_until_bpm", "velocity_loss_percent", "warm_up"):
        assert any(getattr(one, feature) for one in lifts), feature
    assert any(any(one.tempo_s) for one in lifts)
    resting = [slug for slug, programme in LIBRARY.items() if not programme.deload_every_weeks]
    assert resting == ["mobility"]


def test_hard_conditioning_makes_a_programme_vigorous_and_gentle_ones_stay_below() -> None:
    # ACSM: vigorous begins at 60 % of the reserve, where zone 2 does; the questions come first then.
    assert LIBRARY["runner-strength"].vigorous
    assert LIBRARY["endurance-base"].vigorous
    for slug in ("beginner-full-body", "prenatal", "postnatal", "youth", "women-over-50", "mobility"):
        assert not LIBRARY[slug].vigorous


@pytest.mark.parametrize("slug", ["prenatal", "postnatal"])
def test_around_a_birth_clearance_comes_first_and_nothing_is_capped_by_heart_rate(slug: str) -> None:
    # Row 77.
    programme = LIBRARY[slug]
    assert programme.may_begin(30, cleared=False).key == "needs_clearance"
    for number, day in enumerate(programme.days):
        plan = programme.compiled(number, tuple(one.line() for one in day.exercises))
        assert (plan.strain_cap_x10, max(item.rest_until_bpm for item in plan.items)) == (0, 0)


def test_a_lighter_session_leaves_less_conditioning_and_never_more() -> None:
    steady = Conditioning(zone=2, work_s=1800)
    hard = Conditioning(zone=4, work_s=240, rest_s=180, rounds=4)
    assert eased(Kind.FULL, [steady, hard]) == (steady, hard)
    assert eased(Kind.REDUCED, [steady, hard]) == (
        Conditioning(zone=2, work_s=1260),
        Conditioning(zone=4, work_s=240, rest_s=180, rounds=2),
    )
    assert eased(Kind.LIGHT, [steady, hard]) == (
        Conditioning(zone=1, work_s=900),
        Conditioning(zone=1, work_s=240, rest_s=180, rounds=2),
    )
    for kind in Kind:
        for one in (
            one for programme in LIBRARY.values() for day in programme.days for one in day.conditioning
        ):
            (left,) = eased(kind, [one])
            assert left.zone <= one.zone
            assert left.work_s * left.rounds <= one.work_s * one.rounds


def test_the_form_has_a_schema() -> None:
    assert msgspec.json.encode(programmes.schema())
