"""What device and companion say to each other, written once for MicroPython and CPython."""
