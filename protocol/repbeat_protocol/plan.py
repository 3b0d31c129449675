"""The training plan on the wire, and the bounds that both ends check before it counts.

A plan is one session's work: exercises in order, each with its sets. It is compact (a three-exercise plan is
under 100 bytes), carries a revision that only rises, the athlete's tag, an expiry and its own CRC-32.
The device refuses what is outside LIMITS, what rises too fast against the plan in force, what is older,
and what is another athlete's; the plan in force then stays.

Format 2 adds the angle range of rehabilitation. A plan without any is written in format 1, which every
firmware reads; firmware older than format 2 refuses one with (PlanVersion), and its plan in force stays.
"""

import struct
from binascii import crc32

MAGIC = 0x50
VERSION = 1  # all that a plan without angles needs
ANGLES = 2  # with an angle range for each item
HEAD = (
    "<BBIIIIBBBB"  # magic, version, revision, athlete, issued_s, expires_s, resting, max, strain cap, items
)
ITEM = "<HBBBHHBBBBBB"
ANGLE_ITEM = ITEM + "BB"  # angle_low, angle_high
NAME_MAX = 32
MAX_SIZE = struct.calcsize(HEAD) + 1 + NAME_MAX + 32 * struct.calcsize(ANGLE_ITEM) + 4

WARM_UP = 1  # item flags
LIGHT = 2
CALIBRATE = 4  # the set's own repetitions become the usual range of this exercise

# Inclusive bounds of every number in a plan: the device's own, whatever the companion thinks.
LIMITS = {
    "items": (1, 32),
    "sets": (1, 20),
    "reps_low": (1, 100),
    "reps_high": (1, 100),
    "load_g": (0, 500000),
    "rest_s": (0, 900),
    "rest_until_bpm": (0, 180),
    "eccentric_ds": (0, 100),
    "pause_ds": (0, 100),
    "concentric_ds": (0, 100),
    "velocity_loss_percent": (0, 60),
    "flags": (0, 7),
    "angle_low": (0, 170),
    "angle_high": (0, 180),
    "resting_bpm": (0, 110),
    "max_bpm": (0, 230),
    "strain_cap_x10": (0, 210),
    "total_sets": (1, 60),
}

# Degrees between the ends of a range: what gravity shows of an angle is sure to two or three (device/signal).
NARROWEST_ANGLE = 10

# A load may rise by a tenth, or by 2.5 kg where a tenth is less than the smallest plates (SCIENCE section 5).
STEP_PERCENT = 10
STEP_G = 2500


class PlanError(ValueError):
    """The plan is refused; `reason` is the code that PLAN_APPLIED and STATE carry."""

    reason = 32


class PlanDamaged(PlanError):
    """CRC, length or magic do not fit: the plan was cut or changed on the way. Send it again."""

    reason = 33


class PlanVersion(PlanError):
    """The plan format is newer than this firmware. Update the device."""

    reason = 34


class PlanOutOfBounds(PlanError):
    """A number lies outside LIMITS; the message names it."""

    reason = 35


class PlanStep(PlanError):
    """A load rises faster than allowed against the plan in force."""

    reason = 36


class PlanOlder(PlanError):
    """Its revision is not above the revision in force."""

    reason = 37


class PlanWrongAthlete(PlanError):
    """It is tagged for another athlete than the device's."""

    reason = 38


class PlanExpired(PlanError):
    """Its expiry lies in the past. Ask the companion for a new one."""

    reason = 39


class PlanLocked(PlanError):
    """It asks for more, and the wearer has felt unwell. Answer a check-in on the device first."""

    reason = 40


REASONS = (
    PlanDamaged,
    PlanVersion,
    PlanOutOfBounds,
    PlanStep,
    PlanOlder,
    PlanWrongAthlete,
    PlanExpired,
    PlanLocked,
)


def reason_text(reason: int) -> str:
    """The one-line meaning of a refusal reason from 32 up; "" for others."""
    for cause in REASONS:
        if cause.reason == reason:
            return cause.__doc__ if cause.__doc__ else cause.__name__
    return ""


