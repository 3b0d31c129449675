"""Meanings of the codes that pages show, in English; `i18n.vocabulary` has them translated."""

from __future__ import annotations

from repbeat.coach.acts import APPROVE, COMMENT, EDIT, LIGHTER, REJECT
from repbeat.coach.rules import Outcome
from repbeat.coach.safety import Sign
from repbeat.coach.session_rules import Kind
from repbeat.community import amounts, boards
from repbeat.community.errors import BadEntry, BadInvite, Blocked, CommunityError, NotAMember, TooMany
from repbeat.community.shared.errors import PlainAddress, UnknownCode, Unreachable
from repbeat.community.summary import NotSigned
from repbeat.derive.readiness import State
from repbeat.gym.calibration import BadCalibration
from repbeat.interop import errors as interop
from repbeat.people import errors as people
from repbeat.people.band import BadBand
from repbeat.services.errors import BadConnection, NotConnected, ServiceError
from repbeat.store import plans
from repbeat.store.errors import NotFound, StoreError
from repbeat.webhooks import book
from repbeat.webhooks.errors import BadTarget, TooManyWebhooks
from repbeat_protocol import live as wire

FIELDS = {
    "load_g": "load",
    "sets": "sets",
    "reps_low": "lower repetitions",
    "reps_high": "upper repetitions",
    "rest_s": "rest",
}

PHASES = {
    wire.IDLE: "Idle",
    wire.READY: "Ready for the next set",
    wire.IN_SET: "In a set",
    wire.REST: "Rest",
    wire.DONE: "Session done",
    wire.QUESTION: "Question to answer",
    wire.BREATHING: "Paced breathing",
}

FORM_BITS = {1: "partial", 2: "fast", 4: "turn", 8: "uneven", 16: "abrupt", 32: "asymmetric"}

PLAN_STATUS = {
    plans.PROPOSED: "waits for approval",
    plans.PENDING: "ready for the device",
    plans.PUSHED: "on the device, applied before the next set",
    plans.APPLIED: "in force on the device",
    plans.REFUSED: "refused",
    plans.SUPERSEDED: "replaced",
}

BOARDS = {
    boards.CONSISTENCY: "Consistency: planned weeks kept",
    boards.IMPROVEMENT: "Improvement over oneself, in four weeks",
    boards.EFFORT: "Hard minutes against one’s own usual",
}

COUNTS = {
    amounts.SESSIONS: "Sessions",
    amounts.SETS: "Sets",
    amounts.REPETITIONS: "Repetitions",
    amounts.MINUTES: "Minutes of training",
}

EVENTS = {
    book.SESSION_ENDED: "a session has ended",
    book.PLAN_PROPOSED: "a plan waits for approval",
    book.PLAN_APPLIED: "a plan is in force on the device",
    book.PLAN_REFUSED: "a device refused a plan",
    book.PING: "a test",
}

# How a delivery stands, and why it has not arrived.
DELIVERIES = ("waiting", "retrying", "delivered", "given up", *book.PROBLEMS)

FIGURES = {
    "sessions": "Sessions a member",
    "active_minutes": "Minutes trained a member",
    "kept_share": "Share of members who kept their plan",
    "check_ins": "Morning check-ins a member",
}

BADGES = {
    "sessions": "Sessions",
    "kept_weeks": "Weeks kept in a row",
    "tonnes": "Tonnes moved",
    "repetitions": "Repetitions",
    "records": "Personal records",
    "exercises": "Different exercises",
    "deload": "Lighter weeks kept",
    "check_ins": "Morning check-ins",
}

DAYS_OFF = {"ill": "Ill", "hurt": "Hurt", "travelling": "Travelling", "life": "Life"}

RECOVERY = {
    "massage": "Massage",
    "foam_roller": "Foam roller",
    "sauna": "Sauna",
    "cold_water": "Cold water",
    "compression": "Compression",
    "percussion": "Percussion device",
    "stretching": "Stretching",
    "breathing": "Paced breathing",
    "physiotherapy": "Physiotherapy",
    "nap": "Nap",
    "other": "Something else",
}

