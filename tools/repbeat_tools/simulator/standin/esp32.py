"""Stand-in for MicroPython's `esp32` module: raw partitions with NOR semantics, and NVS.

Source: ports/esp32/esp32_partition.c and esp32_nvs.c of MicroPython 1.29. A power cut planned by the parent
ends the process; where the board has no `halt` (tests of the log that cut thousands of times), PowerCut is
raised instead, from this and every later call, until the parent switches the power on again.
"""

import _host
from uctypes import addressof

_BLOCK = 4096
_INVALID_SIZE = 0x104
_NVS_NOT_FOUND = 0x1102
_NVS_TYPE_MISMATCH = 0x1103
_NVS_KEY_TOO_LONG = 0x1109
_NVS_INVALID_LENGTH = 0x110C
_NO_POWER = -2


def __getattr__(name):
    _host.board_unmodelled("esp32." + name)


WAKEUP_ALL_LOW = False
WAKEUP_ANY_HIGH = True
wakes = []  # (pin, level) that end a deep sleep; read by machine.deepsleep


def wake_on_ext0(pin, level):
    wakes.append((pin, int(level)))


def wake_on_ext1(pins, level):
    if level != WAKEUP_ANY_HIGH:
        _host.board_unmodelled("esp32.wake_on_ext1 with all pins low")
    wakes.extend((pin, 1) for pin in pins)


class PowerCut(BaseException):
    """The supply failed in the middle of a flash operation. Not an Exception: firmware cannot handle it."""


def _check(code):
    if code == _NO_POWER:
        raise PowerCut("the power is off")
    if code < 0:
        raise OSError(-_INVALID_SIZE, "ESP_ERR_INVALID_SIZE")


class Partition:
    TYPE_APP = 0
    TYPE_DATA = 1

    def __init__(self, id):
        for index in range(_host.flash_count()):
            if _host.flash_label(index) == id:
                self._index = index
                self._size = _host.flash_field(index, "size")
                return
        raise OSError(2)  # ENOENT

    @classmethod
    def find(cls, type=TYPE_APP, subtype=0xFF, label=None, block_size=_BLOCK):
        if block_size != _BLOCK:
            _host.board_unmodelled("esp32.Partition with blocks of %d bytes" % block_size)
        found = []
        for index in range(_host.flash_count()):
            if (
                _host.flash_field(index, "type") == type
                and subtype in (0xFF, _host.flash_field(index, "subtype"))
                and label in (None, _host.flash_label(index))
            ):
                found.append(cls(_host.flash_label(index)))
        return found

    def info(self):
        field = _host.flash_field
        i = self._index
        return (
            field(i, "type"),
            field(i, "subtype"),
            field(i, "offset"),
            self._size,
            _host.flash_label(i),
            False,
        )

    def readblocks(self, block_num, buf, offset=0):
        _check(_host.flash_read(self._index, block_num * _BLOCK + offset, addressof(buf), len(buf)))

    def writeblocks(self, block_num, buf, offset=None):
        if offset is None:  # the short form erases first, and so takes whole blocks only
            if len(buf) % _BLOCK:
                raise OSError(-_INVALID_SIZE, "ESP_ERR_INVALID_SIZE")
            for block in range(block_num, block_num + len(buf) // _BLOCK):
                _check(_host.flash_erase(self._index, block))
        _check(_host.flash_write(self._index, block_num * _BLOCK + (offset or 0), addressof(buf), len(buf)))

    def ioctl(self, op, arg=0):
        if op == 4:
            return self._size // _BLOCK
        if op == 5:
            return _BLOCK
        if op == 6:
            _check(_host.flash_erase(self._index, arg))
            return 0
        if op in (1, 2, 3):  # init, deinit, sync: nothing to do, as on the chip
            return 0
        return None


class NVS:
    def __init__(self, namespace):
        if len(namespace) > 15:
            raise OSError(-_NVS_KEY_TOO_LONG, "ESP_ERR_NVS_KEY_TOO_LONG")
        self._namespace = namespace

    def _key(self, key):
        if len(key) > 15:
            raise OSError(-_NVS_KEY_TOO_LONG, "ESP_ERR_NVS_KEY_TOO_LONG")
        return self._namespace + "/" + key

    def _present(self, key, kind):
        key = self._key(key)
        there = _host.nvs_kind(key)
        if there == 0:
            raise OSError(-_NVS_NOT_FOUND, "ESP_ERR_NVS_NOT_FOUND")
        if there != kind:
            raise OSError(-_NVS_TYPE_MISMATCH, "ESP_ERR_NVS_TYPE_MISMATCH")
        return key

    def get_i32(self, key):
        return _host.nvs_get(self._present(key, 1))

    def set_i32(self, key, value):
        if not -0x80000000 <= value <= 0x7FFFFFFF:
            raise OverflowError("overflow converting long int to machine word")
        _host.nvs_set(self._key(key), value)

    def get_blob(self, key, buffer):
        key = self._present(key, 2)
        size = _host.nvs_size(key)
        if size > len(buffer):
            raise OSError(-_NVS_INVALID_LENGTH, "ESP_ERR_NVS_INVALID_LENGTH")
        if size:
            _host.nvs_read(key, addressof(buffer), size)
        return size

    def set_blob(self, key, value):
        _host.nvs_write(self._key(key), addressof(value) if len(value) else 0, len(value))

    def erase_key(self, key):
        key = self._key(key)
        if _host.nvs_kind(key) == 0:
            raise OSError(-_NVS_NOT_FOUND, "ESP_ERR_NVS_NOT_FOUND")
        _host.nvs_erase(key)

    def commit(self):
        _check(_host.nvs_commit())


def mcu_temperature():
    return 38
