"""Trains the models of firmware/device/signal from recordings: `python -m repbeat_tools.training…`."""
