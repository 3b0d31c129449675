"""Reads the sensors in bursts and hands samples on in the order of their times.

Each optical sample goes to the heart with the acceleration of its moment. A part whose bus fails is left
alone for a second and started again. What nobody needs sleeps: with the band off the wrist and no session
the optical sensor only looks for skin, and the motion sensor rests.
"""

import asyncio
from time import ticks_add, ticks_diff, ticks_ms

from device.drivers.errors import BusFault
from device.system import faults as codes

PERIOD_MS = 80  # a FIFO of 32 at 104 Hz fills in 300 ms
ROUNDS = 4  # bursts read at once after a delay
RETRY_MS = 1000
OFF_MS = 30000  # without skin for so long: only look for it
SKIN_COUNTS = 3000  # infrared of watch mode: skin within a centimetre gives thousands, air tens
SKIN_SAMPLES = 3

# bits of the parts that are well
IMU = 1
OPTICAL = 2
DISTANCE = 4
LOAD = 8
DISTANCE_MS = 10  # the distance sensor has no FIFO, and its times are as good as it is polled often


class Part:
    """A sensor that may be absent, asleep or failing; `mode` is the driver's method that set it up last."""

    def __init__(self, driver, faults) -> None:
        self.driver = driver
        self._faults = faults
        self._mode = None
        self._retry_ms = 0
        self._lost = 0

    @property
    def well(self) -> bool:
        """Whether it was set up and its bus has not failed since."""
        return self._mode is not None and not self._retry_ms

    def run(self, mode) -> None:
        """Have it in this mode: a bound method of the driver."""
        if mode != self._mode:
            self._mode = mode
            self._set_up()

    def _set_up(self) -> None:
        try:
            self._mode()
            self._retry_ms = 0
        except BusFault as error:
            self._failed(error)

    def _failed(self, error) -> None:
        self._retry_ms = ticks_add(ticks_ms(), RETRY_MS) or 1
        self._faults.record(codes.SENSOR_BUS, str(error))

    def poll(self) -> int:
        """Samples ready to load; 0 while it is failing."""
        if self._retry_ms:
            if ticks_diff(ticks_ms(), self._retry_ms) < 0:
                return 0
            self._set_up()
            return 0
        try:
            n = self.driver.poll()
        except BusFault as error:
            self._failed(error)
            return 0
        if self.driver.lost != self._lost:
            self._faults.record(
                codes.SAMPLES_LOST, "%s %d" % (self.driver.NAME, self.driver.lost - self._lost)
            )
            self._lost = self.driver.lost
        return n


class Sensing:
    """`beats` counts rounds, for the watchdog."""

    def __init__(self, board, activity, heart, walk, faults, machine=None) -> None:
        """`machine`: takes the distances of a board that measures them."""
        self._walk = walk
        self._activity = activity
        self._heart = heart
        self._imu = Part(board.imu, faults) if board.imu else None
        self._optical = Part(board.optical, faults) if board.optical else None
        self._distance = Part(board.distance, faults) if board.distance else None
        self._load = Part(board.load_cell, faults) if board.distance and board.load_cell else None
        self._machine = machine
        self._measuring = False
        self._off_since_ms = 0
        self._skin = 0
        self._ax = self._ay = self._az = 0
        self.beats = 0

    async def run(self) -> None:
        """Sense, for ever."""
        while True:
            self._choose_modes()
            for _ in range(ROUNDS):
                if not self._burst():
                    break
            self._activity.tick(ticks_ms())
            self.beats += 1
            await asyncio.sleep_ms(PERIOD_MS)

    @property
    def well(self) -> int:
        """The parts that work, as bits."""
        imu = IMU if self._imu and self._imu.well else 0
        imu |= DISTANCE if self._distance and self._distance.well else 0
        imu |= LOAD if self._load and self._load.well else 0
        return imu | (OPTICAL if self._optical and self._optical.well else 0)

    async def watch_stack(self) -> None:
        """Hand each distance and load on, for ever."""
        part = self._distance
        driver = part.driver
        part.run(driver.start)
        if self._load:
            self._load.run(self._load.driver.start)
        while True:
            if self._load and self._load.poll():
                cell = self._load.driver
                cell.load()
                self._machine.weight(cell.t_ms, cell.counts, cell.valid)
            if part.poll():
                driver.load()
                self._machine.distance(driver.t_ms, driver.mm, driver.valid)
            self._machine.tick(ticks_ms())
            await asyncio.sleep_ms(DISTANCE_MS)

    def sleep(self) -> None:
        """Before a deep sleep: no light, and a motion sensor that raises its line when it is moved."""
        if self._optical:
            self._optical.run(self._optical.driver.sleep)
        if self._distance:
            self._distance.run(self._distance.driver.sleep)
        if self._load:
            self._load.run(self._load.driver.sleep)
        if self._imu:
            self._imu.run(self._imu.driver.sleep)
            self._imu.driver.moved()  # what it has felt before wakes nobody

    def _choose_modes(self) -> None:
        now = ticks_ms()
        if self._optical:
            driver = self._optical.driver
            if self._measuring:
                if self._heart.worn or self._activity.active:
                    self._off_since_ms = now
                elif ticks_diff(now, self._off_since_ms) > OFF_MS:
                    self._measuring = False
                    self._heart.unseen()
            elif self._skin >= SKIN_SAMPLES or self._activity.active:
                self._measuring = True
                self._skin = 0
                self._off_since_ms = now
            self._optical.run(driver.start if self._measuring else driver.watch)
        if self._imu:
            driver = self._imu.driver
            self._imu.run(driver.start if self._measuring or self._activity.active else driver.sleep)

    def _burst(self) -> bool:
        """One burst of each, merged by time; True when there may be more."""
        moves = self._imu.poll() if self._imu and self._awake() else 0
        lights = self._optical.poll() if self._optical else 0
        optical = self._optical.driver if lights else None
        at = 0
        for i in range(lights):
            optical.load(i)
            if not self._measuring:
                self._skin = self._skin + 1 if optical.ir >= SKIN_COUNTS else 0
                continue
            at = self._motion_until(at, moves, optical.t_ms)
            self._heart.sample(optical.t_ms, optical.ir, optical.red, self._ax, self._ay, self._az)
        self._motion_until(at, moves, None)
        return moves >= 32 or lights >= 32

    def _awake(self) -> bool:
        return self._measuring or self._activity.active

    def _motion_until(self, at: int, n: int, t_ms: int | None) -> int:
        """Hand on the motion samples from `at` on that are not later than `t_ms`; where it stopped."""
        while at < n:
            imu = self._imu.driver
            imu.load(at)
            if t_ms is not None and ticks_diff(imu.t_ms, t_ms) > 0:
                break
            self._ax, self._ay, self._az = imu.ax, imu.ay, imu.az
            self._walk.motion(imu.t_ms, imu.ax, imu.ay, imu.az)
            self._activity.motion(imu.t_ms, imu.ax, imu.ay, imu.az, imu.gx, imu.gy, imu.gz)
            at += 1
        return at
