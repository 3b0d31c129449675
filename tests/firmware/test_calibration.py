"""A sensor is calibrated on its machine: step by step, each mistake told, kept once all is measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from firmware.flash_file import FilePartition

from device.session.machine import Machine
from device.session.operator import Operator
from device.session.recorder import Recorder
from device.session.stack_calibration import LEFT_MS, STILL_WAIT_MS
from device.signal.stack import StackCounter
from device.signal.weight import Trace
from device.store.flash import FlashFault
from device.store.settings import Settings
from repbeat_protocol import auth, records

TOP_MM, STEP_MM, WAY_MM = 840, 25.4, 430  # plates of an inch
PLATE, FIRST_G, STEP_G = 9, 5000, 7500
KNOWN_KG = (FIRST_G + (PLATE - 1) * STEP_G) / 1000
ZERO, PER_KG = 84_000, -21_500  # a cell that is built in the other way round
OTHER_MM = round(TOP_MM + (PLATE - 1) * STEP_MM)


class Bench:
    """A machine's sensor at 40 Hz: `told` holds the records, `mm` where its flag is."""

    def __init__(self, flag: bool = True, cell: bool = False) -> None:
        self.settings = Settings(FilePartition(memoryview(bytearray(b"\xff" * 0x10000))))
        self.told: list[dict[str, int]] = []
        self.next_seq = 0
        self.now_ms = 0
        recorder = Recorder(self, self)
        self.kg: float | None = 0.0 if cell else None  # on the cell; None: silent
        self.machine = Machine(StackCounter(), recorder, self.settings, lambda a, b: a - b, flag, cell)

    def append(self, kind: int, version: int, payload: bytes, _uptime_ms: int) -> int:
        self.told.append({"kind": kind, **records.unpack(kind, version, payload)})
        return len(self.told) - 1

    def uptime_ms(self) -> int:
        return self.now_ms

    def see(self, distances: Sequence[float], valid: bool = True) -> None:
        for mm in distances:
            self.now_ms += 25
            self.machine.distance(self.now_ms, round(mm), valid)
            if self.kg is not None and self.now_ms % 100 == 0:
                self.machine.weight(self.now_ms, round(ZERO + self.kg * PER_KG), True)
            self.machine.tick(self.now_ms)

    def stand(self, mm: float, seconds: float = 2) -> None:
        self.see([mm] * round(seconds * 40))

    def lift(self, rest_mm: float, seconds: float, kg: float | None = None) -> None:
        """One repetition; with a cell, `kg` hangs on it, and more or less while it is sped up or slowed."""
        phase = np.linspace(0, 2 * np.pi, round(seconds * 40))
        if kg is not None:
            pull_g = 1 + WAY_MM / 2000 * (2 * np.pi / seconds) ** 2 * np.cos(phase) / 9.81
        for i, at in enumerate(phase):
            if kg is not None:
                self.kg = kg * pull_g[i]
            self.see([rest_mm - WAY_MM * (1 - np.cos(at)) / 2])
        if kg is not None:
            self.kg = 0
        self.stand(rest_mm)

    def order(self, action: int, plate: int = PLATE, first_g: int = FIRST_G, step_g: int = STEP_G) -> int:
        return self.machine.calibrate(action, plate, first_g, step_g, self.now_ms)

    @property
    def steps(self) -> list[tuple[int, int]]:
        return [(one["stage"], one["outcome"]) for one in self.told if one["kind"] == records.CALIBRATION]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def to_the_slow_repetition(bench: Bench) -> None:
    bench.stand(TOP_MM)
    assert bench.order(auth.BEGIN) == 0
    bench.stand(TOP_MM)
    assert bench.machine.calibration.stage == records.PIN_FIRST, "it waits for the person"
    assert bench.order(auth.GO_ON) == 0
    bench.stand(TOP_MM)
    bench.see([1200, 700, 1100] * 10)  # a hand that moves the pin
    bench.stand(OTHER_MM)
    assert bench.order(auth.GO_ON) == 0
    bench.stand(OTHER_MM)


