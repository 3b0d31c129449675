"""Other platforms, each off until an athlete connects it: what leaves, to whom, and how it went."""
