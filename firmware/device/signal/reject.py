"""Why a movement that looked like a repetition was not one (REP record, `reject_reason`)."""

ACCEPTED = 0
TOO_SMALL = 1  # weaker, or over a shorter way, than the others
TOO_FAST = 2
TOO_SLOW = 3
NO_RUN = 4  # too few in a row at like pace: racking, un-racking, a bump
WALKING = 5
STILL = 6
UNSEEN = 7  # the sensor did not see all of it