class Item:
    """One exercise. Loads in grams (multiples of 10), tempo in tenths of a second (0: free).

    `angle_low` to `angle_high`: degrees away from its beginning that a repetition is to reach (both 0: any).
    """

    angle_low = 0  # the device's memory pays for these where an item has them
    angle_high = 0

    def __init__(
        self,
        exercise: int,
        sets: int,
        reps_low: int,
        reps_high: int,
        load_g: int = 0,
        rest_s: int = 120,
        rest_until_bpm: int = 0,
        eccentric_ds: int = 0,
        pause_ds: int = 0,
        concentric_ds: int = 0,
        velocity_loss_percent: int = 0,
        flags: int = 0,
        angle_low: int = 0,
        angle_high: int = 0,
    ) -> None:
        self.exercise = exercise
        self.sets = sets
        self.reps_low = reps_low
        self.reps_high = reps_high
        self.load_g = load_g
        self.rest_s = rest_s
        self.rest_until_bpm = rest_until_bpm
        self.eccentric_ds = eccentric_ds
        self.pause_ds = pause_ds
        self.concentric_ds = concentric_ds
        self.velocity_loss_percent = velocity_loss_percent
        self.flags = flags
        if angle_low or angle_high:
            self.angle_low = angle_low
            self.angle_high = angle_high


class Plan:
    """One session. `athlete` is a 32-bit tag (0: any), times are unix seconds (expires_s 0: never)."""

    def __init__(
        self,
        revision: int,
        items: list[Item],
        name: str = "",
        athlete: int = 0,
        issued_s: int = 0,
        expires_s: int = 0,
        resting_bpm: int = 0,
        max_bpm: int = 0,
        strain_cap_x10: int = 0,
    ) -> None:
        self.revision = revision
        self.items = items
        self.name = name
        self.athlete = athlete
        self.issued_s = issued_s
        self.expires_s = expires_s
        self.resting_bpm = resting_bpm
        self.max_bpm = max_bpm
        self.strain_cap_x10 = strain_cap_x10


def encode(plan: Plan) -> bytes:
    """The plan as bytes, CRC included. Bounds are checked first: nothing out of bounds is ever sent."""
    check(plan)
    name = plan.name.encode()
    version = ANGLES if any(item.angle_high for item in plan.items) else VERSION
    parts = [
        struct.pack(
            HEAD,
            MAGIC,
            version,
            plan.revision,
            plan.athlete,
            plan.issued_s,
            plan.expires_s,
            plan.resting_bpm,
            plan.max_bpm,
            plan.strain_cap_x10,
            len(plan.items),
        ),
        bytes((len(name),)),
        name,
    ]
    for item in plan.items:
        parts.append(
            struct.pack(
                ITEM,
                item.exercise,
                item.sets,
                item.reps_low,
                item.reps_high,
                item.load_g // 10,
                item.rest_s,
                item.rest_until_bpm,
                item.eccentric_ds,
                item.pause_ds,
                item.concentric_ds,
                item.velocity_loss_percent,
                item.flags,
            )
        )
        if version == ANGLES:
            parts.append(bytes((item.angle_low, item.angle_high)))
    body = b"".join(parts)
    return body + struct.pack("<I", crc32(body) & 0xFFFFFFFF)


def decode(data: bytes) -> Plan:
    """The plan in `data`, bounds checked. PlanDamaged, PlanVersion or PlanOutOfBounds otherwise."""
    head = struct.calcsize(HEAD)
    if len(data) < head + 5 or data[0] != MAGIC:
        raise PlanDamaged("not a plan: %d bytes" % len(data))
    if data[1] not in (VERSION, ANGLES):
        raise PlanVersion("plan format %d: this end reads %d and %d" % (data[1], VERSION, ANGLES))
    (crc,) = struct.unpack_from("<I", data, len(data) - 4)
    if crc32(memoryview(data)[: len(data) - 4]) & 0xFFFFFFFF != crc:
        raise PlanDamaged("the plan's checksum does not fit: it was changed on the way")
    _, _, revision, athlete, issued_s, expires_s, resting, top, strain, count = struct.unpack_from(
        HEAD, data, 0
    )
    at = head + 1 + data[head]
    form = ANGLE_ITEM if data[1] == ANGLES else ITEM
    size = struct.calcsize(form)
    if len(data) != at + count * size + 4:
        raise PlanDamaged("the plan has %d bytes for %d items" % (len(data), count))
    try:
        name = bytes(data[head + 1 : at]).decode()
    except UnicodeError:
        raise PlanDamaged("the plan's name is not text")
    items = []
    for _ in range(count):
        values = list(struct.unpack_from(form, data, at))
        values[4] *= 10
        items.append(Item(*values))
        at += size
    plan = Plan(revision, items, name, athlete, issued_s, expires_s, resting, top, strain)
    check(plan)
    return plan


