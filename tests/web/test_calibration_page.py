"""A machine's sensor on the operator's page: what is asked, what goes wrong, what is in force."""

import pytest
from gym.logs import BOOTED_MS, LOG, S, log_of, meet, reps, send
from web.town import Town

from repbeat.gym import calibration, machines
from repbeat.people import commands, tenants
from repbeat.people.accounts import Account
from repbeat.store import calibrations
from repbeat.store.calibrations import Step
from repbeat_protocol import auth
from repbeat_protocol import records as wire
from repbeat_tools.sample import NOW_MS

SENSOR = "51"
TOLD = {"act": "begin", "flag": "1", "plate": "9", "first": "5", "further": "7.5"}


@pytest.fixture
def operator(town: Town) -> Account:
    tenants.join(town.db, town.people["operator"].account_id, tenants.HOME, tenants.OPERATOR, NOW_MS)
    return town.people["operator"]


@pytest.fixture
def path(town: Town) -> str:
    """The page of a leg press whose sensor's clock is known."""
    meet(town.db, SENSOR)
    made = machines.add(town.db, "Leg press", NOW_MS)
    machines.mount(town.db, SENSOR, made.machine_id, 0)
    send(town.db, SENSOR, log_of([reps(1, BOOTED_MS + 600 * S)]).records)
    return f"/gym/machines/{made.machine_id}/calibration"


def at(town: Town, seq: int, stage: int, outcome: int, **figures: int) -> None:
    """The sensor's log tells of a step, just now."""
    blank = dict.fromkeys(("plate", "top_mm", "step_um", "first_g", "step_g", "range_mm"), 0)
    where = {"device_id": SENSOR, "log_id": LOG, "seq": seq, "boot": 1, "uptime_ms": NOW_MS - BOOTED_MS}
    told = Step(**where, stage=stage, outcome=outcome, **{**blank, **figures})
    calibrations.add(town.db, [told])


def ordered(town: Town) -> commands.Command:
    found = commands.latest(town.db, SENSOR, commands.CALIBRATE)
    assert found is not None
    return found


def answer(town: Town, problem: str = "") -> None:
    commands.answered(town.db, SENSOR, ordered(town).command_id, problem, NOW_MS)


def test_from_the_form_to_what_is_in_force(town: Town, operator: Account, path: str) -> None:
    client = town.client(operator)

    def seen() -> str:
        return client.get(path).get_data(as_text=True)

    assert "It was never calibrated" in seen()
    assert client.post(path, data=TOLD).status_code == 302
    order = calibration.Order(action=auth.BEGIN, plate=9, first_g=5000, step_g=7500)
    assert calibration.order_of(ordered(town)) == order
    assert "The sensor is being told" in seen()
    answer(town)
    at(town, 105, wire.PIN_FIRST, wire.WAITS, plate=9)
    assert "into the first plate" in seen()
    client.post(path, data={"act": "go_on"})
    answer(town)
    assert "Measuring" in seen()
    at(town, 106, wire.PIN_FIRST, wire.NOT_STILL, plate=9)
    assert "did not stand still" in seen()
    at(town, 107, wire.PIN_OTHER, wire.WAITS, plate=9)
    assert "Put the pin into plate 9" in seen()
    at(town, 108, wire.SLOW_REP, wire.WAITS, plate=9)
    assert "one slow repetition" in seen()
    assert "Go on" not in seen(), "the repetition itself goes on"
    at(town, 109, wire.CALIBRATED, wire.MEASURED, plate=9, top_mm=840, step_um=25_400, range_mm=431)
    page = seen()
    assert "25.4" in page
    assert "431" in page
    overview = client.get("/gym").get_data(as_text=True)
    assert f'href="{path}"' in overview
    assert "calibration is old or missing" not in overview


def test_a_refusal_stands_on_the_page_and_the_form_comes_back(
    town: Town, operator: Account, path: str
) -> None:
    client = town.client(operator)
    client.post(path, data=TOLD)
    answer(town, calibration.refusal(auth.IN_USE))
    page = client.get(path).get_data(as_text=True)
    assert "begin when it is free" in page
    assert ">Begin<" in page


@pytest.mark.parametrize(
    "wrong", [{"plate": "1"}, {"plate": "nine"}, {"first": "900"}, {"further": ""}, {"further": "nan"}]
)
def test_what_cannot_be_is_not_ordered(
    town: Town, operator: Account, path: str, wrong: dict[str, str]
) -> None:
    client = town.client(operator)
    page = client.post(path, data={**TOLD, **wrong}, follow_redirects=True).get_data(as_text=True)
    assert any(
        says in page for says in ("one from 2 to 40", "up to 50 kg", "is no number", "a plate is missing")
    )
    assert commands.latest(town.db, SENSOR, commands.CALIBRATE) is None


def test_given_up_it_says_that_what_was_is(town: Town, operator: Account, path: str) -> None:
    client = town.client(operator)
    client.post(path, data=TOLD)
    at(town, 105, wire.PIN_FIRST, wire.WAITS, plate=9)
    client.post(path, data={"act": "stop"})
    assert calibration.order_of(ordered(town)).action == auth.STOP
    answer(town)
    at(town, 106, wire.PIN_FIRST, wire.LEFT, plate=9)
    assert "What was in force before still is." in client.get(path).get_data(as_text=True)


def test_a_machine_without_a_sensor_says_so(town: Town, operator: Account) -> None:
    bare = machines.add(town.db, "Bench", NOW_MS)
    where = f"/gym/machines/{bare.machine_id}/calibration"
    assert "This machine has no sensor." in town.client(operator).get(where).get_data(as_text=True)
    assert town.client(operator).post(where, data=TOLD).status_code == 404


def test_it_is_the_operators_of_that_gym(town: Town, operator: Account, path: str) -> None:
    elsewhere = machines.add(town.db, "Far away", NOW_MS, gym_id="elsewhere2")
    assert town.client(operator).get(f"/gym/machines/{elsewhere.machine_id}/calibration").status_code == 404
    for who in (town.ann, town.people["coach"]):
        assert town.client(who).post(path, data=TOLD).status_code in (403, 404)
    assert commands.latest(town.db, SENSOR, commands.CALIBRATE) is None


def test_an_order_that_no_hub_took_is_told(town: Town, operator: Account, path: str) -> None:
    calibration.begin(town.db, SENSOR, 9, 5000, 5000, NOW_MS - calibration.ORDER_MS - S)
    page = town.client(operator).get(path).get_data(as_text=True)
    assert "No hub had the sensor in its reach" in page
    assert ">Begin<" in page
