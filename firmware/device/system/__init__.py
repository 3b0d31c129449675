"""Clock, power, faults, version, and the composition root."""
