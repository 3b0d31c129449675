"""Runs first after a reset: garbage is collected before it piles up and splits the heap."""

import gc

gc.threshold(16384)
