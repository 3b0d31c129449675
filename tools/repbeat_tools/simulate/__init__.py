"""Simulated athletes: a small physiology that trains through the real planner, a year in seconds."""
