"""What a board says of itself when it lies still: each part found, its rate, and whether it is well.

Run from a prompt (`repbeat device selftest`), with the firmware's loop stopped. It writes nothing to the
flash; the motor buzzes once and the LED lights, for the person who looks.
"""

import gc
from time import sleep_ms, ticks_add, ticks_diff, ticks_ms

import machine
from esp32 import Partition

from device.drivers.board import Board
from device.drivers.errors import SensorError
from device.system import version

LISTEN_MS = 2500  # enough bursts for a measured rate
POLL_MS = 40
BUZZ_MS = 150
GRAVITY_MG = (900, 1100)  # at rest, whatever the orientation: 10 % for offset and scale of cheap parts
RATE_PERMILLE = 50  # the parts' oscillators: LSM6DSO 5 % at most (DS12140, table 3)
SLOW_HZ = 20  # of such a part a conversion more or less is so many per cent in the time it is listened to
SLOW_PERMILLE = 250
PARTITIONS = ("log", "cfg")


def run(settings: dict) -> dict:
    """Every part by name: {"ok": bool, "problem": text, …figures}. `settings`: the board.json object."""
    board = Board(settings)
    parts = {error.name: _bad(str(error)) for error in board.faults}
    for part, nominal, look in (
        (board.imu, settings.get("imu"), _gravity),
        (board.optical, settings.get("optical"), _light),
        (board.distance, settings.get("distance") or settings.get("encoder"), _way),
        (board.load_cell, settings.get("load_cell"), _weight),
    ):
        if part:
            parts[part.NAME] = _listen(part, nominal["rate_hz"], look)
    if board.battery:
        parts["battery"] = _battery(board.battery)
    if board.button:
        parts["button"] = _button(settings["button"])
    if board.haptic:
        parts["haptic"] = _buzz(settings["haptic"])
    if board.led:
        board.led.set(True)
        parts["led"] = _ok({"lit": True})
    for label in PARTITIONS:
        parts[label] = _partition(label)
    gc.collect()
    return {
        "board": settings["board"],
        "firmware": version.TEXT,
        "unique_id": machine.unique_id().hex(),
        "heap_free_bytes": gc.mem_free(),
        "parts": parts,
        "ok": all(part["ok"] for part in parts.values()),
    }


def _ok(figures: dict) -> dict:
    figures.update(ok=True, problem="")
    return figures


def _bad(problem: str, figures: dict | None = None) -> dict:
    figures = figures or {}
    figures.update(ok=False, problem=problem)
    return figures


def _listen(part, nominal_hz: int, look) -> dict:
    """Samples for LISTEN_MS: how many, at what measured rate, and what `look(part)` says of the last."""
    try:
        part.start()
        samples = 0
        end = ticks_add(ticks_ms(), LISTEN_MS)
        while ticks_diff(end, ticks_ms()) > 0:
            sleep_ms(POLL_MS)
            n = part.poll()
            if n:
                part.load(n - 1)
                samples += n
        figures = {"samples": samples, "rate_mhz": part.clock.rate_mhz, "overflows": part.overflows}
        problem = look(part, figures) if samples else "no sample in %d ms" % LISTEN_MS
        part.sleep()
    except SensorError as error:
        return _bad(str(error))
    off = abs(part.clock.rate_mhz - nominal_hz * 1000)
    if not problem and off > nominal_hz * (SLOW_PERMILLE if nominal_hz < SLOW_HZ else RATE_PERMILLE):
        problem = "rate is %d mHz where %d Hz were asked for" % (part.clock.rate_mhz, nominal_hz)
    return _bad(problem, figures) if problem else _ok(figures)


def _gravity(imu, figures: dict) -> str:
    figures["gravity_mg"] = round((imu.ax * imu.ax + imu.ay * imu.ay + imu.az * imu.az) ** 0.5)
    if GRAVITY_MG[0] <= figures["gravity_mg"] <= GRAVITY_MG[1]:
        return ""
    return "gravity reads %d mg: let the board lie still" % figures["gravity_mg"]


def _light(optical, figures: dict) -> str:
    figures["infrared"] = optical.ir
    return ""


def _way(distance, figures: dict) -> str:
    figures["mm"] = distance.mm
    figures["seen"] = distance.valid  # on a bench there may be nothing to see
    return ""


def _weight(cell, figures: dict) -> str:
    figures["counts"] = cell.counts
    return "" if cell.valid else "out of range: look at the four wires of the load cell"


def _battery(battery) -> dict:
    battery.poll()
    figures = {"mv": battery.mv, "percent": battery.percent, "charging": battery.charging}
    if 2500 <= battery.mv <= 4400:  # a lithium cell, empty to on the charger
        return _ok(figures)
    return _bad("%d mV is no lithium cell: check the divider and divider_permille" % battery.mv, figures)


def _button(settings: dict) -> dict:
    down = machine.Pin(settings["pin"]).value() == (0 if settings["active_low"] else 1)
    return _bad("reads as pressed: let go of it, or check its wiring and pull-up") if down else _ok({})


def _buzz(settings: dict) -> dict:
    pwm = machine.PWM(machine.Pin(settings["pin"]), freq=settings["freq_hz"], duty_u16=0)
    pwm.duty_u16(65535 * settings["strength_permille"] // 1000)
    sleep_ms(BUZZ_MS)
    pwm.duty_u16(0)
    return _ok({"buzzed_ms": BUZZ_MS})


def _partition(label: str) -> dict:
    found = Partition.find(Partition.TYPE_DATA, label=label)
    if not found:
        return _bad("no partition %s: write RepBeat's partition table" % label)
    return _ok({"bytes": found[0].ioctl(4, 0) * found[0].ioctl(5, 0)})
