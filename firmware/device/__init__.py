"""RepBeat's firmware: what runs on the band, the machine sensor and the strap relay."""
