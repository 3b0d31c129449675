"""The device's load and the companion's, from the same seconds: one number, whoever computes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.signal import strain, zones
from repbeat.derive import heart, load, strength

CURVES = {
    load.Curve.MEN: zones.COEFFICIENTS_MEN,
    load.Curve.WOMEN: zones.COEFFICIENTS_WOMEN,
    load.Curve.NEUTRAL: zones.COEFFICIENTS_NEUTRAL,
}


def test_both_have_the_same_versions() -> None:
    assert load.STRAIN_VERSION == strain.STRAIN_VERSION
    assert strength.MUSCULAR_VERSION == strain.MUSCULAR_VERSION


@given(
    st.integers(30, 100),
    st.integers(130, 230),
    st.none() | st.integers(110, 130),
    st.sampled_from(list(CURVES)),
    st.dictionaries(st.integers(1, 255), st.integers(1, 4000), max_size=20),
)
def test_zones_impulses_and_strain(
    resting: int, maximum: int, threshold: int | None, curve: load.Curve, seconds: dict[int, int]
) -> None:
    limits = None if threshold is None else zones.threshold_limits(threshold)
    clock = zones.ZoneClock(resting, maximum, limits, CURVES[curve])
    for bpm, n in seconds.items():
        clock.add(bpm, n)
    scale = heart.HeartScale(resting, maximum, threshold)
    assert scale.limits == clock.limits
    counted = load.zone_seconds(seconds, scale)
    assert counted == tuple(clock.zone_s(zone) for zone in range(6))
    assert load.edwards(counted) == pytest.approx(clock.edwards())
    assert load.banister(seconds, scale, curve) == pytest.approx(clock.banister())
    net = load.StrainDisplay().net_impulse(seconds, scale, curve)
    assert net == pytest.approx(strain.net_impulse(clock))
    assert load.StrainDisplay().show(net) == pytest.approx(strain.display(net))


@given(
    st.integers(0, 40),
    st.integers(0, 20000),
    st.integers(0, 20000),
    st.none() | st.integers(0, 10),
    st.none() | st.integers(0, 500),
)
def test_muscular_load(reps: int, load_dag: int, max_dag: int, rpe: int | None, loss: int | None) -> None:
    device = strain.set_load_x10(reps, load_dag, max_dag, rpe, loss)
    companion = strength.muscular_load(
        reps, load_dag / 100, max_dag / 100, rpe, None if loss is None else loss / 1000
    )
    # The device counts in whole permille and percent.
    assert device / 10 == pytest.approx(companion, abs=0.06 + 0.03 * reps)
