"""REST and BREATHING records, and what the recorder writes, read back from their payloads."""

from typing import Any

import numpy as np
import pytest

from device.session.breathing import Breathing
from device.session.execution import FREE, Execution
from device.session.recorder import Recorder
from device.session.rest import Rest
from device.session.rest_log import RestLog
from device.session.work_set import WorkSet
from device.signal.zones import COEFFICIENTS_WOMEN, ZoneClock
from repbeat.ingest import rows
from repbeat_protocol import heart, plan, records
from repbeat_protocol.plan import Item, Plan

MINUTE = 60


class Journal:
    """Keeps records as the log would, and is the clock too."""

    def __init__(self) -> None:
        self.now = 1000
        self.kept: list[tuple[int, dict[str, int]]] = []
        self.next_seq = 0

    def uptime_ms(self) -> int:
        return self.now

    def append(self, kind: int, version: int, payload: bytes, uptime_ms: int) -> int:
        self.kept.append((kind, records.unpack(kind, version, payload)))
        self.next_seq += 1
        return self.next_seq - 1

    def of(self, kind: int) -> list[dict[str, int]]:
        return [fields for one, fields in self.kept if one == kind]


def lie(rests: RestLog, journal: Journal, minutes: float, moving: bool, breaths: float = 15.0) -> None:
    """Minutes of one heart at 60 bpm (55 after the first half hour) with breath in it."""
    rng = np.random.default_rng(journal.now)
    beat_s = 0.0
    for second in range(int(minutes * MINUTE)):
        bpm = 60 if second < 30 * MINUTE else 55
        rr = []
        while beat_s < second + 1:
            wave = 0.04 * np.sin(2 * np.pi * breaths / 60 * beat_s)
            interval = 60 / bpm * (1 + wave)
            beat_s += interval
            rr.append(int(interval * 1024))
        for _ in range(5):
            journal.now += 200
            x, y, z = rng.uniform(-1000, 1000, 3).astype(int) if moving else (10, 20, 1000)
            rests.motion(True, int(x), int(y), int(z))
        rests.second(bpm, heart.GOOD, rr, False)


def test_a_window_of_rest_with_what_the_heart_did_there() -> None:
    journal = Journal()
    rests = RestLog(journal, journal)
    lie(rests, journal, 5, moving=True)
    lie(rests, journal, 75, moving=False)
    lie(rests, journal, 70, moving=True)
    (rest,) = journal.of(records.REST)
    assert rest["kind"] == records.REST_KIND_REST
    assert abs(rest["duration_s"] - 75 * MINUTE) <= 30
    assert rest["resting_bpm"] == 55, "the lowest sustained, not the mean"
    assert abs(rest["breaths_x10"] - 150) <= 10
    assert rest["rmssd_x10"] > 100
    assert rest["kept_permille"] >= 970
    assert abs(rest["start_ago_s"] - 75 * MINUTE - 60 * MINUTE) <= 90, "told an hour after it ended"


def test_a_power_off_writes_the_window_that_is_open() -> None:
    journal = Journal()
    rests = RestLog(journal, journal)
    lie(rests, journal, 40, moving=False)
    assert journal.kept == []
    rests.flush()
    assert len(journal.of(records.REST)) == 1


def test_moving_is_no_rest() -> None:
    journal = Journal()
    rests = RestLog(journal, journal)
    lie(rests, journal, 45, moving=True)
    rests.flush()
    assert journal.kept == []


def test_windows_survive_the_end_of_small_numbers() -> None:
    journal = Journal()
    rests = RestLog(journal, journal)
    journal.now += (1 << 29) - 20 * MINUTE * 1000
    lie(rests, journal, 80, moving=False)
    rests.flush()
    times = [fields["duration_s"] for fields in journal.of(records.REST)]
    assert times
    assert sum(times) >= 55 * MINUTE


@pytest.mark.parametrize(("settings", "paced_s"), [({}, 180), ({"breathing_s": 60}, 60)])
def test_breathing_by_the_button_is_recorded_before_and_after(settings: dict[str, int], paced_s: int) -> None:
    journal = Journal()
    cued: list[Any] = []
    breathing = Breathing(journal, journal, cued.append, settings)
    breathing.begin()
    for second in range(paced_s + 125):
        breathing.second([1024 + (30 if second % 2 else -30) * (1 if second < 60 else 2)], False)
        for _ in range(10):
            journal.now += 100
            breathing.tick()
    assert not breathing.active
    (told,) = journal.of(records.BREATHING)
    assert told["session_seq"] == records.NO_SESSION
    assert told["paced_s"] == paced_s
    assert abs(told["before_bpm_x10"] - 600) <= 5
    assert 1.9 < told["after_rmssd_x10"] / told["before_rmssd_x10"] < 2.1
    assert len(cued) == 2 * paced_s // 10 + 1


def done(journal: Journal, execution: Execution, counts: bool, looks: int, sure: int) -> dict[str, int]:
    recorder = Recorder(journal, journal)
    recorder.set_done(execution, WorkSet(), counts, 0, 0, 0, 0, Rest(), looks, sure, records.END_STILL)
    return journal.of(records.SET)[-1]


def test_an_exercise_is_taken_from_the_movement_only_without_a_plan() -> None:
    planned = Execution(Plan(3, [Item(1, 2, 8, 10, flags=plan.WARM_UP)]))
    fields = done(Journal(), planned, True, 5, 97)
    assert (fields["exercise"], fields["recognised"], fields["recognised_percent"]) == (1, 5, 97)
    assert (fields["plan_item"], fields["plan_flags"]) == (0, plan.WARM_UP)
    assert done(Journal(), planned, False, 5, 97)["plan_item"] == records.UNKNOWN_U8
    free = Execution(None)
    assert free.item is FREE
    assert done(Journal(), free, True, 5, 97)["exercise"] == 5
    unsure = done(Journal(), free, True, 0, 60)
    assert (unsure["exercise"], unsure["recognised_percent"]) == (0, 60), "unknown stays unknown"


def test_an_answer_comes_as_the_sessions_end_once_more() -> None:
    journal = Journal()
    recorder = Recorder(journal, journal)
    recorder.session_end(3, 60, 190, 4, 40, 2400)
    recorder.effort(7)
    open_end, end = journal.of(records.SESSION)
    assert open_end == {**end, "rpe": records.UNKNOWN_U8}
    assert end["rpe"] == 7
    assert rows.known(open_end["rpe"]) is None, "not answered is no number"


def test_strain_names_its_limits_and_its_curve() -> None:
    journal = Journal()
    zones = ZoneClock(60, 190, None, COEFFICIENTS_WOMEN)
    zones.add(150, 3600)
    Recorder(journal, journal).strain(zones, 0, records.CURVE_WOMEN)
    (told,) = journal.of(records.STRAIN)
    assert told["trimp_x100"] == 11352, "SCIENCE section 6: 113.52"
    assert told["curve"] == records.CURVE_WOMEN
    assert [told[f"zone{zone}_bpm"] for zone in range(1, 6)] == list(zones.limits)


def test_after_unwell_no_plan_may_ask_for_more() -> None:
    current = Plan(3, [Item(1, 2, 8, 10, load_g=60000)])
    for item in (Item(1, 2, 8, 10, load_g=61000), Item(1, 3, 8, 10, load_g=60000)):
        offered = Plan(4, [item])
        plan.check_step(offered, current)
        with pytest.raises(plan.PlanLocked):
            plan.check_step(offered, current, locked=1)
    plan.check_step(Plan(4, [Item(1, 1, 8, 10, load_g=50000)]), current, locked=1)
