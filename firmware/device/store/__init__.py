"""What outlives a power cut: the record log, the settings, the plans."""
