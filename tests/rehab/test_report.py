"""The report for a therapist: what was measured is in it, what may not be seen is not."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from ingest import made
from pypdf import PdfReader

from repbeat import paper
from repbeat.coach import desk, recovery
from repbeat.derive.readiness import CheckIn
from repbeat.ingest.batch import ingest
from repbeat.people import audit
from repbeat.rehab import course, report
from repbeat.rehab.command import command
from repbeat.store import Database, athletes, devices
from repbeat.store.athletes import Athlete
from repbeat_protocol import exercises
from repbeat_protocol import plan as wire_plan
from repbeat_protocol import records as wire

KNEE = exercises.code("knee_flexion")
DAY_MS = 86_400_000
TODAY = date(2026, 11, 18)  # made.NOW_MS


def session(
    first: int, days_ago: int, *sets: tuple[int, ...], rpe: int = 5, plan: int = 1, now_ms: int = made.NOW_MS
) -> list:
    """A session's records: of each set below, within, above, unsure, mean, most."""
    begun_ms = now_ms - days_ago * DAY_MS
    boot = 100 - days_ago
    log = [
        made.record(first, wire.BOOT, (1, 0, 1, 0, 0), uptime_ms=5, boot=boot),
        made.time(first + 1, begun_ms, uptime_ms=1000, boot=boot, offset_min=0),
        made.start(first + 2, first + 2, uptime_ms=2000, boot=boot, plan=plan),
    ]
    seq = first + 3
    for index, found in enumerate(sets):
        reps = sum(found[:4])
        values = (first + 2, plan, KNEE, index, 0, reps, 8, 8, 0, 0, 500, 30000, 90, 0)
        values += (0, 0, 0, 0, 0, 0, wire.END_TARGET)
        log.append(made.record(seq, wire.SET, values, uptime_ms=60_000 + index * 60_000, boot=boot))
        angle = (first + 2, KNEE, index, 30, 90, *found)
        log.append(made.record(seq + 1, wire.ANGLE, angle, uptime_ms=60_000 + index * 60_000, boot=boot))
        seq += 2
    values = (wire.SESSION_END, first + 2, plan, 60, 190, len(sets), 8, 300, rpe)
    log.append(made.record(seq, wire.SESSION, values, uptime_ms=300_000, boot=boot))
    return log


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "repbeat.sqlite3") as db:
        yield db


@pytest.fixture
def patient(db: Database) -> Athlete:
    """Three sessions in ten days, of which the last was better; a check-in on one day."""
    one = athletes.add(db, "Pat", made.NOW_MS)
    devices.begin_log(db, made.DEVICE, made.LOG, made.NOW_MS)
    devices.assign(db, made.DEVICE, made.LOG, one.athlete_id)
    plan = wire_plan.Plan(1, [wire_plan.Item(KNEE, 3, 8, 8, angle_low=30, angle_high=90)])
    desk.set_plan(db, one.athlete_id, plan, made.NOW_MS - 11 * DAY_MS)
    log = session(0, 10, (6, 2, 0, 0, 28, 40), (5, 3, 0, 0, 31, 44), rpe=7)
    log += session(len(log), 5, (2, 6, 0, 0, 45, 61), (1, 6, 0, 1, 50, 63))
    log += session(len(log), 1, (0, 7, 1, 0, 71, 96), (0, 8, 0, 0, 74, 88), (0, 0, 0, 8, 0, 0))
    ingest(db, made.DEVICE, made.LOG, log, made.NOW_MS)
    recovery.check_in(db, one.athlete_id, CheckIn(date(2026, 11, 8), soreness=2, fatigue=4), made.NOW_MS)
    return one


def texts(pdf: bytes) -> str:
    """All text that a PDF shows."""
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_a_course_has_each_session_and_what_was_planned(db: Database, patient: Athlete) -> None:
    found = course.course(db, patient, TODAY, 4)
    assert [one.day.isoformat() for one in found.meetings] == ["2026-11-08", "2026-11-13", "2026-11-17"]
    assert [one.planned_sets for one in found.meetings] == [3, 3, 3]
    assert [one.effort for one in found.meetings] == [7, 5, 5]
    last = found.meetings[-1].sets
    assert [(row.within, row.above, row.unsure) for row in last] == [(7, 1, 0), (8, 0, 0), (0, 0, 8)]
    assert last[2].reached_mean is None, "unsure repetitions have no angle"
    assert [one.soreness for one in found.felt] == [2]
    assert course.course(db, patient, TODAY, 1).meetings == found.meetings[1:]
    assert course.course(db, patient, TODAY, 4, exercise=made.SQUAT).meetings == []


