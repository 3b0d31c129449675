"""Derived values: pure formulas, values in and frozen values out; no clock, no database, no radio.

Each result names its `method` and `version`, so that stored values can be recomputed when a formula improves.
"""
