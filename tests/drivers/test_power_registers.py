"""What sleeps really sleeps: the chips' own registers say so, not the drivers.

Register addresses and bits: MAX30102 data sheet (Maxim 19-7740), LSM6DSO data sheet (ST DS12140).
"""

from __future__ import annotations

from .conftest import Bench, still

SET_UP = """
    from device.drivers.board import Board
    from machine import I2C, Pin
    board = Board(settings)
    bus = settings["i2c"][0]
    i2c = I2C(bus["id"], scl=Pin(bus["scl"]), sda=Pin(bus["sda"]), freq=bus["freq_hz"])
    def optical(register):
        return i2c.readfrom_mem(settings["optical"]["address"], register, 1)[0]
    def imu(register):
        return i2c.readfrom_mem(settings["imu"]["address"], register, 1)[0]
"""
MODE, LED_RED, LED_IR, SLOTS_1_2, SLOTS_3_4 = 0x09, 0x0C, 0x0D, 0x11, 0x12
CTRL1_XL, CTRL2_G, CTRL6_C, MD1_CFG = 0x10, 0x11, 0x15, 0x5E
BOTH = [still("ppg", 5, [220.0, 180.0]), still("imu", 5, [0, 0, 1, 0, 0, 0])]


def test_the_optical_sensor_is_shut_down_when_asleep_and_dim_when_it_looks_for_skin(bench: Bench) -> None:
    script = (
        SET_UP
        + f"""
    board.optical.start()
    say([optical({MODE}), optical({LED_RED}), optical({LED_IR})])
    board.optical.watch()
    say([optical({MODE}), optical({LED_IR}), optical({SLOTS_1_2}), optical({SLOTS_3_4})])
    board.optical.sleep()
    say(optical({MODE}))
"""
    )
    measuring, watching, asleep = bench(script, signals=BOTH).results
    mode, red, infrared = measuring
    assert mode & 0x87 == 0x03  # red and infrared, running
    assert red == infrared == 35  # 7 mA in steps of 0.2 mA
    mode, infrared_watching, first_slots, last_slots = watching
    assert mode & 0x87 == 0x07  # time slots, of which one is lit
    assert (first_slots, last_slots) == (0x02, 0x00)  # infrared alone
    assert infrared_watching <= 7
    assert asleep & 0x80  # SHDN: no LED is driven


def test_the_motion_sensor_waits_in_low_power_with_its_gyroscope_off(bench: Bench) -> None:
    script = (
        SET_UP
        + f"""
    board.imu.start()
    say([imu({CTRL1_XL}) >> 4, imu({CTRL2_G}) >> 4])
    board.imu.sleep()
    say([imu({CTRL1_XL}) >> 4, imu({CTRL2_G}) >> 4, imu({CTRL6_C}) & 0x10, imu({MD1_CFG}) & 0x20])
"""
    )
    awake, asleep = bench(script, signals=BOTH).results
    assert all(awake)
    rate, gyroscope, low_power, wakes = asleep
    assert rate == 2  # 26 Hz
    assert gyroscope == 0
    assert low_power
    assert wakes  # wake-up routed to INT1
