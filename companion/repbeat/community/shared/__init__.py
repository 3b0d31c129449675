"""Training at the same time, on one companion or several: a code, one countdown, reps as they happen."""
