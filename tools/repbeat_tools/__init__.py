"""Simulator, replay and benchmarks: RepBeat without a board."""
