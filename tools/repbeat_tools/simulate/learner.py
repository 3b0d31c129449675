"""What was learned of a simulated athlete, held against what is true of them."""

from __future__ import annotations

from repbeat.coach.learn.person import Lift, Nights, Person
from repbeat.coach.learn.regression import Estimate
from repbeat_tools.simulate.athlete import BAND, Truth

TEST_VELOCITY_M_S = 0.5


def newcomer(key_lift: int, guess_kg: float) -> Person:
    """A person of whom nothing is known but what the key lift's maximum may be; doses come as shares."""
    return Person(nights={BAND: Nights.begun()}, lifts={key_lift: Lift.begun(guess_kg)}, usual_dose=1.0)


def against(
    person: Person, key_lift: int, truth: Truth, max_kg: float
) -> tuple[dict[str, Estimate], dict[str, float]]:
    """Each estimate, and what is true."""
    load = max_kg * (truth.velocity_intercept - TEST_VELOCITY_M_S) / truth.velocity_fall
    estimates = {
        **person.estimates[BAND],
        **person.estimates["heart"],
        "load_at_half_m_s": person.lifts[key_lift].line.load_at(TEST_VELOCITY_M_S),
        **person.estimates[str(key_lift)],
    }
    return estimates, {name: getattr(truth, name, load) for name in estimates}
