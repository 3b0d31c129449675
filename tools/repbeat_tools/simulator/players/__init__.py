"""Players: what feeds a simulated board's sensors, from the model or from recordings."""