# The English messages of errors name their cause; in other languages each kind has one sentence.
ERRORS: dict[type[Exception], str] = {
    NotFound: "This is not here, or not yours to see: ask the athlete for consent.",
    people.BadName: "A name has 1 to 64 characters, none of them invisible.",
    people.NameTaken: "Somebody has this name already: choose another one.",
    people.WeakPassword: "This password is too easily guessed: at least 10 characters, without the name.",
    people.WrongPassword: "Name and password do not belong together.",
    people.Throttled: "Too many tries: wait a little and try again.",
    people.WrongSetupCode: "This is not the code that the companion printed when it started.",
    people.LastAdministrator: "This is the only administrator: make another account one first.",
    people.UnknownScope: "Choose to whom and for what.",
    BadCalibration: "The first plate has up to 100 kg, a further one up to 50; the other plate is 2 to 40.",
    BadBand: "Look at the times, numbers and patterns: something of it no band can follow.",
    people.BadPreference: "There is no such language, unit or time zone.",
    people.KeyUnavailable: "The key of the heart data cannot be had: see the companion’s log.",
    BadInvite: "This invitation is over or was never given: ask for another link.",
    NotAMember: "This is for members of the group.",
    Blocked: "This athlete takes no notes from you.",
    TooMany: "That were enough notes for today.",
    BadEntry: "Look at what was entered: something of it cannot be.",
    UnknownCode: "No shared session has this code: ask for it again, letter by letter.",
    PlainAddress: "Give an address that begins with https://: what is said could be read on its way.",
    Unreachable: "The other companion does not answer: look at the address and try again.",
    NotSigned: "This is no result that a companion signed, or it was changed afterwards: do not believe it.",
    CommunityError: "The other companion cannot be understood or believed.",
    BadConnection: "The service does not know you by what was entered: look at it again.",
    NotConnected: "This service is not connected.",
    ServiceError: "The service does not do now: try again later.",
    interop.UnknownFormat: "The file is of no kind that is read here.",
    interop.DamagedFile: "The file is damaged or cut off: copy it again from where it came.",
    interop.NothingInside: "The file is whole, but holds no heart rate, no night and no set.",
    interop.Undated: "The device never knew the date: nobody can say when the session was.",
    interop.TooLarge: "The file is larger than one of its kind ever is.",
    interop.OwnExport: "A whole export of RepBeat is taken in by whoever runs the companion: repbeat import.",
    interop.ImportRefused: "The file is not taken in.",
    BadTarget: "Nothing is sent to this address: give the whole https address of a server in the internet.",
    TooManyWebhooks: "You have as many webhooks as an account may: take one away first.",
    StoreError: "The store cannot answer now: see the companion’s log.",
}

TITLES = {
    400: "That cannot be read",
    401: "Not signed in",
    403: "Not for you",
    404: "Not here",
    405: "Not that way",
    409: "That does not go together",
    413: "Too large",
    422: "That does not fit",
    429: "Too many requests",
    500: "That failed",
    503: "Not now",
}
SENTENCES = {
    400: "The form was not this page’s, or too old: go back and reload it.",
    401: "Sign in first.",
    403: "This needs a role that you do not have: ask an administrator.",
    404: "There is nothing at this address.",
    429: "Wait a moment and try again.",
    500: "An error of RepBeat’s own: its log says where.",
}

# What a heart rate zone feels like; the talk test for those who train by feel.
EFFORTS = {
    1: "easy, you can talk",
    2: "steady, in short sentences",
    3: "brisk, a few words at a time",
    4: "hard",
    5: "as hard as it goes",
}

KINDS = {
    Kind.FULL: "The session at full",
    Kind.REDUCED: "Fewer sets",
    Kind.LIGHT: "The light session",
    Kind.DELOAD: "A lighter week",
}

SIGNS = {
    Sign.CHEST: "discomfort in the chest, jaw or arm",
    Sign.BREATHLESS: "short of breath at rest or with little effort",
    Sign.FAINTING: "dizziness or fainting",
    Sign.LYING_BREATHLESS: "short of breath lying down or at night",
    Sign.ANKLES: "swollen ankles",
    Sign.PALPITATIONS: "palpitations or a racing heart",
    Sign.LEG_PAIN: "pain in the legs when walking",
    Sign.MURMUR: "a known heart murmur",
    Sign.FATIGUE: "unusual tiredness with everyday things",
    Sign.UNWELL: "feeling unwell",
}

HEALTH = {
    "active": "I have trained on about three days a week for three months",
    "known_disease": "I have a disease of the heart, the metabolism (as diabetes) or the kidneys",
    "beta_blocker": "I take a beta-blocker",
    "pacemaker": "I have a pacemaker",
    "pregnant": "I am pregnant, or was within the last months",
    "cleared": "A physician or midwife has agreed since",
}

