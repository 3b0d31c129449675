"""The firmware's own version: in BOOT records and in Device Information."""

MAJOR = 0
MINOR = 1
PATCH = 0
TEXT = "%d.%d.%d" % (MAJOR, MINOR, PATCH)