def test_the_table_has_a_line_a_set(db: Database, patient: Athlete) -> None:
    rows = list(csv.DictReader(io.StringIO(report.table(course.course(db, patient, TODAY, 4)))))
    assert len(rows) == 7
    assert rows[0] == {
        **{"day": "2026-11-08", "exercise": "knee_flexion", "set": "1"},
        **{"range_low_deg": "30", "range_high_deg": "90", "repetitions": "8"},
        **{"below": "6", "within": "2", "above": "0", "unsure": "0", "mean_deg": "28", "most_deg": "40"},
        **{"effort_0_10": "7", "soreness_1_5": "2", "fatigue_1_5": "4", "unwell": "0"},
    }
    assert (rows[6]["unsure"], rows[6]["mean_deg"], rows[6]["soreness_1_5"]) == ("8", "", "")


def test_the_pdf_says_the_same(db: Database, patient: Athlete) -> None:
    pdf = report.sheet(course.course(db, patient, TODAY, 4), TODAY)
    assert pdf.startswith(b"%PDF")
    said = texts(pdf)
    for text in (
        "Pat, 2026-10-22 to 2026-11-18",
        "Trained on 3 days; no weekly plan is known.",
        "Sets done: 7 of 9 in these sessions' plans.",
        "Knee flexion, 30 to 90 degrees",
        "32 of 56 repetitions within the range; 14 turned before it, 1 passed it, 9 unsure.",
        "2026-11-17",
        "RepBeat is no medical device",
    ):
        assert text in said, text
    empty = texts(report.sheet(course.course(db, patient, date(2026, 1, 1), 4), TODAY))
    assert "No session with an angle range in these weeks." in empty


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Łukasz Żółć", "Łukasz Żółć"),
        ("Ελένη", "Ελένη"),
        ("محمد", "محمد"),
        ("Ann 李", f"Ann {paper.UNKNOWN}"),  # no font for it comes along
    ],
)
def test_a_name_stands_in_its_own_letters(patient: Athlete, db: Database, name: str, shown: str) -> None:
    found = course.course(db, msgspec.structs.replace(patient, name=name), TODAY, 4)
    assert shown in texts(report.sheet(found, TODAY))


def test_what_may_not_be_seen_is_not_in_it(db: Database, patient: Athlete) -> None:
    hidden = course.course(db, patient, TODAY, 4, planned=False, felt=False, may=lambda one: one.rpe == 7)
    assert len(hidden.meetings) == 1
    assert (hidden.felt, hidden.planned_days, hidden.meetings[0].planned_sets) == ([], None, None)
    (row, _second) = csv.DictReader(io.StringIO(report.table(hidden)))
    assert row["soreness_1_5"] == ""


def test_the_command_writes_either_and_leaves_a_line(
    db: Database, patient: Athlete, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("repbeat.rehab.command.now_ms", lambda: made.NOW_MS)
    options = ["--database", str(tmp_path / "repbeat.sqlite3"), "--json"]
    for name, begins in (("r.pdf", b"%PDF"), ("r.csv", b"day,exercise")):
        out = tmp_path / name
        done = CliRunner().invoke(command, ["Pat", "--out", str(out), "--exercise", "knee_flexion", *options])
        assert done.exit_code == 0, done.output
        shown = json.loads(done.stdout)
        assert (shown["sessions"], shown["sets"], shown["within"], shown["unsure"]) == (3, 7, 32, 9)
        assert out.read_bytes().startswith(begins)
    assert [one.action for one in audit.of_athlete(db, patient.athlete_id)].count("exported") == 2
    wrong = CliRunner().invoke(command, ["Pat", "--out", str(tmp_path / "r.docx"), *options])
    assert "ends in .pdf or .csv" in wrong.output
    nobody = CliRunner().invoke(command, ["Nobody", "--out", str(tmp_path / "n.csv"), *options])
    assert nobody.exit_code == 1
    assert not (tmp_path / "n.csv").exists()
