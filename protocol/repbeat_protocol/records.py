"""Records: what the device's log holds and the companion keeps, byte for byte.

A record is a 10-byte header, a payload of 0-240 bytes, and a CRC-32 seeded with the record's
sequence number. The sequence itself is not in the record: the log's sector header and the DATA
frame say where counting starts, and the CRC fails when a reader has it wrong.

All numbers are little-endian. A first byte of 0xFF is erased flash, 0x00 is torn bytes zeroed.
"""

import struct
from binascii import crc32

BOOT = 1
TIME = 2
HEART = 3
RR = 4
REP = 5
SET = 6
SESSION = 7
STRAIN = 8
REST = 9
CHECKIN = 10
PLAN_APPLIED = 11
BATTERY = 12
FAULT = 13
LOSS = 14
RAW_WINDOW = 15
STEPS = 16
RECOVERY = 17
BREATHING = 18
CALIBRATION = 19
ANGLE = 20

NAMES = {
    BOOT: "BOOT",
    TIME: "TIME",
    HEART: "HEART",
    RR: "RR",
    REP: "REP",
    SET: "SET",
    SESSION: "SESSION",
    STRAIN: "STRAIN",
    REST: "REST",
    CHECKIN: "CHECKIN",
    PLAN_APPLIED: "PLAN_APPLIED",
    BATTERY: "BATTERY",
    FAULT: "FAULT",
    LOSS: "LOSS",
    RAW_WINDOW: "RAW_WINDOW",
    STEPS: "STEPS",
    RECOVERY: "RECOVERY",
    BREATHING: "BREATHING",
    CALIBRATION: "CALIBRATION",
    ANGLE: "ANGLE",
}

ZEROED = 0x00
ERASED = 0xFF
HEADER = "<BBBHIB"  # type, version, payload length, boot id, uptime_ms low 32 bits, high 8 bits
HEADER_SIZE = 10
CRC_SIZE = 4
OVERHEAD = HEADER_SIZE + CRC_SIZE
MAX_PAYLOAD = 240
MAX_RECORD = MAX_PAYLOAD + OVERHEAD

