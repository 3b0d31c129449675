"""Fitness Machine notifications as machines send them; and none that makes the reader stumble."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repbeat.hub import ftms

# Built by hand from the service's tables: flags, then each field in the order of its bit.
TREADMILL = bytes.fromhex(
    "8c05"  # distance, incline and ramp, energy, heart, elapsed; bit 0 clear: speed
    "e803"  # 10.00 km/h
    "c40900"  # 2500 m
    "0f00ff7f"  # 1.5 %, ramp not available
    "7800ffffff"  # 120 kcal, rates not available
    "8e"  # 142 bpm
    "8403"  # 900 s
)
BIKE = bytes.fromhex("4402f00ab400c80078")  # speed, cadence, power, heart
ROWER = bytes.fromhex("2c08346400e803007d00a0002c01")  # strokes, way, pace, power, elapsed


@pytest.mark.parametrize(
    ("characteristic", "value", "expected"),
    [
        (
            ftms.TREADMILL,
            TREADMILL,
            {
                "speed_kmh": 10,
                "distance_m": 2500,
                "incline_percent": 1.5,
                "energy_kcal": 120,
                "heart_bpm": 142,
                "elapsed_s": 900,
            },
        ),
        (ftms.BIKE, BIKE, {"speed_kmh": 28, "cadence_rpm": 90, "power_w": 200, "heart_bpm": 120}),
        (
            ftms.ROWER,
            ROWER,
            {
                "cadence_rpm": 26,
                "strokes": 100,
                "distance_m": 1000,
                "pace_s_500m": 125,
                "power_w": 160,
                "elapsed_s": 300,
            },
        ),
    ],
)
def test_a_notification_is_read_by_its_bits(
    characteristic: int, value: bytes, expected: dict[str, float]
) -> None:
    assert ftms.read(characteristic, value) == (expected, False)


def test_power_of_a_treadmill_and_negative_numbers() -> None:
    values, _ = ftms.read(ftms.TREADMILL, bytes.fromhex("0910ceff0000fbff3200"))
    assert values == {"incline_percent": -5, "ramp_deg": 0, "belt_force_n": -5, "power_w": 50}


def test_a_moment_in_two_notifications_is_one() -> None:
    moments = ftms.Moments(ftms.BIKE)
    assert moments.take(bytes.fromhex("4100c800")) is None  # power; more follows
    assert moments.take(bytes.fromhex("0000f00a")) == {"power_w": 200, "speed_kmh": 28}
    assert moments.take(bytes.fromhex("0000e803")) == {"speed_kmh": 10}  # nothing of before is left


@pytest.mark.parametrize("characteristic", ftms.KINDS)
@given(value=st.binary(max_size=40))
def test_anything_is_read_or_refused(characteristic: int, value: bytes) -> None:
    try:
        values, _ = ftms.read(characteristic, value)
    except ValueError:
        return
    assert all(isinstance(found, float | int) for found in values.values())


@pytest.mark.parametrize("characteristic", ftms.KINDS)
def test_all_bits_at_once_fit_and_one_byte_less_does_not(characteristic: int) -> None:
    for size in range(2, 60):
        try:
            values, _ = ftms.read(characteristic, b"\xfe\x1f" + bytes(size))
        except ValueError:
            continue
        with pytest.raises(ValueError, match="ends within"):
            ftms.read(characteristic, b"\xfe\x1f" + bytes(size - 1))
        assert len(values) >= 15
        return
    pytest.fail("no size fits")
