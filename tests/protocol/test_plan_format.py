"""The plan format: every bound on both sides, every step, every kind of damage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repbeat_protocol import plan


def item(**changes: int) -> plan.Item:
    fields = {"exercise": 1, "sets": 3, "reps_low": 8, "reps_high": 10, "load_g": 60000}
    return plan.Item(**(fields | changes))


def one(revision: int = 1, athlete: int = 0, **changes: int) -> plan.Plan:
    return plan.Plan(revision, [item(**changes)], athlete=athlete)


ITEM_FIELDS = [
    name
    for name in plan.LIMITS
    if name not in ("items", "resting_bpm", "max_bpm", "strain_cap_x10", "total_sets")
]


@pytest.mark.parametrize("field", ITEM_FIELDS)
def test_each_item_field_is_bounded_on_both_sides(field: str) -> None:
    low, high = plan.LIMITS[field]
    for value in (low - 1, high + 1):
        broken = one(**{field: value})
        with pytest.raises(plan.PlanOutOfBounds, match=f"item 1: {field} is {value}"):
            plan.check(broken)


@pytest.mark.parametrize("field", ["resting_bpm", "max_bpm", "strain_cap_x10"])
def test_each_head_field_is_bounded(field: str) -> None:
    broken = one()
    setattr(broken, field, plan.LIMITS[field][1] + 1)
    with pytest.raises(plan.PlanOutOfBounds, match=field):
        plan.encode(broken)


def test_ranges_run_upward_and_sets_add_up() -> None:
    with pytest.raises(plan.PlanOutOfBounds, match="reps_low 10 is above reps_high 8"):
        plan.check(one(reps_low=10, reps_high=8))
    with pytest.raises(plan.PlanOutOfBounds, match="total_sets is 80"):
        plan.check(plan.Plan(1, [item(sets=20) for _ in range(4)]))
    with pytest.raises(plan.PlanOutOfBounds, match="items is 0"):
        plan.check(plan.Plan(1, []))
    with pytest.raises(plan.PlanOutOfBounds, match="max_bpm 60 is not above resting_bpm 70"):
        plan.check(plan.Plan(1, [item()], resting_bpm=70, max_bpm=60))


items = st.builds(
    plan.Item,
    st.integers(0, 65535),
    st.integers(1, 2),
    st.integers(1, 50),
    st.integers(50, 100),
    st.integers(0, 50000).map(lambda tens: tens * 10),
    st.integers(0, 900),
)


@given(
    st.integers(0, 2**32 - 1),
    st.lists(items, min_size=1, max_size=30),
    st.text(max_size=32).filter(lambda name: len(name.encode()) <= plan.NAME_MAX),
)
def test_round_trip(revision: int, exercises: list[plan.Item], name: str) -> None:
    wire = plan.encode(plan.Plan(revision, exercises, name))
    assert len(wire) <= plan.MAX_SIZE
    back = plan.decode(wire)
    assert (back.revision, back.name) == (revision, name)
    assert [vars(i) for i in back.items] == [vars(i) for i in exercises]


def test_every_cut_and_every_flipped_bit_is_refused() -> None:
    wire = plan.encode(plan.Plan(7, [item(), item(exercise=2)], "Push"))
    for cut in range(len(wire)):
        with pytest.raises(plan.PlanError):
            plan.decode(wire[:cut])
    for bit in range(len(wire) * 8):
        damaged = bytearray(wire)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(plan.PlanError):
            plan.decode(bytes(damaged))


def test_a_later_format_says_so() -> None:
    wire = bytearray(plan.encode(one()))
    wire[1] = 3
    with pytest.raises(plan.PlanVersion, match="plan format 3"):
        plan.decode(bytes(wire))


def test_older_and_equal_revisions_are_refused() -> None:
    for revision in (4, 5):
        with pytest.raises(plan.PlanOlder):
            plan.check_step(one(revision), one(5))
    plan.check_step(one(6), one(5))


@pytest.mark.parametrize(
    ("before", "after", "allowed"),
    [(60000, 66000, True), (60000, 66010, False), (10000, 12500, True), (10000, 12510, False)],
)
def test_loads_rise_by_a_tenth_or_the_smallest_plates(before: int, after: int, allowed: bool) -> None:
    new, current = one(2, load_g=after), one(1, load_g=before)
    if allowed:
        plan.check_step(new, current)
    else:
        with pytest.raises(plan.PlanStep, match=f"rises from {before} g to {after} g"):
            plan.check_step(new, current)


def test_another_athletes_plan_is_refused() -> None:
    with pytest.raises(plan.PlanWrongAthlete):
        plan.check_step(one(2, athlete=5), None, athlete=6)
    plan.check_step(one(2, athlete=0), None, athlete=6)


def test_an_expired_plan_is_refused_once_the_clock_is_known() -> None:
    ended = plan.Plan(1, [item()], expires_s=1000)
    with pytest.raises(plan.PlanExpired):
        plan.check_time(ended, 1001)
    plan.check_time(ended, 1000)
    plan.check_time(ended, 0)


def test_each_reason_has_a_sentence() -> None:
    reasons = [cause.reason for cause in plan.REASONS]
    assert len(set(reasons)) == len(reasons)
    assert all(plan.reason_text(reason) for reason in reasons)


def test_a_plan_without_angles_is_what_old_firmware_reads() -> None:
    without, with_range = plan.encode(one()), plan.encode(one(angle_low=30, angle_high=90))
    assert without[1] == 1
    assert with_range[1] == 2
    assert len(with_range) == len(without) + 2
    found = plan.decode(with_range).items[0]
    assert (found.angle_low, found.angle_high) == (30, 90)


def test_an_angle_range_has_room_between_its_ends() -> None:
    with pytest.raises(plan.PlanOutOfBounds, match="angle_high 60 is not 10 degrees above angle_low 55"):
        plan.check(one(angle_low=55, angle_high=60))
    with pytest.raises(plan.PlanOutOfBounds, match="angle_low 55 needs an angle_high"):
        plan.check(one(angle_low=55))
    plan.check(one(angle_low=0, angle_high=45))