def test_three_steps_make_a_calibration(bench: Bench) -> None:
    to_the_slow_repetition(bench)
    bench.lift(OTHER_MM, 4)
    assert bench.steps == [
        (records.PIN_FIRST, records.WAITS),
        (records.PIN_FIRST, records.MEASURED),
        (records.PIN_OTHER, records.WAITS),
        (records.PIN_OTHER, records.MEASURED),
        (records.SLOW_REP, records.WAITS),
        (records.SLOW_REP, records.MEASURED),
        (records.CALIBRATED, records.MEASURED),
    ]
    kept: dict[str, Any] = {name: bench.settings.get(name) for name in bench.settings.names()}
    assert kept["stack_top_mm"] == TOP_MM
    assert kept["stack_step_um"] == pytest.approx(STEP_MM * 1000, rel=0.01)
    assert (kept["stack_first_g"], kept["stack_step_g"], kept["stack_plate"]) == (FIRST_G, STEP_G, PLATE)
    assert kept["stack_range_mm"] == pytest.approx(WAY_MM, abs=15)
    for plate in range(1, 21):  # an inch is no whole millimetre: the last plate's place is still right
        assert bench.machine.load_g(round(TOP_MM + (plate - 1) * STEP_MM)) == FIRST_G + (plate - 1) * STEP_G
    assert not any(one["kind"] == records.REP for one in bench.told), "a calibration is no training"
    bench.lift(OTHER_MM, 4)
    (rep,) = [one for one in bench.told if one["kind"] == records.REP]
    assert rep["range_permille"] == pytest.approx(1000, abs=30)
    assert rep["rep_load_dag"] * 10 == FIRST_G + (PLATE - 1) * STEP_G


