"""Scripts that make the firmware's learned numbers from recordings."""