# The rules by the ids that proposals keep.
RULES = {
    "double_progression": "all sets to the top first, then more load",
    "reps_progression": "a repetition more where no step of load fits",
    "reps_limit": "as many repetitions as the plan asks for at most",
    "two_failures": "a smaller load after two sessions below the range",
    "unsure_count": "no change from a count that is not sure",
    "week_cap": "no more than a bounded rise in a week",
    "forecast": "a rise that is not likely to go well waits",
    "readiness": "no rise while recovery is poor",
    "red_flag": "no rise while you feel unwell",
    "sets_cut": "fewer sets when two signs of poor recovery agree",
    "light": "the light session when recovery is clearly poor",
    "deload": "a lighter week",
    "restore": "back to the plan after a lighter spell",
}

# Where a value of the morning comes from, where that is no device.
SOURCES = {
    "check-in": "your check-in",
    "session": "your last session",
    "apple_health": "Apple Health",
    "csv": "a CSV file",
}

# What a rule for an exercise looked at, in the order in which a page tells it.
INPUTS = {
    "reps": "Repetitions done",
    "loads_g": "Loads lifted",
    "asked": "Sets and repetitions asked for",
    "outcome": "How it went",
    "failures": "Sessions below the range, in a row",
    "week_ago_g": "Load asked for a week ago",
    "week_ago_reps": "Repetitions asked for a week ago, at most",
    "week_percent": "Largest rise within a week",
    "plate_g": "Smallest step of load",
    "readiness": "Readiness that day",
    "red_flag": "Felt unwell, not cleared",
    "chance": "Chance that the raised load goes well",
    "chance_sessions": "Sessions that this chance is learned from",
}

OUTCOMES = {
    Outcome.TOP: "every set reached the top of the range",
    Outcome.FAILED: "a set ended below the range",
    Outcome.HELD: "within the range, not yet at its top",
    Outcome.UNKNOWN: "not counted surely enough",
}

ESTIMATES = {
    "ln_rmssd": "usual heart rate variability, ln RMSSD",
    "resting_bpm": "usual resting heart rate, bpm",
    "asleep_min": "usual sleep, min",
    "recovery_bpm": "fall of the heart rate a minute after a set, bpm",
    "response": "gain of a usual session, ln",
    "fatigue": "fatigue of a usual session, ln",
    "clearing_days": "fatigue clears in, days",
}

FORECASTS = {"readiness": "Tomorrow’s readiness", "load": "Reaching the top of the range"}

GOALS = {
    "begin": "To begin with",
    "strength": "Strength",
    "muscle": "Muscle",
    "endurance": "Endurance and running",
    "mobility": "Mobility",
    "life": "For a time of life, or seated",
    "": "Others",
}

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

CHECK_IN = {
    "sleep": ("How did you sleep?", "badly", "very well"),
    "fatigue": ("How fresh are you?", "worn out", "fresh"),
    "soreness": ("How do your muscles feel?", "very sore", "not sore"),
    "stress": ("How calm are you?", "very stressed", "calm"),
    "mood": ("How is your mood?", "low", "very good"),
}

READINESS = {
    State.GREEN: "Ready",
    State.AMBER: "Take it easier",
    State.RED: "Recover first",
    State.UNKNOWN: "Not known yet",
}


def plain(slug: str) -> str:
    """A name as a heading: "bench_press" is "Bench press"."""
    return slug.replace("_", " ").replace("-", " ").capitalize()


# A band's cues, in the order in which a page asks about them.
CUES = {
    "set_start": "The set may begin",
    "set_done": "Repetitions reached: the set is done",
    "countdown": "The rest ends in ten seconds",
    "rest_over": "The rest is over",
    "zone_exit": "The heart has left the zones",
    "form": "The repetition was partial, or lowered too fast",
    "not_far": "The limb turned before the range",
    "too_far": "The limb went past the range",
    "strain_cap": "The day’s strain limit is reached",
    "nudge": "Sitting for long: get up",
    "ready": "A session begins",
    "session_done": "A session is done",
    "breathe_in": "Breathe in",
    "breathe_out": "Breathe out",
    "question": "A question",
    "answered": "An answer was heard",
    "plan_applied": "A new plan is in force",
    "refused": "What was asked is not possible now",
    "low_battery": "The battery is low",
    "help": "“I feel unwell” was heard",
}
PATTERNS = {
    "off": "not at all",
    "80": "one short",
    "80 100 80": "two short",
    "600": "one long",
    "600 200 600": "two long",
    "1500": "very long",
}

# What the log of an athlete's data says that somebody did, and of what.
ACTIONS = (
    *("saw", "gave consent", "revoked consent", "changed visibility", "set a plan"),
    *("exported everything", "exported", "range of motion"),
    *("connected a service", "disconnected a service", "changed", "decided", "cleared a red flag"),
    *("coach required", "coach not required", "heart rates", "account", "group", "gym"),
    *(APPROVE, EDIT, REJECT, COMMENT, LIGHTER),
    "service",
)
