"""Calibrating a machine's sensor: orders to it, and how far it is by its own log.

The sensor measures and decides (firmware/device/session/stack_calibration.py); a person goes on from step to
step by its button, the operator's page or `repbeat fleet calibrate`. Orders reach it through a hub.
"""

from __future__ import annotations

import msgspec

from repbeat.gym.sets import Dates
from repbeat.people import commands
from repbeat.people.errors import PeopleError
from repbeat.store import Database, calibrations, devices
from repbeat.store.calibrations import Step
from repbeat.store.sessions import Key
from repbeat_protocol import auth
from repbeat_protocol import records as wire

ORDER_MS = 120_000  # an order that no hub took so soon is for nobody who still stands at the machine
LEFT_MS = 300_000  # as the sensor has it
PLATES = range(2, 41)
MOST_FIRST_G, MOST_STEP_G = 100_000, 50_000  # as the sensor's settings have them

FIRST = "Put the pin into the first plate and let the stack rest. Then go on."
OTHER = "Put the pin into plate %(plate)s and let the stack rest. Then go on."
SLOW = "Do one slow repetition over the whole way: two seconds up, two down."
LOOSE = "Let the stack rest and the cable hang loose. Then go on."
KNOWN = "Put the pin into plate %(plate)s and do one slow repetition: two seconds up, two down."
MEASURING = "Measuring: keep away from the stack."
QUEUED = "The sensor is being told. If this lasts, see that a hub is in its reach and runs."
ASKED = {
    wire.PIN_FIRST: FIRST,
    wire.PIN_OTHER: OTHER,
    wire.SLOW_REP: SLOW,
    wire.CELL_EMPTY: LOOSE,
    wire.CELL_REP: KNOWN,
}
PLACED = (wire.PIN_FIRST, wire.PIN_OTHER, wire.CELL_EMPTY)  # stages that a person goes on from
# What a step that did not work asks for, by outcome.
AGAIN = {
    wire.NOT_STILL: "The stack did not stand still: let it rest, keep your hands off, and go on.",
    wire.UNSEEN: "The sensor sees nothing: let the flag be in its beam, 40 to 1,300 mm away, and go on.",
    wire.NO_STEP: "The flag is not where another plate can be: see that it sits on the pin, and go on.",
    wire.TOO_FAST: "That was too fast: take two seconds up and two down.",
    wire.NO_LOAD: "The load cell is silent or bears nothing: look at its wires and what hangs on it. Again.",
}
ENDED = {
    wire.LEFT: "It was given up, or nobody went on for five minutes. What was in force before still is.",
    wire.NOT_KEPT: "The sensor could not keep it: its memory failed. Begin again, or replace the sensor.",
}
REFUSED = {
    auth.NO_STACK: "This device measures no machine: choose the machine’s own sensor.",
    auth.IN_USE: "Somebody trains on the machine, or nothing is being calibrated: begin when it is free.",
    auth.BAD_MESSAGE: "The sensor knows no such calibration: update its firmware, and check the loads.",
}
TOO_LATE = "No hub had the sensor in its reach within two minutes: move one nearer, and begin again."
SENTENCES = (
    FIRST,
    OTHER,
    SLOW,
    LOOSE,
    KNOWN,
    MEASURING,
    QUEUED,
    TOO_LATE,
    *(AGAIN | ENDED).values(),
    *REFUSED.values(),
)


class BadCalibration(PeopleError):
    """What was told of the machine cannot be; the message says what can."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a sensor is told (auth.CALIBRATE). `plate` 0: no flag on the pin, only the way is measured."""

    action: int
    plate: int = 0
    first_g: int = 0
    step_g: int = 0
    after_seq: int = -1
    """The sensor's last step when it was ordered."""


class State(msgspec.Struct, frozen=True, kw_only=True):
    """How far it is. `said`: sentences, with %(plate)s; `waits`: for a person; `running`: not over."""

    running: bool
    waits: bool
    said: tuple[str, ...]
    plate: int
    stamp: str
    """Changes whenever anything did."""

    in_force: Step | None