# Fixed payloads: (field, struct code) in wire order. A trailing "*" is "the rest of the payload".
# A layout is never changed: a new version is added and the old one stays readable for ever.
LAYOUTS = {
    (BOOT, 1): (
        ("reset_cause", "B"),
        ("firmware_major", "B"),
        ("firmware_minor", "B"),
        ("firmware_patch", "B"),
        ("torn_bytes", "H"),
    ),
    (TIME, 1): (
        ("unix_ms", "q"),
        ("uncertainty_ms", "H"),
        ("utc_offset_min", "h"),
        ("source", "B"),
    ),
    (HEART, 1): (
        ("first_ago_ms", "I"),
        ("samples", "B"),
        ("source", "B"),
        ("codes", "*"),
    ),
    (RR, 1): (
        ("last_ago_ms", "H"),
        ("source", "B"),
        ("intervals", "*"),
    ),
    (REP, 1): (
        ("session_seq", "I"),
        ("exercise", "H"),
        ("set_index", "B"),
        ("rep_index", "B"),
        ("end_ago_ms", "H"),
        ("concentric_ms", "H"),
        ("pause_ms", "H"),
        ("eccentric_ms", "H"),
        ("range_mg", "H"),
        ("range_permille", "H"),
        ("mean_velocity_mm_s", "H"),
        ("peak_velocity_mm_s", "H"),
        ("form_bits", "H"),
        ("confidence", "B"),
        ("reject_reason", "B"),
    ),
    (REP, 2): (
        ("session_seq", "I"),
        ("exercise", "H"),
        ("set_index", "B"),
        ("rep_index", "B"),
        ("end_ago_ms", "H"),
        ("concentric_ms", "H"),
        ("pause_ms", "H"),
        ("eccentric_ms", "H"),
        ("range_mg", "H"),
        ("range_permille", "H"),
        ("mean_velocity_mm_s", "H"),
        ("peak_velocity_mm_s", "H"),
        ("form_bits", "H"),
        ("confidence", "B"),
        ("reject_reason", "B"),
        ("range_mm", "H"),
        ("rep_load_dag", "H"),
        ("power_w", "H"),
    ),
    (SET, 1): (
        ("session_seq", "I"),
        ("plan_revision", "I"),
        ("exercise", "H"),
        ("set_index", "B"),
        ("plan_item", "B"),
        ("reps", "B"),
        ("reps_low", "B"),
        ("reps_high", "B"),
        ("rejected", "B"),
        ("load_dag", "H"),
        ("end_ago_ms", "I"),
        ("duration_ms", "I"),
        ("rest_before_s", "H"),
        ("velocity_loss_permille", "H"),
        ("form_partial", "B"),
        ("form_fast", "B"),
        ("form_turn", "B"),
        ("form_uneven", "B"),
        ("form_abrupt", "B"),
        ("form_asymmetric", "B"),
        ("end_reason", "B"),
    ),
    (SET, 2): (
        ("session_seq", "I"),
        ("plan_revision", "I"),
        ("exercise", "H"),
        ("set_index", "B"),
        ("plan_item", "B"),
        ("reps", "B"),
        ("reps_low", "B"),
        ("reps_high", "B"),
        ("rejected", "B"),
        ("load_dag", "H"),
        ("end_ago_ms", "I"),
        ("duration_ms", "I"),
        ("rest_before_s", "H"),
        ("velocity_loss_permille", "H"),
        ("form_partial", "B"),
        ("form_fast", "B"),
        ("form_turn", "B"),
        ("form_uneven", "B"),
        ("form_abrupt", "B"),
        ("form_asymmetric", "B"),
        ("end_reason", "B"),
        ("plan_flags", "B"),
        ("rest_planned_s", "H"),
        ("rest_end", "B"),
        ("recognised", "H"),
        ("recognised_percent", "B"),
    ),
    (SESSION, 1): (
        ("event", "B"),
        ("session_seq", "I"),
        ("plan_revision", "I"),
        ("resting_bpm", "B"),
        ("max_bpm", "B"),
        ("sets", "B"),
        ("reps", "H"),
        ("duration_s", "I"),
        ("rpe", "B"),
    ),
    (STRAIN, 1): (
        ("session_seq", "I"),
        ("resting_bpm", "B"),
        ("max_bpm", "B"),
        ("zone0_s", "I"),
        ("zone1_s", "I"),
        ("zone2_s", "I"),
        ("zone3_s", "I"),
        ("zone4_s", "I"),
        ("zone5_s", "I"),
        ("trimp_x100", "I"),
        ("strain_x10", "B"),
        ("strain_version", "B"),
        ("muscular_x10", "I"),
    ),
    (STRAIN, 2): (
        ("session_seq", "I"),
        ("resting_bpm", "B"),
        ("max_bpm", "B"),
        ("zone0_s", "I"),
        ("zone1_s", "I"),
        ("zone2_s", "I"),
        ("zone3_s", "I"),
        ("zone4_s", "I"),
        ("zone5_s", "I"),
        ("trimp_x100", "I"),
        ("strain_x10", "B"),
        ("strain_version", "B"),
        ("muscular_x10", "I"),
        ("curve", "B"),
        ("zone1_bpm", "B"),
        ("zone2_bpm", "B"),
        ("zone3_bpm", "B"),
        ("zone4_bpm", "B"),
        ("zone5_bpm", "B"),
    ),
    (REST, 1): (
        ("start_ago_s", "I"),
        ("duration_s", "I"),
        ("kind", "B"),
        ("resting_bpm", "B"),
        ("rmssd_x10", "H"),
        ("breaths_x10", "H"),
        ("kept_permille", "H"),
    ),
    (CHECKIN, 1): (
        ("sleep", "B"),
        ("fatigue", "B"),
        ("soreness", "B"),
        ("stress", "B"),
        ("mood", "B"),
        ("unwell", "B"),
    ),
    (PLAN_APPLIED, 1): (
        ("revision", "I"),
        ("previous_revision", "I"),
        ("outcome", "B"),
        ("reason", "B"),
        ("digest8", "Q"),
    ),
    (BATTERY, 1): (
        ("millivolts", "H"),
        ("percent", "B"),
        ("charging", "B"),
    ),
    (FAULT, 1): (
        ("code", "H"),
        ("detail", "*"),
    ),
    (LOSS, 1): (
        ("first_seq", "I"),
        ("count", "I"),
        ("what", "B"),
    ),
    (RAW_WINDOW, 1): (
        ("rep_seq", "I"),
        ("part", "B"),
        ("parts", "B"),
        ("first_ago_ms", "I"),
        ("interval_ms", "B"),
        ("channels", "B"),
        ("samples", "*"),
    ),
    (RAW_WINDOW, 2): (
        ("rep_seq", "I"),
        ("part", "B"),
        ("parts", "B"),
        ("first_ago_ms", "I"),
        ("interval_ms", "B"),
        ("channels", "B"),
        ("rows", "B"),
        ("codes", "*"),
    ),
    (STEPS, 1): (
        ("span_s", "H"),
        ("steps", "H"),
        ("cadence_x10", "H"),
        ("cv_permille", "H"),
    ),
    (RECOVERY, 1): (
        ("session_seq", "I"),
        ("set_index", "B"),
        ("start_ago_s", "B"),
        ("drop_bpm", "B"),
    ),
    (BREATHING, 1): (
        ("session_seq", "I"),
        ("paced_s", "H"),
        ("breaths_x10", "B"),
        ("before_bpm_x10", "H"),
        ("before_rmssd_x10", "H"),
        ("before_kept_permille", "H"),
        ("after_bpm_x10", "H"),
        ("after_rmssd_x10", "H"),
        ("after_kept_permille", "H"),
    ),
    (CALIBRATION, 1): (
        ("stage", "B"),
        ("outcome", "B"),
        ("reading", "h"),
        ("plate", "B"),
        ("top_mm", "h"),
        ("step_um", "i"),
        ("first_dag", "H"),
        ("step_dag", "H"),
        ("range_mm", "H"),
    ),
    (ANGLE, 1): (
        ("session_seq", "I"),
        ("exercise", "H"),
        ("set_index", "B"),
        ("angle_low", "B"),
        ("angle_high", "B"),
        ("below", "B"),
        ("within", "B"),
        ("above", "B"),
        ("unsure", "B"),
        ("reached_mean", "B"),
        ("reached_most", "B"),
    ),
}

