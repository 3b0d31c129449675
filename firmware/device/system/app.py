"""The composition root: builds the device from its board settings, and keeps its tasks running."""

import asyncio
from time import ticks_diff, ticks_ms

import machine

from device.drivers.board import Board
from device.drivers.button import HELD, LONG, SHORT
from device.drivers.wake import Wake
from device.link.measurement import CONTACT, CONTACT_UNKNOWN, NO_CONTACT
from device.session import cues
from device.session.activity import Activity
from device.session.breathing import Breathing
from device.session.calibration import Calibrations
from device.session.cueing import Cueing
from device.session.day_strain import DayStrain
from device.session.dialog import Dialog
from device.session.gestures import Gestures
from device.session.heart_log import HeartLog
from device.session.heart_source import HeartSource
from device.session.load import Load
from device.session.local_time import LocalTime
from device.session.machine import Machine
from device.session.memory import Memory
from device.session.operator import Operator
from device.session.plan_switch import PlanSwitch
from device.session.recognition import SetRecogniser
from device.session.recorder import Recorder
from device.session.rest_log import RestLog
from device.session.session import Session
from device.session.walk import Walk
from device.signal.exercise import EQUIPMENT, WRIST
from device.signal.reps import RepCounter
from device.signal.stack import StackCounter
from device.system import erasure, rest_state
from device.system import faults as codes
from device.system.core import Core, read_board
from device.system.power import Power
from device.system.sensing import Sensing
from repbeat_protocol import bundle, heart, live, records

SHOW_MS = 250  # how often LIVE and the LED follow the session
GESTURE_MS = 100
BEHIND_MS = 5000  # seconds of heart rate are caught up to here, then left out

UPDATE_PERCENT = 30  # ours: a trial and a return, with the radio on, cost less than a percent

LED_SESSION = (40, 1960)
LED_FAULT = (40, 160, 40, 760)
LED_ONCE = (200, 1200)
LED_TWICE = (200, 200, 200, 1200)
LED_STAGES = {  # a calibration's: which of its steps waits
    records.PIN_FIRST: LED_ONCE,
    records.PIN_OTHER: LED_TWICE,
    records.SLOW_REP: (200, 200, 200, 200, 200, 1200),
    records.CELL_EMPTY: LED_ONCE,
    records.CELL_REP: LED_TWICE,
}


