"""Form flags of a repetition, in the order of the SET record's form counts."""

PARTIAL = 1  # range below 80 % of the calibrated repetition
FAST = 2  # lowered faster than the tempo
TURN = 4  # bounced or paused at the turn
UNEVEN = 8  # tempo unlike the set's
ABRUPT = 16  # started with a jerk
ASYMMETRIC = 32  # lifting and lowering differ more than they do for this athlete
