"""Counted sets beside true ones: a set that was missed or split leaves the others where they are."""

from repbeat.store import sessions
from repbeat_tools.demo.pairing import Counted, paired
from repbeat_tools.simulator.model.athlete import SetTruth

FIELDS = dict.fromkeys(sessions.Set.__struct_fields__, 0)


def counted(reps: int, start_ms: float, end_ms: float) -> Counted:
    return Counted(sessions.Set(**(FIELDS | {"device_id": "d", "reps": reps})), start_ms, end_ms)  # type: ignore[arg-type]


def true(reps: int, start_ms: float, end_ms: float) -> SetTruth:
    return SetTruth("squat", reps, 20.0, True, start_ms, end_ms, reps)


def figures(pairs: list[tuple[Counted | None, SetTruth | None]]) -> list[tuple[int | None, int | None]]:
    return [(one and one.row.reps, done and done.reps) for one, done in pairs]


THREE = [true(5, 0, 10_000), true(6, 40_000, 52_000), true(7, 80_000, 95_000)]


def test_a_missed_set_stands_alone() -> None:
    found = [counted(7, 82_000, 96_500), counted(5, 500, 9_000)]
    assert figures(paired(found, THREE)) == [(5, 5), (None, 6), (7, 7)]


def test_the_smaller_part_of_a_split_set_stands_alone() -> None:
    found = [
        counted(5, 500, 9_000),
        counted(2, 41_000, 44_000),
        counted(4, 44_500, 52_000),
        counted(7, 82_000, 96_500),
    ]
    assert figures(paired(found, THREE)) == [(5, 5), (2, None), (4, 6), (7, 7)]


def test_a_set_that_nobody_did_stands_alone() -> None:
    assert figures(paired([counted(3, 20_000, 30_000)], THREE[:1])) == [(None, 5), (3, None)]