class App(Core):
    """Everything on one device, wired together. OSError, StoreError: nothing can be kept, so stop."""

    def __init__(self, board_settings: dict, running: int = -1, crashes=None) -> None:
        super().__init__(board_settings, running, crashes)
        self.board = Board(board_settings)
        for error in self.board.faults:
            self.faults.record(codes.SENSOR_MISSING, str(error))
        self.recorder = Recorder(self.journal, self.clock)
        switch = PlanSwitch(self.plans, self.recorder, self.store_failed, self.clock.unix_s)
        switch.prove()
        local = LocalTime(self.clock, self.settings)
        self.cue = Cueing(self.board.haptic, self.board.led, self.settings, local.quiet).play
        self.memory = Memory(self.settings, self.store_failed)
        site = WRIST if board_settings.get("role") == "band" else EQUIPMENT
        self.activity = self._activity(switch, local, site)
        self.session = self.activity.session
        self._refused = None
        cadence = self.settings.get("cadence", 0)
        self.link = self.make_link(
            self._plan_refused,
            lambda: self.settings.get("strap", ""),
            self.settings.get("step_mm", 700) if cadence else 0,
            self.board.display,
        )
        optical = board_settings.get("optical")
        self.heart = HeartSource(self.link.strap, self.clock, optical["rate_hz"] if optical else 100)
        self.heart_log = HeartLog(self.journal, self.clock)
        self.walk = Walk(self.journal, self.clock, self.memory, lambda: self.cue(cues.NUDGE))
        self.machine = self._machine() if self.board.distance else None
        self.sensing = Sensing(self.board, self.activity, self.heart, self.walk, self.faults, self.machine)
        self._wake = Wake(board_settings, self.board.imu is not None)
        self._sleeper = rest_state.Sleeper()

    def _activity(self, switch: PlanSwitch, local: LocalTime, site: int) -> Activity:
        """What listens to the wearer; `site`: where the motion sensor is."""
        breathing = Breathing(self.journal, self.clock, self.cue, self.settings)
        session = Session(
            RepCounter(site == WRIST),
            switch,
            self.recorder,
            self.cue,
            Load(self.settings, DayStrain(self.memory, local)),
            Calibrations(self.memory),
            SetRecogniser(site),
            breathing,
            ticks_diff,
        )
        return Activity(
            session,
            Dialog(self.recorder, self.cue, ticks_diff),
            breathing,
            RestLog(self.journal, self.clock),
            self.recorder,
            self.cue,
            self.memory,
        )

    def _machine(self) -> Machine:
        """Counts on a board that measures a weight stack's distance."""
        return Machine(
            StackCounter(),
            Recorder(self.journal, self.clock),
            self.settings,
            ticks_diff,
            "distance" in self.board.settings,
            self.board.load_cell is not None,
        )

    # What Core asks

    def obstacle(self) -> int:
        """See Core."""
        machine = self.machine
        if self.activity.engaged or (machine and (machine.active or machine.calibration.active)):
            return bundle.InSession.reason
        battery = self.board.battery
        low = battery is not None and 0 <= battery.percent < UPDATE_PERCENT and not battery.charging
        return bundle.LowBattery.reason if low else 0

    def well_parts(self) -> int:
        """See Core."""
        return self.sensing.well

    def calibrate(self, action: int, plate: int, first_g: int, step_g: int) -> int:
        """See Core."""
        if not self.machine:
            return super().calibrate(action, plate, first_g, step_g)
        return self.machine.calibrate(action, plate, first_g, step_g, ticks_ms())

    def rest(self) -> None:
        """See Core."""
        self.heart_log.flush()
        self.activity.flush()
        self.link.off()

    def zone_told(self, utc_offset_min: int) -> None:
        """See Core."""
        self.memory.keep("utc_offset_min", utc_offset_min)

    def _plan_refused(self, revision: int, reason: int, digest8: bytes) -> None:
        """A PLAN_APPLIED record, once for the same plan and reason however often it is offered."""
        offered = (revision, reason, digest8)
        if offered == self._refused:
            return
        self._refused = offered
        current = self.plans.current
        self.recorder.plan(revision, current.revision if current else 0, records.REFUSED, reason, digest8)

    # Tasks

    async def run(self) -> None:
        """Run for ever; each task that fails is written down and started again."""
        tasks = [
            ("sensing", self.sensing.run),
            ("heart", self._seconds),
            ("show", self._show),
            ("updates", self.updates.run),
        ]
        if self.board.distance:
            tasks.append(("distance", self.sensing.watch_stack))
        board = self.board
        if board.button:
            claim = self.link.window.open
            who = self.activity
            if self.machine:
                who = Operator(self.machine.calibration, self.machine.calibrate_again)
            self._gestures = Gestures(board.button, who, claim, self._factory_reset, ticks_diff)
            tasks.append(("button", self._button))
            tasks.append(("gesture", self._gesture))
        if board.haptic:
            tasks.append(("haptic", board.haptic.run))
        if board.led:
            tasks.append(("led", board.led.run))
        if board.battery:
            power = Power(board.battery, self.journal, self.clock, self.link.battery.update, self.cue)
            tasks.append(("power", power.run))
        tasks.extend(self.link.tasks)
        await self.run_tasks(tasks, lambda: self.sensing.beats)

    async def _button(self) -> None:
        while True:
            event = await self.board.button.wait()
            if event == SHORT:
                self._gestures.short(ticks_ms())
            elif event == LONG:
                self._gestures.long(ticks_ms())
            elif event == HELD:
                self._gestures.held()

    async def _gesture(self) -> None:
        while True:
            self._gestures.tick(ticks_ms())
            await asyncio.sleep_ms(GESTURE_MS)

    def _factory_reset(self) -> None:
        """Keys, settings, plans and log go; the device starts as new, under another log id."""
        erasure.order(self.settings, True)
        machine.reset()

    async def _seconds(self) -> None:
        """One value of heart rate a second, on a beat that does not drift."""
        due_ms = self.clock.uptime_ms()
        while True:
            due_ms += 1000
            now = self.clock.uptime_ms()
            if now - due_ms > BEHIND_MS:
                due_ms = now
            await asyncio.sleep_ms(max(0, due_ms - now))
            self._second()

    def _second(self) -> None:
        source = self.heart
        source.second()
        if source.rr_broken:
            self.heart_log.broken()
        for rr in source.rr_1024:
            self.heart_log.interval(rr, source.source)
        self.heart_log.second(source.bpm, source.state, source.source)
        self.activity.second(source)
        if source.state == heart.NO_CONTACT:
            contact = NO_CONTACT
        else:
            contact = CONTACT_UNKNOWN if source.state == heart.NO_VALUE else CONTACT
        service = self.link.heart_rate
        service.allowed = self.session.active or bool(self.settings.get("heart_always", 0))
        service.update(source.bpm if source.state >= heart.FAIR else 0, contact, source.rr_1024)
        self.walk.second(source.worn and not self.activity.active)
        if self.link.running:
            self.link.running.update(self.walk.cadence_x10)
        self._rest()

    def _rest(self) -> None:
        """Go to sleep when nothing has gone on for long; motion or the button boots the device again."""
        battery = self.board.battery
        linked = self.link.companions > 0
        current = rest_state.state(
            self.session.phase == live.IN_SET, self.activity.active, self.heart.worn, linked
        )
        charging = bool(battery and battery.charging)
        if not self._wake.possible or not self._sleeper.due(self.clock.uptime_ms(), current, charging):
            return
        self.rest()
        self.sensing.sleep()
        self._wake.arm()
        machine.deepsleep()

    async def _show(self) -> None:
        """LIVE, the LED and the block of heart rate at a session's end follow the session."""
        was_active = False
        while True:
            session = self.session
            self._show_live()
            if session.active != was_active:
                was_active = session.active
                if not was_active:
                    self.heart_log.flush()
            if self.board.led:
                self._show_led()
            await asyncio.sleep_ms(SHOW_MS)

    def _show_live(self) -> None:
        activity = self.activity
        session = activity.session
        item = session.execution.item
        work = session.work
        phase = activity.phase
        asked = phase == live.QUESTION
        self.link.live.update(
            phase,
            session.set_index,
            activity.dialog.presses if asked else session.reps,
            item.exercise,
            item.reps_low,
            item.reps_high,
            session.rest_left_s(ticks_ms()),
            work.velocity_mm_s,
            self.heart.bpm,
            session.load.zone(self.heart.bpm),
            work.form_bits,
            session.execution.revision,
            self.walk.steps,
            self.walk.cadence_x10 // 10,
            session.load.day_x10 if session.load.zones else live.UNKNOWN_STRAIN,
            session.angle.angle if session.angle.angle >= 0 else live.UNKNOWN_ANGLE,
            item.angle_low,
            item.angle_high if phase in (live.READY, live.IN_SET) else 0,
            session.angle.within,
        )

    def _show_led(self) -> None:
        led = self.board.led
        stage = self.machine.calibration.stage if self.machine else 0
        if self.journal.error:
            led.blink(LED_FAULT)
        elif stage:
            led.blink(LED_STAGES[stage])
        elif self.session.active:
            led.blink(LED_SESSION)
        else:
            led.set(False)


async def main(running: int = -1, crashes=None) -> None:
    """Start the device described by its board file; `running`, `crashes` as in device/system/start.py."""
    await App(read_board(), running, crashes).run()
