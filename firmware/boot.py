"""Runs first after a reset: room for exceptions in interrupts, and garbage collected before it piles up."""

import gc

import micropython

micropython.alloc_emergency_exception_buf(100)
gc.threshold(16384)
