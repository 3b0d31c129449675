"""Strain: what is shown of a day's load, 0-21, and the muscular load that stands beside it.

The display prices heart rate above quiet waking only: seconds below the gate count nothing, those
above it count Banister's impulse less that of quiet waking. So a day of desk and stairs stays near 0
instead of collecting the heart's idling. The curve is logarithmic, as the published displays are
described; its constants are those of the open variant SCIENCE names B: net 400 is 21.

Both numbers are for display and carry a version; what is stored and added up are the seconds.
"""

from math import log

from device.signal.zones import ZoneClock, impulse_per_min

STRAIN_VERSION = 1
STRAIN_MAX = 21.0

QUIET_PERCENT = 20  # of heart rate reserve: sitting, talking, walking about the house
GATE_PERCENT = 50  # of heart rate reserve: where zone 1 begins
FULL_NET = 400.0  # net impulse of an all-out day
CURVE = 14.0

MUSCULAR_VERSION = 1
EFFORT_UNKNOWN_PERCENT = 80  # sets are commonly ended with two repetitions in reserve
EFFORT_FLOOR_PERCENT = 60


def net_impulse(clock: ZoneClock) -> float:
    """Banister's impulse above quiet waking, of the seconds at or above the gate."""
    reserve = clock.max_bpm - clock.resting_bpm
    quiet = impulse_per_min(QUIET_PERCENT / 100, clock.coefficients)
    total = 0.0
    for step in range((reserve * GATE_PERCENT + 99) // 100, reserve + 1):
        seconds = clock.seconds_at(step)
        if seconds:
            total += seconds * (impulse_per_min(step / reserve, clock.coefficients) - quiet)
    return total / 60


def display(net: float) -> float:
    """Strain 0.0-21.0 of a net impulse; 10, 60, 200, 400 give 2.3, 8.8, 16.1, 21."""
    share = min(net / FULL_NET, 1.0)
    return STRAIN_MAX * log(1 + CURVE * share) / log(1 + CURVE)


def strain_x10(clock: ZoneClock) -> int:
    """Strain of what a clock has counted, 0-210, rounded: the STRAIN record's field."""
    return int(display(net_impulse(clock)) * 10 + 0.5)


def effort_percent(rpe: int | None, velocity_loss_permille: int | None) -> int:
    """How near to failure a set came, 60-100 %: from the perceived exertion 0-10, else the velocity loss.

    RPE 8 is 80 %. A loss of 0, 20, 40 % reads as RPE 6, 8, 10. Our rule: the anchors are that sets to
    failure lose about 40 % (Pareja-Blanco 2017) and that RPE is 10 less the repetitions in reserve.
    """
    if rpe is not None:
        effort = rpe * 10
    elif velocity_loss_permille is not None:
        effort = EFFORT_FLOOR_PERCENT + velocity_loss_permille // 10
    else:
        effort = EFFORT_UNKNOWN_PERCENT
    return max(EFFORT_FLOOR_PERCENT, min(effort, 100))


def set_load_x10(
    reps: int,
    load_dag: int = 0,
    one_rep_max_dag: int = 0,
    rpe: int | None = None,
    velocity_loss_permille: int | None = None,
) -> int:
    """Muscular load of one set, ten times reps * load / one-repetition maximum * effort.

    Loads in decagrams, 0 where unknown. Then the set itself tells its share of the maximum, by Epley's
    formula over the repetitions done and those left in reserve, 30 / (30 + reps + reserve): a set of
    body weight has a load too.
    """
    effort = effort_percent(rpe, velocity_loss_permille)
    if load_dag > 0 and one_rep_max_dag > 0:
        permille = min(1000 * load_dag // one_rep_max_dag, 1000)
    else:
        permille = 30000 // (30 + reps + (100 - effort) // 10)
    return (reps * permille * effort + 5000) // 10000
