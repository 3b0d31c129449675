"""Trains the small models of firmware/device/signal from recordings: `python -m repbeat_tools.training
DIR`."""
