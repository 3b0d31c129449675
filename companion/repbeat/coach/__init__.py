"""The coach: rules and planner are pure; the desk brings them together with the store."""
