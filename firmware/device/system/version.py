"""The firmware's own version: in BOOT records and in Device Information."""

PARTS = (0, 1, 0)  # major, minor, patch
TEXT = "%d.%d.%d" % PARTS
