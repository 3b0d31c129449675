"""Replays recordings through the firmware's own signal code and scores the result against the truth."""
