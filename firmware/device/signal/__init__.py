"""Measurement: values in, values out. No clock, no I/O, no hardware."""
