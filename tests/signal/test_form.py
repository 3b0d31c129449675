"""Form hints on synthetic sets in which one repetition differs in a known way."""

from array import array

import pytest
from replay.lifts import Lift, count, curl

from device.signal import form
from device.signal.form import FormJudge
from device.signal.form_class import FormClassifier
from device.signal.form_model import CLASSES
from device.signal.rep_store import Rep, RepStore


def rep(**changes: int) -> Rep:
    """A usual repetition, and what is unusual about this one."""
    made = Rep()
    usual = {"start_ms": 0, "turn_ms": 1200, "end_ms": 2700, "concentric_ms": 1200, "eccentric_ms": 1500}
    for name, value in {**usual, "range_mg": 400, "pause_ms": 100, **changes}.items():
        setattr(made, name, value)
    return made


def judged(last: Rep, onset_mg: int = 50, bounce_mg: int = 60, lowering_ms: int = 0) -> int:
    """Flags of a repetition after five usual ones, which have none."""
    judge, store = FormJudge(), RepStore()
    judge.begin(lowering_ms)
    for _ in range(5):
        assert judge.judge(rep(), store, 50, 60) == 0
        store.add(rep())
    return judge.judge(last, store, onset_mg, bounce_mg)


def test_a_usual_repetition_has_no_flag() -> None:
    assert judged(rep()) == 0


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"range_mg": 300}, form.PARTIAL),
        ({"range_permille": 790}, form.PARTIAL),
        ({"eccentric_ms": 800, "concentric_ms": 1300}, form.FAST),
        ({"pause_ms": 700}, form.TURN),
        ({"concentric_ms": 2000, "eccentric_ms": 2500}, form.UNEVEN),
        ({"concentric_ms": 700, "eccentric_ms": 1900}, form.ASYMMETRIC),
    ],
)
def test_each_change_raises_its_flag(changes: dict[str, int], flag: int) -> None:
    assert judged(rep(**changes)) & flag


def test_calibrated_range_decides_over_the_sets_own() -> None:
    assert not judged(rep(range_mg=300, range_permille=850)) & form.PARTIAL


def test_abrupt_starts_and_bounced_turns() -> None:
    assert judged(rep(), onset_mg=120) == form.ABRUPT
    assert judged(rep(), bounce_mg=150) == form.TURN


def test_the_planned_lowering_time_counts_from_the_first_repetition() -> None:
    judge = FormJudge()
    judge.begin(lowering_ms=3000)
    assert judge.judge(rep(), RepStore(), 50, 60) & form.FAST


def test_a_partial_repetition_in_a_curl_is_seen() -> None:
    rows = curl(8, degrees=110)
    end_ms = rows[-1][0]
    rows += [(t + end_ms, *values) for t, *values in curl(1, degrees=65)][100:]  # type: ignore[misc]
    counter = count(rows)
    assert counter.count == 9
    assert counter.rep(8).form_bits & form.PARTIAL
    assert not counter.rep(4).form_bits & form.PARTIAL


def test_an_even_set_is_hardly_flagged() -> None:
    counter = count(Lift(10).samples())
    flagged = [counter.rep(i).form_bits for i in range(10)]
    assert sum(bits != 0 for bits in flagged) <= 2


def test_the_classifier_needs_repetitions() -> None:
    classifier = FormClassifier()
    assert classifier.classify(count(Lift(2).samples()).features) == ""
    assert classifier.classify(count(Lift(8).samples()).features) in CLASSES
    assert 0 < classifier.confidence <= 100


def test_median_of_a_field_leaves_unknown_values_out() -> None:
    store = RepStore()
    for value in array("i", [300, 0, 500, 400, 0]):
        store.add(rep(mean_velocity_mm_s=value))
    assert store.median("mean_velocity_mm_s", store.count) == 400
    assert store.median("range_permille", store.count) == 0