def _bound(field: str, value: int, where: str) -> None:
    low, high = LIMITS[field]
    if not low <= value <= high:
        raise PlanOutOfBounds("%s%s is %d, allowed is %d to %d" % (where, field, value, low, high))


def check(plan: Plan) -> None:
    """PlanOutOfBounds unless every number is within LIMITS and each range runs upward."""
    if len(plan.name.encode()) > NAME_MAX:
        raise PlanOutOfBounds("the name has more than %d bytes" % NAME_MAX)
    _bound("items", len(plan.items), "")
    _bound("resting_bpm", plan.resting_bpm, "")
    _bound("max_bpm", plan.max_bpm, "")
    _bound("strain_cap_x10", plan.strain_cap_x10, "")
    if plan.max_bpm and plan.max_bpm <= plan.resting_bpm:
        raise PlanOutOfBounds("max_bpm %d is not above resting_bpm %d" % (plan.max_bpm, plan.resting_bpm))
    total = 0
    for number, item in enumerate(plan.items):
        where = "item %d: " % (number + 1)
        for field in LIMITS:
            if field not in ("items", "resting_bpm", "max_bpm", "strain_cap_x10", "total_sets"):
                _bound(field, getattr(item, field), where)
        if item.reps_low > item.reps_high:
            raise PlanOutOfBounds(
                "%sreps_low %d is above reps_high %d" % (where, item.reps_low, item.reps_high)
            )
        if item.angle_high and item.angle_high - item.angle_low < NARROWEST_ANGLE:
            raise PlanOutOfBounds(
                "%sangle_high %d is not %d degrees above angle_low %d"
                % (where, item.angle_high, NARROWEST_ANGLE, item.angle_low)
            )
        if item.angle_low and not item.angle_high:
            raise PlanOutOfBounds("%sangle_low %d needs an angle_high" % (where, item.angle_low))
        if item.load_g % 10:
            raise PlanOutOfBounds("%sload_g %d is not a multiple of 10" % (where, item.load_g))
        total += item.sets
    _bound("total_sets", total, "")


def check_step(plan: Plan, current: Plan | None, athlete: int = 0, locked: int = 0) -> None:
    """PlanOlder, PlanWrongAthlete, PlanStep unless `plan` may follow `current`, the plan in force.

    `locked`: the wearer has felt unwell; PlanLocked where a load or the number of sets rises.
    """
    if athlete and plan.athlete and plan.athlete != athlete:
        raise PlanWrongAthlete(
            "the plan is for athlete %08x, this device is %08x's" % (plan.athlete, athlete)
        )
    if current is None:
        return
    if plan.revision <= current.revision:
        raise PlanOlder("revision %d is not above %d, which is in force" % (plan.revision, current.revision))
    if locked and total_sets(plan) > total_sets(current):
        raise PlanLocked("%d sets are more than %d" % (total_sets(plan), total_sets(current)))
    for item in plan.items:
        before = -1
        for old in current.items:
            if old.exercise == item.exercise and old.flags & WARM_UP == item.flags & WARM_UP:
                before = max(before, old.load_g)
        if locked and 0 <= before < item.load_g:
            raise PlanLocked("exercise %d rises from %d g to %d g" % (item.exercise, before, item.load_g))
        if before > 0 and item.load_g > max(before + before * STEP_PERCENT // 100, before + STEP_G):
            raise PlanStep(
                "exercise %d rises from %d g to %d g: more than %d %% and %d g"
                % (item.exercise, before, item.load_g, STEP_PERCENT, STEP_G)
            )


def total_sets(plan: Plan) -> int:
    """Sets of all its items."""
    return sum([item.sets for item in plan.items])


def check_time(plan: Plan, unix_s: int) -> None:
    """PlanExpired when `unix_s` (0: clock unknown, not checked) is past the expiry."""
    if unix_s and plan.expires_s and unix_s > plan.expires_s:
        raise PlanExpired("the plan ended %d s ago" % (unix_s - plan.expires_s))
