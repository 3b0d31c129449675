"""What the athlete feels: patterns of the haptic motor, in ms: on, off, on, …

Every pattern is a word of short and long pulses that no other cue uses, so that it can be told from the
pulses alone; within a word pulses are GAP_MS apart, the motor's queue keeps words further apart.
"""

SHORT_MS = 80
LONG_MS = 300
GAP_MS = 100

SET_START = (80,)
COUNTDOWN = (80, 100, 80)  # the rest ends in COUNTDOWN_S
REST_OVER = (80, 100, 80, 100, 80)  # go
READY = (80, 100, 300)  # a session has begun
FORM = (300,)  # the repetition just done was partial, or lowered too fast
SET_DONE = (300, 100, 300)  # target or velocity threshold reached: put it down
SESSION_DONE = (300, 100, 300, 100, 300)
PLAN_APPLIED = (300, 100, 80)
REFUSED = (80, 100, 80, 100, 300)  # what was asked is not possible now
LOW_BATTERY = (300, 100, 80, 100, 80)
NUDGE = (80, 100, 80, 100, 300, 100, 80)  # sitting for long: get up
STRAIN_CAP = (300, 100, 300, 100, 80)  # the day's strain limit is reached
BREATHE_IN = (80, 100, 300, 100, 80)
BREATHE_OUT = (300, 100, 80, 100, 300)
QUESTION = (80, 100, 300, 100, 300)  # answer by as many presses
ANSWERED = (80, 100, 80, 100, 80, 100, 80)
ZONE_EXIT = (300, 100, 80, 100, 300, 100, 80)  # the heart has left the zones to stay in
NOT_FAR = (80, 100, 80, 100, 80, 100, 300)  # the repetition turned before the plan's angle range
TOO_FAR = (300, 100, 80, 100, 80, 100, 80)  # it has passed the range: go back
HELP = (300, 100, 300, 100, 300, 100, 300)  # "I feel unwell" was heard: stop, and ask somebody for help

PATTERNS = {
    "set_start": SET_START,
    "countdown": COUNTDOWN,
    "rest_over": REST_OVER,
    "ready": READY,
    "form": FORM,
    "set_done": SET_DONE,
    "session_done": SESSION_DONE,
    "plan_applied": PLAN_APPLIED,
    "refused": REFUSED,
    "low_battery": LOW_BATTERY,
    "strain_cap": STRAIN_CAP,
    "nudge": NUDGE,
    "breathe_in": BREATHE_IN,
    "breathe_out": BREATHE_OUT,
    "question": QUESTION,
    "answered": ANSWERED,
    "zone_exit": ZONE_EXIT,
    "not_far": NOT_FAR,
    "too_far": TOO_FAR,
    "help": HELP,
}

MOST_PULSES = 8
RANGE_MS = (20, 2000)  # shorter pulses move no motor


def name_of(pattern: tuple[int, ...]) -> str:
    """Name of a pattern of PATTERNS; "" for another."""
    for name in PATTERNS:
        if PATTERNS[name] == pattern:
            return name
    return ""


def own(text: str) -> tuple[int, ...] | None:
    """A wearer's own pattern from ms in a text, "80 100 300"; None where it is none that can be felt."""
    try:
        pattern = tuple([int(part) for part in text.split()])
    except ValueError:
        return None
    felt = len(pattern) % 2 == 1 and len(pattern) < 2 * MOST_PULSES
    return pattern if felt and all(RANGE_MS[0] <= ms <= RANGE_MS[1] for ms in pattern) else None