def test_mistakes_are_told_and_the_step_waits_again(bench: Bench) -> None:
    bench.stand(TOP_MM)
    bench.order(auth.BEGIN)
    bench.order(auth.GO_ON)
    bench.see([800, 900] * (STILL_WAIT_MS // 50 + 4))
    assert bench.steps[-1] == (records.PIN_FIRST, records.NOT_STILL)
    bench.order(auth.GO_ON)
    bench.see([0] * (STILL_WAIT_MS // 25 + 4), valid=False)
    assert bench.steps[-1] == (records.PIN_FIRST, records.UNSEEN)
    bench.order(auth.GO_ON)
    bench.stand(TOP_MM)
    bench.order(auth.GO_ON)
    bench.stand(TOP_MM + 8)  # eight plates of a millimetre
    assert bench.steps[-1] == (records.PIN_OTHER, records.NO_STEP)
    bench.order(auth.GO_ON)
    bench.stand(OTHER_MM)
    bench.lift(OTHER_MM, 1.2)
    assert bench.steps[-1] == (records.SLOW_REP, records.TOO_FAST)
    assert not bench.settings.names(), "nothing counts before all is measured"
    bench.lift(OTHER_MM, 4)
    assert bench.steps[-1] == (records.CALIBRATED, records.MEASURED)


def test_left_or_given_up_it_keeps_what_was(bench: Bench) -> None:
    bench.stand(TOP_MM)
    for end in (lambda: bench.order(auth.STOP), lambda: bench.stand(TOP_MM, LEFT_MS / 1000 + 2)):
        bench.order(auth.BEGIN)
        end()
        assert bench.steps[-1] == (records.PIN_FIRST, records.LEFT)
        assert bench.order(auth.GO_ON) == auth.IN_USE
    assert not bench.settings.names()


def test_without_a_flag_on_the_pin_the_way_alone_is_measured(bench: Bench) -> None:
    bench.stand(TOP_MM)
    bench.order(auth.BEGIN, 0)
    bench.lift(TOP_MM, 4)
    assert bench.steps[-1] == (records.CALIBRATED, records.MEASURED)
    assert bench.settings.names() == ["stack_range_mm"]


@pytest.mark.parametrize("told", [(1, 5000, 5000), (41, 5000, 5000), (9, 200_000, 5000), (9, 5000, 60_000)])
def test_what_no_machine_has_is_refused(bench: Bench, told: tuple[int, int, int]) -> None:
    assert bench.order(auth.BEGIN, *told) == auth.BAD_MESSAGE
    assert not bench.steps


def test_nobody_is_interrupted(bench: Bench) -> None:
    bench.stand(TOP_MM)
    bench.lift(TOP_MM, 3)
    assert bench.machine.active
    assert bench.order(auth.BEGIN) == auth.IN_USE
    bench.machine.calibrate_again(bench.now_ms)
    assert not bench.steps


def test_a_flash_that_does_not_take_it_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_changes: dict[str, int]) -> None:
        raise FlashFault("worn out")

    to_the_slow_repetition(bench)
    monkeypatch.setattr(bench.settings, "update", fail)
    bench.lift(OTHER_MM, 4)
    assert bench.steps[-1] == (records.SLOW_REP, records.NOT_KEPT)
    assert not bench.machine.calibration.active


def test_the_button_alone_does_it_again(bench: Bench) -> None:
    bench.settings.update({"stack_plate": PLATE, "stack_first_g": FIRST_G, "stack_step_g": STEP_G})
    who = Operator(bench.machine.calibration, bench.machine.calibrate_again)
    bench.stand(TOP_MM)
    who.press(bench.now_ms)
    assert not who.engaged
    who.check_in(bench.now_ms)
    assert who.engaged
    who.press(bench.now_ms)
    bench.stand(TOP_MM)
    who.press(bench.now_ms)
    bench.stand(OTHER_MM)
    who.long_press(bench.now_ms)
    assert bench.steps[-1] == (records.SLOW_REP, records.LEFT)


def test_a_load_cell_is_tared_and_scaled_by_a_known_load() -> None:
    bench = Bench(flag=False, cell=True)
    bench.stand(TOP_MM)
    bench.order(auth.BEGIN)
    bench.kg = None
    bench.order(auth.GO_ON)
    bench.stand(TOP_MM, STILL_WAIT_MS / 1000 + 1)
    assert bench.steps[-1] == (records.CELL_EMPTY, records.NO_LOAD), "a silent cell is told"
    bench.kg = 0
    bench.order(auth.GO_ON)
    bench.stand(TOP_MM)
    assert bench.steps[-1] == (records.CELL_REP, records.WAITS)
    bench.lift(TOP_MM, 4, 0)
    assert bench.steps[-1] == (records.CELL_REP, records.NO_LOAD), "the cable hung beside the cell"
    bench.lift(TOP_MM, 4, KNOWN_KG)
    assert bench.steps[-1] == (records.CALIBRATED, records.MEASURED)
    assert bench.settings.get("cell_zero") == pytest.approx(ZERO, abs=10)
    assert bench.settings.get("cell_per_kg") == pytest.approx(PER_KG, rel=0.03)
    assert bench.settings.get("stack_step_um") == 0


@pytest.mark.parametrize("kg", [7.5, 40, 120])
def test_what_hung_on_the_cell_is_the_load_of_rep_and_set(kg: float) -> None:
    bench = Bench(flag=False, cell=True)
    bench.settings.update({"cell_zero": ZERO, "cell_per_kg": PER_KG})
    bench.stand(TOP_MM)
    for _ in range(3):
        bench.lift(TOP_MM, 3, kg)
    bench.stand(TOP_MM, 30)
    reps = [one for one in bench.told if one["kind"] == records.REP]
    (done,) = [one for one in bench.told if one["kind"] == records.SET]
    assert len(reps) == 3
    for one in reps:
        assert one["rep_load_dag"] == pytest.approx(kg * 100, rel=0.03)
        lifted_w = one["rep_load_dag"] / 100 * 9.81 * one["range_mm"] / one["concentric_ms"]
        assert one["power_w"] == pytest.approx(lifted_w, abs=2)
    assert done["load_dag"] == pytest.approx(kg * 100, rel=0.03)


def test_a_fast_part_takes_no_more_room() -> None:
    trace = Trace()
    for i in range(80 * 60):
        trace.push(i * 1000 // 80, i)
    assert trace.mean(40_000, 59_990) == pytest.approx(49.995 * 80, abs=8)
    assert trace.mean(0, 10_000) is None, "25 s are kept"
    trace.clear()
    assert trace.mean(0, 60_000) is None


def test_an_encoder_has_no_flag_to_place() -> None:
    bench = Bench(flag=False)
    bench.stand(0)
    bench.order(auth.BEGIN)
    assert bench.steps == [(records.SLOW_REP, records.WAITS)]
