"""Stand-in for MicroPython's `machine` on the ESP32: pins, buses and clocks of a simulated board.

Behaves as ports/esp32 of MicroPython 1.29 does, as far as it goes; a name that is not here fails loudly,
so that firmware cannot pass a test by leaning on something nobody modelled. The board behind it is
chips/board.mjs, reached through the JS module `_host`.
"""

import _host
from uctypes import addressof

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5

_NOTHING = bytearray(1)
_frequency_hz = 160_000_000


def __getattr__(name):
    _host.board_unmodelled("machine." + name)


def _check(code):
    """I2C functions give a count, or an error number below zero."""
    if code < 0:
        raise OSError(-code)
    return code


class Pin:
    IN = 1
    OUT = 3
    OPEN_DRAIN = 7
    PULL_DOWN = 1
    PULL_UP = 2
    IRQ_RISING = 1
    IRQ_FALLING = 2

    def __init__(self, id, mode=-1, pull=-1, *, value=None):
        self.id = id
        self._pull = 0
        if mode != -1 or pull != -1 or value is not None:
            self.init(mode, pull, value=value)

    def init(self, mode=-1, pull=-1, *, value=None):
        if pull != -1:
            self._pull = pull or 0
        if mode != -1:
            _host.pin_config(self.id, mode, self._pull)
        if value is not None:
            _host.pin_write(self.id, 1 if value else 0)

    def value(self, level=None):
        if level is None:
            return _host.pin_read(self.id)
        _host.pin_write(self.id, 1 if level else 0)

    __call__ = value

    def on(self):
        _host.pin_write(self.id, 1)

    def off(self):
        _host.pin_write(self.id, 0)

    def irq(self, handler=None, trigger=3):
        _host.pin_irq(self.id, trigger, None if handler is None else lambda _number: handler(self))

    def __repr__(self):
        return "Pin(%d)" % self.id


def _number(pin):
    return -1 if pin is None else pin.id if isinstance(pin, Pin) else pin


def _register(memaddr, addrsize):
    return bytearray(memaddr.to_bytes(addrsize // 8, "big"))


class I2C:
    def __init__(self, id=0, *, scl=None, sda=None, freq=400_000, timeout=50_000):
        self._bus = id
        _host.i2c_config(id, _number(sda), _number(scl), freq)

    def scan(self):
        return [address for address in range(8, 0x78) if _host.i2c_probe(self._bus, address)]

    def readfrom_into(self, addr, buf, stop=True):
        _check(_host.i2c_read(self._bus, addr, addressof(buf), len(buf)))

    def readfrom(self, addr, nbytes, stop=True):
        buf = bytearray(nbytes)
        self.readfrom_into(addr, buf)
        return bytes(buf)

    def writeto(self, addr, buf, stop=True):
        return _check(_host.i2c_write(self._bus, addr, addressof(buf if len(buf) else _NOTHING), len(buf)))

    def readfrom_mem_into(self, addr, memaddr, buf, *, addrsize=8):
        if addrsize == 8:
            _check(_host.i2c_read_mem(self._bus, addr, memaddr, addressof(buf), len(buf)))
        else:
            self.writeto(addr, _register(memaddr, addrsize), False)
            self.readfrom_into(addr, buf)

    def readfrom_mem(self, addr, memaddr, nbytes, *, addrsize=8):
        buf = bytearray(nbytes)
        self.readfrom_mem_into(addr, memaddr, buf)
        return bytes(buf)

    def writeto_mem(self, addr, memaddr, buf, *, addrsize=8):
        both = _register(memaddr, addrsize)
        both.extend(buf)
        _check(_host.i2c_write(self._bus, addr, addressof(both), len(both)))


class SPI:
    """Write only, as displays are driven."""

    def __init__(self, id, baudrate=500_000, *, sck=None, mosi=None, miso=None):
        _host.spi_config(id, _number(sck), _number(mosi), baudrate)

    def write(self, buf):
        _host.spi_write(addressof(buf), len(buf))


class ADC:
    ATTN_0DB = 0
    ATTN_2_5DB = 1
    ATTN_6DB = 2
    ATTN_11DB = 3

    _FULL_UV = (950_000, 1_250_000, 1_750_000, 3_100_000)  # usable range by attenuation, ESP32-S3 datasheet

    def __init__(self, pin, *, atten=ATTN_11DB):
        self._pin = _number(pin)
        self._full_uv = self._FULL_UV[atten]

    def read_uv(self):
        return min(_host.adc_uv(self._pin), self._full_uv)

    def read_u16(self):
        return self.read_uv() * 65535 // self._full_uv


class PWM:
    def __init__(self, dest, *, freq=5000, duty_u16=0):
        self._pin = _number(dest)
        self._freq_hz = freq
        self._duty_u16 = duty_u16
        self._apply()

    def _apply(self):
        _host.pwm_set(self._pin, self._freq_hz, self._duty_u16)

    def freq(self, hz=None):
        if hz is None:
            return self._freq_hz
        self._freq_hz = hz
        self._apply()

    def duty_u16(self, duty=None):
        if duty is None:
            return self._duty_u16
        self._duty_u16 = duty
        self._apply()

    def deinit(self):
        self.duty_u16(0)


class Encoder:
    """A quadrature encoder on the chip's pulse counter (PCNT)."""

    def __init__(self, id, phase_a, phase_b, *, phases=1, filter_ns=0):
        _host.encoder_open(id, _number(phase_a), _number(phase_b), phases)

    def value(self):
        return _host.encoder_value()


def disable_irq():
    return 0


def enable_irq(state):
    pass


class WDT:
    """The task watchdog: once started it cannot be stopped, and a miss is a panic and a reset."""

    def __init__(self, id=0, timeout=5000):
        if timeout < 1:
            raise ValueError("WDT timeout too short")
        self._timeout_ms = timeout
        self.feed()

    def feed(self):
        _host.wdt_feed(self._timeout_ms)


def unique_id():
    mac = bytearray(6)
    _host.board_unique_id(addressof(mac))
    return bytes(mac)


def reset_cause():
    return _host.board_reset_cause()


def reset():
    _host.halt("reset")


def freq(hz=None):
    global _frequency_hz
    if hz is None:
        return _frequency_hz
    if hz not in (20_000_000, 40_000_000, 80_000_000, 160_000_000, 240_000_000):
        raise ValueError("frequency must be 20MHz, 40MHz, 80Mhz, 160MHz or 240MHz")
    _frequency_hz = hz


def idle():
    _host.idle()


def lightsleep(time_ms=None):
    if time_ms is None:
        _host.board_unmodelled("machine.lightsleep without a time")
    _host.sleep_us(time_ms * 1000)


_WAKE_LOOK_US = 50_000  # how often the sleeping chip's wake pins are looked at here


def deepsleep(time_ms=-1):
    """The processor is off; chips, pins and time go on. Waking is a boot.

    Under virtual time nothing moves between two advances, so a sleep that only a pin ends is the end there.
    """
    import esp32

    if not esp32.wakes or not _host.paced():
        _host.halt("deepsleep", time_ms)
    _host.wdt_off()
    wakes = esp32.wakes
    slept_ms = 0
    while time_ms < 0 or slept_ms < time_ms:
        for pin, level in wakes:  # nothing is allocated here: this heap is not swept before the end
            if pin.value() == level:
                _host.halt("deepsleep", 0)
        _host.sleep_us(_WAKE_LOOK_US)
        slept_ms += _WAKE_LOOK_US // 1000
    _host.halt("deepsleep", 0)
