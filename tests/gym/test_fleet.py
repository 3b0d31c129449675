"""The fleet from what is stored; names in bulk, labels that lead where they say, updates that halt."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from pathlib import Path
from typing import Any

import fpdf
import pytest
from click.testing import CliRunner
from gym.logs import BOOTED_MS, LOG, S, log_of, meet, reps, send
from pypdf import PdfReader

from repbeat import paper
from repbeat.gym import fleet, labels, machines, rollout
from repbeat.gym.fleet_command import fleet as command
from repbeat.gym.live import Attributing
from repbeat.hub import events
from repbeat.hub.errors import LinkLost
from repbeat.hub.update import RETURNED, RUNS, WAITS, Updated
from repbeat.store import Database, devices
from repbeat_protocol import records as wire
from repbeat_tools.sample import NOW_MS, DeviceLog, packed

SENSOR, LOST, BAND = "51", "52", "b1"
HOUR_MS = 3600 * S


def run(path: Path, *arguments: str, given: str | None = None) -> str:
    result = CliRunner().invoke(
        command, ["--database", str(path), *arguments], input=given, catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    return result.stdout


def line(db: Database, device_id: str, now_ms: int = NOW_MS) -> fleet.Line:
    return next(one for one in fleet.lines(db, now_ms) if one.device_id == device_id)


def test_a_line_says_how_a_sensor_is(either: Database) -> None:
    db = either
    meet(db, SENSOR)
    devices.rename(db, SENSOR, "Sensor 1", role="stack")
    machine = machines.add(db, "Leg press", NOW_MS)
    machines.mount(db, SENSOR, machine.machine_id, 0)
    bus = events.Bus()
    attributing = Attributing(db, bus, lambda: NOW_MS)
    done = [reps(n, BOOTED_MS + 600 * S + n * 60 * S) for n in range(2)]
    stored = send(db, SENSOR, log_of(done).records)
    bus.tell(
        events.Connected(
            address="", device_id=SENSOR, log_id=LOG, cursor=0, head_seq=9, firmware="0.1.0", rssi_dbm=-61
        )
    )
    bus.tell(events.Progress(address="", device_id=SENSOR, cursor=9, head_seq=9, stored=stored))
    attributing.close()
    found = line(db, SENSOR)
    assert (found.machine, found.signal_dbm, found.sets, found.unclaimed) == ("Leg press", -61, 2, 2)
    in_use_ms = sum(one[-1].end_ms - one[0].start_ms for one in done)
    assert found.minutes_in_use == pytest.approx(in_use_ms / 60_000, abs=0.1)
    assert found.warnings == [fleet.CALIBRATE]
    fleet.calibrated(db, SENSOR, NOW_MS - 5000)
    assert line(db, SENSOR).warnings == []
    assert line(db, SENSOR).calibration_age_s == 5
    assert line(db, SENSOR, NOW_MS + 8 * fleet.DAY_MS).minutes_in_use == 0


def test_what_is_wrong_is_flagged(either: Database) -> None:
    db = either
    for number, device_id in enumerate((SENSOR, LOST)):
        devices.seen(
            db,
            device_id,
            name=device_id,
            address="",
            log_id=LOG,
            head_seq=1,
            boot=1,
            plan_revision=0,
            firmware=f"0.{9 + number}.0",  # 0.10 is newer than 0.9
            now_ms=NOW_MS,
            role="stack",
        )
    devices.battery(db, SENSOR, LOG, 0, 12, 3400, 0)
    devices.set_problem(db, SENSOR, "the link ended")
    assert line(db, SENSOR).warnings == [fleet.LOW_BATTERY, fleet.OUTDATED, fleet.IN_TROUBLE]
    assert line(db, LOST).warnings == []
    late = line(db, LOST, NOW_MS + fleet.STALE_MS + 1)
    assert (late.warnings, late.stale) == ([fleet.STALE], True)


def test_drift_is_told_from_readings_an_hour_apart(either: Database) -> None:
    meet(either, SENSOR)
    log = DeviceLog()
    for hour in range(3):
        uptime_ms = 10 + round(hour * HOUR_MS * (1 + 80e-6))
        time = packed(wire.TIME, unix_ms=BOOTED_MS + hour * HOUR_MS, uncertainty_ms=40, source=1)
        log.add(wire.TIME, uptime_ms, time)
    send(either, SENSOR, log.records[:1])
    assert line(either, SENSOR).drift_ppm is None
    send(either, SENSOR, log.records[1:])
    found = line(either, SENSOR)
    assert found.drift_ppm == pytest.approx(80, abs=1)
    assert fleet.DRIFTS in found.warnings


def test_the_battery_report_knows_charges_and_days_left(either: Database) -> None:
    meet(either, SENSOR)
    log = DeviceLog()
    log.add(wire.TIME, 10, packed(wire.TIME, unix_ms=NOW_MS - 72 * HOUR_MS, uncertainty_ms=40, source=1))
    for hour, percent, charging in (
        (1, 30, 0),
        (2, 50, 1),
        (3, 100, 1),
        (4, 100, 0),
        (28, 90, 0),
        (52, 80, 0),
    ):
        log.add(wire.BATTERY, hour * HOUR_MS, packed(wire.BATTERY, percent=percent, charging=charging))
    send(either, SENSOR, log.records)
    devices.caught_up(either, SENSOR, log.next_seq, NOW_MS)
    (found,) = fleet.batteries(either, NOW_MS)
    assert (found.percent, found.percent_a_day, found.days_left, found.charges) == (80, 10, 8, 1)


def test_commands_name_print_and_label(tmp_path: Path) -> None:
    path = tmp_path / "repbeat.sqlite3"
    with Database(path) as db:
        meet(db, SENSOR)
        meet(db, LOST)
        machines.add(db, "Crème brûlée", NOW_MS)
        devices.received(db, SENSOR, 1234)
    assert json.loads(run(path, "name", "--json", given=f"{SENSOR},One\n{LOST}, Two\n")) == {"named": 2}
    shown: dict[str, Any] = json.loads(run(path, "--json"))
    assert [one["name"] for one in shown["devices"]] == ["One", "Two"]
    assert all(one["stale"] is False for one in shown["devices"])
    assert [one["received_bytes"] for one in shown["devices"]] == [1234, 0]
    assert "One" in run(path)
    battery = json.loads(run(path, "battery", "--json"))["batteries"][0]
    assert (battery["days_left"], battery["received_bytes"]) == (None, 1234)
    assert "1.2 kB" in run(path, "battery")
    sheet = tmp_path / "labels.pdf"
    run(path, "labels", "--url", "http://gym.local:8040", "--out", str(sheet))
    assert sheet.read_bytes().startswith(b"%PDF")


def test_bulk_naming_is_all_or_nothing(tmp_path: Path) -> None:
    path = tmp_path / "repbeat.sqlite3"
    with Database(path) as db:
        meet(db, SENSOR)
    arguments = ["--database", str(path), "name"]
    assert (
        "no device has the id nowhere"
        in CliRunner().invoke(command, arguments, f"{SENSOR},A\nnowhere,B\n").output
    )
    assert "these are not: 51" in CliRunner().invoke(command, arguments, f"{SENSOR}\n").output
    with Database(path) as db:
        assert devices.get(db, SENSOR).name == SENSOR


def test_a_label_holds_the_machines_address_and_no_more(either: Database) -> None:
    found = [machines.add(either, f"Machine {number}", NOW_MS) for number in range(15)]
    assert labels.address("https://gym.example/", found[0]) == f"https://gym.example/m/{found[0].machine_id}"
    content = labels.sheet(found, "https://gym.example")
    assert content.count(b"/Type /Page\n") == 2  # fourteen on the first page
    with pytest.raises(labels.NoLabels, match="no machines"):
        labels.sheet([], "https://gym.example")


def test_a_label_is_written_in_the_gyms_own_letters(either: Database) -> None:
    names = ["Wyciąg górny", "Жим ногами", "محمد"]
    content = labels.sheet([machines.add(either, name, NOW_MS) for name in names], "https://gym.example")
    shown = PdfReader(io.BytesIO(content)).pages[0].extract_text()
    assert [name for name in names if name not in shown] == []


def test_without_its_libraries_a_sheet_says_what_to_install(
    either: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fpdf", None)
    with pytest.raises(paper.NoPdf, match=r"pip install 'repbeat\[labels\]'"):
        labels.sheet([machines.add(either, "Row", NOW_MS)], "https://gym.example")


def test_the_longest_name_stays_on_its_label(either: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    ends_mm: list[float] = []

    class Watched(fpdf.FPDF):
        def multi_cell(self, *args: Any, **named: Any) -> Any:
            done = super().multi_cell(*args, **named)
            ends_mm.append(self.get_y())
            return done

    monkeypatch.setattr(fpdf, "FPDF", Watched)
    found = [machines.add(either, name, NOW_MS) for name in ("W" * 64, "Leg press " * 6, "Row")]
    labels.sheet(found, "https://gym.example")
    assert max(ends_mm) <= labels.TOP_MM + 2 * labels.HEIGHT_MM
    assert min(ends_mm) >= labels.TOP_MM


DEVICES = [f"d{number}" for number in range(9)]


def rolled(outcomes: dict[str, str], **options: Any) -> rollout.Rollout:
    """A roll-out in which everybody runs the update but for those named."""

    async def bring(device_id: str) -> Updated:
        outcome = outcomes.get(device_id, RUNS)
        if outcome == rollout.FAILED:
            raise LinkLost("out of reach")
        return Updated(device_id=device_id, before="1", after="2", outcome=outcome)

    return asyncio.run(rollout.roll_out(DEVICES, bring, **options))


def test_stages_are_one_five_and_all_others() -> None:
    done = rolled({})
    assert [step.stage for step in done.steps] == [1, 2, 2, 2, 2, 2, 3, 3, 3]
    assert (done.halted, {step.outcome for step in done.steps}) == ("", {RUNS})


@pytest.mark.parametrize("bad", [RETURNED, rollout.FAILED])
def test_a_failure_halts_at_once(bad: str) -> None:
    done = rolled({"d2": bad})
    assert [step.outcome for step in done.steps] == [RUNS, RUNS, bad, *[rollout.HELD] * 6]
    assert "stage 2" in done.halted
    allowed = rolled({"d2": bad}, most_failures=1)
    assert [step.outcome for step in allowed.steps].count(RUNS) == 8


def test_who_has_not_started_it_holds_the_next_stage_back() -> None:
    done = rolled({"d0": WAITS})
    assert [step.outcome for step in done.steps] == [WAITS, *[rollout.HELD] * 8]
    assert "have not started it yet" in done.halted
    last = rolled({"d8": WAITS})
    assert (last.halted, last.steps[-1].outcome) == ("", WAITS)


def test_the_table_fits_a_terminal_of_80_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    path = tmp_path / "repbeat.sqlite3"
    assert "No devices yet" in run(path)
    with Database(path) as db:
        meet(db, SENSOR)
        devices.rename(db, SENSOR, "Sensor 1", role="stack")
        machine = machines.add(db, "Leg press", NOW_MS)
        machines.mount(db, SENSOR, machine.machine_id, 0)
        fleet.heard(db, SENSOR, -61, NOW_MS)
        fleet.calibrated(db, SENSOR, NOW_MS)
    table = run(path)
    for whole in ("device", "battery", "firmware", "calibrated", "sets", "Leg press", "-61 dBm", "0 in pool"):
        assert whole in table
    assert max(map(len, table.splitlines())) <= 80