def begin(db: Database, device_id: str, plate: int, first_g: int, step_g: int, now_ms: int) -> None:
    """Have a sensor begin; BadCalibration."""
    if plate:
        if plate not in PLATES:
            raise BadCalibration(f"the other plate is one from {PLATES[0]} to {PLATES[-1]}")
        if not 0 <= first_g <= MOST_FIRST_G or not 0 < step_g <= MOST_STEP_G:
            raise BadCalibration("the first plate has 0 to 100 kg, each further one up to 50 kg")
    _order(db, device_id, Order(action=auth.BEGIN, plate=plate, first_g=first_g, step_g=step_g), now_ms)


def go_on(db: Database, device_id: str, now_ms: int) -> None:
    """The pin is in and the stack rests."""
    _order(db, device_id, Order(action=auth.GO_ON), now_ms)


def stop(db: Database, device_id: str, now_ms: int) -> None:
    """Give it up."""
    _order(db, device_id, Order(action=auth.STOP), now_ms)


def state(db: Database, device_id: str, now_ms: int) -> State:
    """How far a sensor's calibration is."""
    device = devices.get(db, device_id)
    step = calibrations.latest(db, device_id, device.log_id) if device.log_id is not None else None
    order = commands.latest(db, device_id, commands.CALIBRATE)
    running = step is not None and _goes_on(step) and now_ms - (moment(db, step) or 0) < LEFT_MS
    said = _said(step) if step is not None and (running or step.outcome in ENDED) else ()
    waits = running and step is not None and step.stage in PLACED
    told = order_of(order) if order is not None else None
    if order is not None and told is not None and told.after_seq >= (step.seq if step else -1):
        # The sensor has not taken a step since it was ordered.
        if order.problem:
            said = (order.problem, *(said if running else ()))
        elif now_ms - order.created_ms > ORDER_MS and order.done_ms is None:
            said, running = (TOO_LATE,), False
        elif now_ms - order.created_ms < ORDER_MS:
            measures = order.done_ms is not None and told.action == auth.GO_ON
            said, waits, running = (MEASURING if measures else QUEUED,), False, True
    return State(
        running=running,
        waits=waits,
        said=said,
        plate=step.plate if step else 0,
        stamp=f"{step.seq if step else 0}-{order.command_id if order else 0}-{bool(order and order.done_ms)}",
        in_force=calibrations.in_force(db).get(device_id),
    )


def order_of(command: commands.Command) -> Order:
    """What a command of the kind CALIBRATE tells the sensor."""
    return msgspec.json.decode(command.detail, type=Order)


def moment(db: Database, step: Step) -> int | None:
    """When a step was, unix ms; None while no clock is known for its boot."""
    return Dates(db, Key(step.device_id, step.log_id, 0)).at(step.boot, step.uptime_ms)


def _goes_on(step: Step) -> bool:
    return step.stage != wire.CALIBRATED and step.outcome not in ENDED


def _said(step: Step) -> tuple[str, ...]:
    ask = ASKED.get(step.stage, "")
    if step.outcome in ENDED:
        return (ENDED[step.outcome],)
    return (AGAIN[step.outcome], ask) if step.outcome in AGAIN else (ask,)


def refusal(code: int) -> str:
    """What a sensor's refusal means and asks for; 0: none, ""."""
    return REFUSED.get(code, REFUSED[auth.BAD_MESSAGE]) if code else ""


def _order(db: Database, device_id: str, order: Order, now_ms: int) -> None:
    device = devices.get(db, device_id)
    step = calibrations.latest(db, device_id, device.log_id) if device.log_id is not None else None
    order = msgspec.structs.replace(order, after_seq=step.seq if step else -1)
    before = commands.latest(db, device_id, commands.CALIBRATE)
    if before is not None:
        now_ms = max(now_ms, before.created_ms + 1)  # orders are obeyed as they were given
    commands.add(db, device_id, commands.CALIBRATE, now_ms, msgspec.json.encode(order).decode())
