"""Builds a board's drivers from its settings (hardware/boards/*.toml, compiled to board.json).

A part that is missing or wrong does not stop the others: it is None here, and its error is in `faults`.
"""

from machine import ADC, I2C, PWM, SPI, Pin

from .battery import Battery
from .button import Button
from .errors import BadSetting, SensorError
from .haptic import Haptic
from .led import Led


def _imu_class(part: str):
    if part == "lsm6dso":
        from .lsm6dso import LSM6DSO

        return LSM6DSO
    if part == "mpu6886":
        from .mpu6886 import MPU6886

        return MPU6886
    raise BadSetting(part, "no driver for this motion sensor; see hardware/README.md")


def _optical_class(part: str):
    if part == "max30102":
        from .max30102 import MAX30102

        return MAX30102
    raise BadSetting(part, "no driver for this optical sensor; see hardware/README.md")


def _distance_class(part: str):
    if part == "vl53l1x":
        from .vl53l1x import VL53L1X

        return VL53L1X
    raise BadSetting(part, "no driver for this distance sensor; see hardware/README.md")


def _encoder_class(part: str):
    if part == "quadrature":
        from .quadrature import Quadrature

        return Quadrature
    raise BadSetting(part, "no driver for this encoder; see hardware/README.md")


def _load_cell_class(part: str):
    if part == "hx711":
        from .hx711 import HX711

        return HX711
    raise BadSetting(part, "no driver for this load cell; see hardware/README.md")


def hold(settings: dict) -> None:
    """Keep the supply on, where the board would switch itself off."""
    if "hold_pin" in settings:
        Pin(settings["hold_pin"], Pin.OUT, value=1)


def led_of(settings: dict | None) -> Led | None:
    """The LED of a board file's [led]; None: it has none."""
    return Led(Pin(settings["pin"], Pin.OUT), settings["active_low"]) if settings else None


def _display_class(part: str):
    if part == "st7789":
        from .st7789 import ST7789

        return ST7789
    raise BadSetting(part, "no driver for this display; see hardware/README.md")


class Board:
    """`optical`, `imu`, `distance`, `load_cell`, `button`, `haptic`, `led`, `battery`, `display`: drivers.

    None where the board has none. An encoder measures distances, too.
    """

    def __init__(self, settings: dict):
        """settings: the board.json object, checked when it was compiled."""
        self.settings = settings
        self.faults: list[SensorError] = []
        hold(settings)
        self._buses = {}
        for bus in settings["i2c"]:
            self._buses[bus["id"]] = I2C(
                bus["id"], scl=Pin(bus["scl"]), sda=Pin(bus["sda"]), freq=bus["freq_hz"]
            )
        self.imu = self._imu(settings.get("imu"))
        self.optical = self._optical(settings.get("optical"))
        self.distance = self._distance(settings.get("distance")) or self._encoder(settings.get("encoder"))
        self.load_cell = self._load_cell(settings.get("load_cell"))
        self.button = self._button(settings.get("button"))
        self.haptic = self._haptic(settings.get("haptic"))
        self.led = led_of(settings.get("led"))
        self.battery = self._battery(settings.get("battery"))
        self.display = self._display(settings.get("display"))

    def _imu(self, s):
        if s is None:
            return None
        try:
            driver = _imu_class(s["part"])
            return driver(self._buses[s["i2c"]], s["address"], s["rate_hz"], s["accel_g"], s["gyro_dps"])
        except SensorError as error:
            self.faults.append(error)
            return None

    def _optical(self, s):
        if s is None:
            return None
        try:
            driver = _optical_class(s["part"])
            return driver(self._buses[s["i2c"]], s["address"], s["rate_hz"], s["average"], s["led_ma_x10"])
        except SensorError as error:
            self.faults.append(error)
            return None

    def _distance(self, s):
        if s is None:
            return None
        try:
            driver = _distance_class(s["part"])
            return driver(self._buses[s["i2c"]], s["address"], s["rate_hz"])
        except SensorError as error:
            self.faults.append(error)
            return None

    def _encoder(self, s):
        if s is None:
            return None
        try:
            a, b = [Pin(s[name], Pin.IN, Pin.PULL_UP) for name in ("pin_a", "pin_b")]
            return _encoder_class(s["part"])(0, a, b, s["um_per_count"], s["rate_hz"])
        except SensorError as error:
            self.faults.append(error)
            return None

    def _load_cell(self, s):
        if s is None:
            return None
        try:
            driver = _load_cell_class(s["part"])
            return driver(Pin(s["data_pin"], Pin.IN), Pin(s["clock_pin"], Pin.OUT), s["rate_hz"])
        except SensorError as error:
            self.faults.append(error)
            return None

    def _button(self, s):
        if s is None:
            return None
        pull = Pin.PULL_UP if s["pull_up"] else None
        return Button(Pin(s["pin"], Pin.IN, pull), s["active_low"])

    def _haptic(self, s):
        if s is None:
            return None
        return Haptic(PWM(Pin(s["pin"]), freq=s["freq_hz"], duty_u16=0), s["strength_permille"])

    def _battery(self, s):
        if s is None:
            return None
        charging = Pin(s["charging_pin"], Pin.IN) if s.get("charging_pin") is not None else None
        adc = ADC(Pin(s["pin"]), atten=ADC.ATTN_11DB)
        return Battery(adc, s["divider_permille"], charging, s.get("charging_active_low", True))

    def _display(self, s):
        if s is None:
            return None
        try:
            driver = _display_class(s["part"])
            spi = SPI(s["spi"], baudrate=s["freq_hz"], sck=Pin(s["sck"]), mosi=Pin(s["mosi"]))
            lines = [Pin(s[name], Pin.OUT) for name in ("cs", "dc", "reset", "backlight")]
            return driver(spi, *lines, s)
        except SensorError as error:
            self.faults.append(error)
            return None