UNKNOWN_U8 = 255  # an answer not given (rpe, a check-in item), a plan item not from a plan

SESSION_START = 1
SESSION_END = 2

SOURCE_OPTICAL = 1
SOURCE_STRAP = 2
SOURCE_ECG = 3

END_TARGET = 1  # the set reached the top of its repetition range
END_STILL = 2  # no repetition for long enough
END_BUTTON = 3
END_VELOCITY = 4  # velocity loss reached the plan's threshold
END_UNWELL = 5

# Why the rest before a set was over (SET, from version 2)
REST_NONE = 0  # the session's first set, or no rest was planned
REST_TIME = 1  # its time was up
REST_HEART = 2  # prolonged, until the heart rate had fallen
REST_LONGEST = 3  # prolonged to the longest, and the heart had not come down
REST_EARLY = 4  # the athlete began before it was over

# What a calibration waits for or has measured (CALIBRATION, stage)
PIN_FIRST = 1  # the selector pin in the first plate
PIN_OTHER = 2  # and in the other one
SLOW_REP = 3
CALIBRATED = 4  # all is measured and in force
CELL_EMPTY = 5  # on a machine with a load cell: the cable hangs loose
CELL_REP = 6  # and a slow repetition with a known load

# What came of it (CALIBRATION, outcome); after all but MEASURED, LEFT and NOT_KEPT the stage goes on
WAITS = 0
MEASURED = 1
NOT_STILL = 2
UNSEEN = 3
NO_STEP = 4  # the flag is not where another plate can be
TOO_FAST = 5
LEFT = 6  # given up, or nobody went on
NOT_KEPT = 7  # the device's flash did not take it
NO_LOAD = 8  # the load cell is silent, or bears nothing

CURVE_NEUTRAL = 0  # of the Banister impulse: the mean of the two (STRAIN, from version 2)
CURVE_MEN = 1
CURVE_WOMEN = 2

NO_SESSION = 0xFFFFFFFF  # instead of a session's number: it was outside any

APPLIED = 1
REFUSED = 2

REST_KIND_REST = 1
REST_KIND_SLEEP = 2

LOST_RAW = 1
LOST_DETAIL = 2


class RecordError(ValueError):
    """A record cannot be read; each cause is a subclass."""


class TornRecord(RecordError):
    """The bytes end before the record does, or a length is impossible: a write was cut short."""


class BadChecksum(RecordError):
    """The CRC does not fit these bytes at this sequence number: fetch the record again."""


