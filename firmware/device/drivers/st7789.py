"""ST7789V2 colour display, used for one thing: the passkey of a pairing, in large seven-segment digits.

Dark and asleep otherwise: the backlight takes most of what a display draws. A digit is drawn as filled
rectangles: no font, no frame buffer. Source: Sitronix ST7789V2 data sheet V1.0, "SLPOUT", "Reset timing".
"""

from time import sleep_ms

from micropython import const

_SLEEP_IN = const(0x10)
_SLEEP_OUT = const(0x11)
_INVERSION_ON = const(0x21)  # these panels show inverted colours otherwise
_DISPLAY_ON = const(0x29)
_COLUMNS = const(0x2A)
_ROWS = const(0x2B)
_WRITE = const(0x2C)
_PIXEL_FORMAT = const(0x3A)
_RGB565 = const(0x55)

_RESET_MS = const(120)  # after a reset, until the panel may leave its sleep
_WAKE_MS = const(5)

_ACROSS = const(3)  # digits in a row
_WIDTH = const(30)
_HEIGHT = const(60)
_STROKE = const(6)
_CHUNK = const(512)  # bytes at once

# Segments a to g, bit 0 first: top, upper right, lower right, bottom, lower left, upper left, middle
_SEGMENTS = bytes((0x3F, 0x06, 0x5B, 0x4F, 0x66, 0x6D, 0x7D, 0x07, 0x7F, 0x6F))


class ST7789:
    """`settings`: the display's table of the board file; pins are machine.Pin set up as outputs."""

    def __init__(self, spi, cs, dc, reset, backlight, settings: dict):
        self._spi = spi
        self._cs = cs
        self._dc = dc
        self._backlight = backlight
        self._size = (settings["width"], settings["height"])
        self._offset = (settings["x_offset"], settings["y_offset"])
        self._pixels = bytearray(_CHUNK)
        self._awake = False
        self._backlight.value(0)
        self._cs.value(1)
        reset.value(0)
        sleep_ms(1)
        reset.value(1)
        sleep_ms(_RESET_MS)

    def show(self, text: str) -> None:
        """Light the display with these digits, three in a row."""
        if not self._awake:
            self._awake = True
            self._command(_SLEEP_OUT)
            sleep_ms(_WAKE_MS)
            self._command(_PIXEL_FORMAT, bytes((_RGB565,)))
            self._command(_INVERSION_ON)
        width, height = self._size
        self._fill(0, 0, width, height, 0)
        rows = (len(text) + _ACROSS - 1) // _ACROSS
        for i in range(len(text)):
            x = width * (2 * (i % _ACROSS) + 1) // (2 * _ACROSS) - _WIDTH // 2
            y = height * (2 * (i // _ACROSS) + 1) // (2 * rows) - _HEIGHT // 2
            self._digit(x, y, _SEGMENTS[int(text[i])])
        self._command(_DISPLAY_ON)
        self._backlight.value(1)

    def clear(self) -> None:
        """Dark, and asleep."""
        self._backlight.value(0)
        if self._awake:
            self._awake = False
            self._fill(0, 0, self._size[0], self._size[1], 0)
            self._command(_SLEEP_IN)

    def _digit(self, x: int, y: int, segments: int) -> None:
        right, half = x + _WIDTH - _STROKE, _HEIGHT // 2
        middle, bottom = y + half - _STROKE // 2, y + _HEIGHT - _STROKE
        places = (
            (x, y, _WIDTH, _STROKE),
            (right, y, _STROKE, half),
            (right, y + half, _STROKE, half),
            (x, bottom, _WIDTH, _STROKE),
            (x, y + half, _STROKE, half),
            (x, y, _STROKE, half),
            (x, middle, _WIDTH, _STROKE),
        )
        for i in range(len(places)):
            if segments >> i & 1:
                self._fill(*places[i], 0xFF)

    def _fill(self, x: int, y: int, width: int, height: int, level: int) -> None:
        x += self._offset[0]
        y += self._offset[1]
        self._command(_COLUMNS, _bounds(x, x + width - 1))
        self._command(_ROWS, _bounds(y, y + height - 1))
        pixels = memoryview(self._pixels)
        for i in range(_CHUNK):
            pixels[i] = level
        left = 2 * width * height
        self._cs.value(0)
        self._dc.value(0)
        self._spi.write(bytes((_WRITE,)))
        self._dc.value(1)
        while left:
            n = min(left, _CHUNK)
            self._spi.write(pixels[:n])
            left -= n
        self._cs.value(1)

    def _command(self, command: int, data: bytes = b"") -> None:
        self._cs.value(0)
        self._dc.value(0)
        self._spi.write(bytes((command,)))
        if data:
            self._dc.value(1)
            self._spi.write(data)
        self._cs.value(1)


def _bounds(first: int, last: int) -> bytes:
    return bytes((first >> 8, first & 0xFF, last >> 8, last & 0xFF))
