"""What the athlete feels: patterns of the haptic motor, in ms: on, off, on, …

Every pattern is a word of short and long pulses that no other cue uses, so that it can be told from the
pulses alone; within a word pulses are GAP_MS apart, words are kept WORD_GAP_MS apart by the motor's queue.
"""

SHORT_MS = 80
LONG_MS = 300
GAP_MS = 100
WORD_GAP_MS = 400

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
STRAIN_CAP = (300, 100, 300, 100, 80)  # the plan's strain limit is reached

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
}