class BadPayload(RecordError):
    """A known type and version whose payload has another size than its layout."""


def checksum(seq: int, data: bytes | memoryview) -> int:
    """CRC-32 over the sequence number as a u32, then `data`."""
    return crc32(data, crc32(struct.pack("<I", seq))) & 0xFFFFFFFF


def encode_into(
    buf: bytearray, offset: int, seq: int, kind: int, version: int, boot: int, uptime_ms: int, payload: bytes
) -> int:
    """Write one record at `offset` of `buf`; return its size. Payload at most 240 bytes."""
    n = len(payload)
    if n > MAX_PAYLOAD:
        raise BadPayload("payload of %d bytes: split it, a record holds %d" % (n, MAX_PAYLOAD))
    struct.pack_into(
        HEADER, buf, offset, kind, version, n, boot, uptime_ms & 0xFFFFFFFF, (uptime_ms >> 32) & 0xFF
    )
    body = offset + HEADER_SIZE
    buf[body : body + n] = payload
    struct.pack_into("<I", buf, body + n, checksum(seq, memoryview(buf)[offset : body + n]))
    return n + OVERHEAD


def encode(seq: int, kind: int, version: int, boot: int, uptime_ms: int, payload: bytes) -> bytes:
    """One record as bytes."""
    buf = bytearray(len(payload) + OVERHEAD)
    encode_into(buf, 0, seq, kind, version, boot, uptime_ms, payload)
    return bytes(buf)


def size_at(buf: bytes, offset: int, limit: int) -> int:
    """Size of the record that starts at `offset`, from its header alone; TornRecord if it does not fit."""
    if offset + OVERHEAD > limit:
        raise TornRecord("only %d bytes left: a record needs %d" % (limit - offset, OVERHEAD))
    kind = buf[offset]
    n = buf[offset + 2]
    if kind in (ZEROED, ERASED) or n > MAX_PAYLOAD or offset + n + OVERHEAD > limit:
        raise TornRecord("no whole record at offset %d" % offset)
    return n + OVERHEAD


def verify(buf: bytes, offset: int, limit: int, seq: int) -> int:
    """Size of the whole, undamaged record `seq` at `offset`; TornRecord or BadChecksum otherwise."""
    size = size_at(buf, offset, limit)
    end = offset + size - CRC_SIZE
    (wanted,) = struct.unpack_from("<I", buf, end)
    if checksum(seq, memoryview(buf)[offset:end]) != wanted:
        raise BadChecksum("record %d is damaged: fetch it again" % seq)
    return size


def decode(raw: bytes, seq: int) -> tuple[int, int, int, int, bytes]:
    """(type, version, boot id, uptime_ms, payload) of one whole record; unknown types are read too."""
    size = verify(raw, 0, len(raw), seq)
    kind, version, _, boot, low, high = struct.unpack_from(HEADER, raw, 0)
    return kind, version, boot, (high << 32) | low, bytes(raw[HEADER_SIZE : size - CRC_SIZE])


def layout_format(kind: int, version: int) -> str:
    """struct format of the fixed part of a payload; KeyError for an unknown type or version."""
    return "<" + "".join([code for _, code in LAYOUTS[(kind, version)] if code != "*"])


def pack(kind: int, version: int, values: tuple[object, ...], tail: bytes = b"") -> bytes:
    """Payload from values in layout order; `tail` fills a trailing "*" field."""
    return struct.pack(layout_format(kind, version), *values) + tail


def unpack(kind: int, version: int, payload: bytes) -> dict[str, int]:
    """Fixed fields by name. KeyError if type and version are unknown, BadPayload if the payload misfits."""
    layout = LAYOUTS[(kind, version)]
    form = layout_format(kind, version)
    size = struct.calcsize(form)
    open_ended = layout[-1][1] == "*"
    if len(payload) < size or (not open_ended and len(payload) != size):
        raise BadPayload(
            "%s v%d has %d bytes where its layout has %d" % (NAMES[kind], version, len(payload), size)
        )
    values = struct.unpack_from(form, payload, 0)
    return {layout[i][0]: values[i] for i in range(len(values))}


def tail(kind: int, version: int, payload: bytes) -> bytes:
    """What follows the fixed fields of an open-ended payload (HEART codes, a FAULT's detail, samples)."""
    return bytes(payload[struct.calcsize(layout_format(kind, version)) :])
