"""The operator's page and the page behind a machine's QR code."""

import re

import pytest
from gym.logs import BOOTED_MS, S, log_of, meet, reps, send
from web.town import Town

from repbeat.gym import attribution, desk, fleet, machines, sets
from repbeat.people import accounts, tenants
from repbeat.people.accounts import Account
from repbeat.store import devices
from repbeat_tools.sample import NOW_MS

SENSOR = "51"


@pytest.fixture
def operator(town: Town) -> Account:
    """Olga, who now looks after the gym where everybody trains."""
    tenants.join(town.db, town.people["operator"].account_id, tenants.HOME, tenants.OPERATOR, NOW_MS)
    return town.people["operator"]


@pytest.fixture
def machine_id(town: Town) -> str:
    """A leg press that counted one set, of nobody."""
    meet(town.db, SENSOR)
    made = machines.add(town.db, "Leg press", NOW_MS)
    machines.mount(town.db, SENSOR, made.machine_id, 0)
    send(town.db, SENSOR, log_of([reps(1, BOOTED_MS + 600 * S)]).records)
    attribution.catch_up(town.db)
    return made.machine_id


def test_the_operator_sees_the_fleet_and_no_training(town: Town, operator: Account, machine_id: str) -> None:
    page = town.client(operator).get("/gym").get_data(as_text=True)
    assert "Leg press" in page
    assert fleet.CALIBRATE in page
    assert "no claim" in page
    assert "free" in page
    (ann,) = accounts.owned(town.db, town.ann.account_id)
    desk.claim(town.db, machine_id, ann, NOW_MS)
    assert "taken" in town.client(operator).get("/gym").get_data(as_text=True)


def test_each_sensor_is_listed_with_how_it_is(town: Town, operator: Account, machine_id: str) -> None:
    # Row 51: battery, firmware, last seen, RSSI, unclaimed sets, in-use minutes; stale sensors flagged.
    health = "battery_percent = 63, firmware = '1.2.3', role = 'machine'"
    town.db.run(f"UPDATE devices SET {health} WHERE device_id = :one", one=SENSOR)  # noqa: S608
    fleet.heard(town.db, SENSOR, -67, NOW_MS - 2 * 86_400_000)
    town.db.run(
        "UPDATE devices SET last_seen_ms = :at WHERE device_id = :one", at=NOW_MS - 2 * 86_400_000, one=SENSOR
    )
    page = town.client(operator).get("/gym").get_data(as_text=True)
    table = page[page.index('id="fleet"') :]
    heads = re.findall(r'<th scope="col"[^>]*>([^<]*)<', table[: table.index("</thead>")])
    (row,) = [one for one in table.split("<tr>") if "Leg press" in one and "</td>" in one][:1]
    cells = [
        re.sub(r"<[^>]+>", "", one).strip() for one in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)
    ]
    told = dict(zip(heads, cells, strict=True))
    assert told["Battery"] == "63 %"
    assert told["Firmware"] == "1.2.3"
    assert told["Last heard"] == "2 days ago"
    assert told["Signal"] == "\N{MINUS SIGN}67 dBm"
    assert told["Unclaimed sets"] == "1"
    assert re.fullmatch(r"\d min", told["In use, 7 days"])
    assert "not heard for a day" in told["Look after"]


def test_a_set_from_the_pool_goes_to_a_member(town: Town, operator: Account, machine_id: str) -> None:
    (found,) = sets.unclaimed(town.db)
    (ann,) = accounts.owned(town.db, town.ann.account_id)
    client = town.client(operator)
    path = f"/gym/sets/{found.key.text}"
    assert client.post(path, data={"athlete": "nobody"}).status_code == 404
    assert client.post(path, data={"athlete": ann}).status_code == 302
    assert sets.get(town.db, found.key).athlete_id == ann
    # Once somebody's, it is no operator's to give away.
    assert client.post(path, data={"athlete": ann}).status_code == 404


def test_machines_and_names_are_changed_in_bulk(town: Town, operator: Account, machine_id: str) -> None:
    client = town.client(operator)
    assert (
        client.post("/gym/machines", data={"name": "Row", "gym": tenants.HOME, "exercise": "row"}).status_code
        == 302
    )
    assert client.post("/gym/machines", data={"name": "Row", "gym": "elsewhere2"}).status_code == 404
    assert {one.name for one in machines.every(town.db)} == {"Leg press", "Row"}
    client.post("/gym/devices", data={SENSOR: "Sensor 1", "unknown": "x"})
    assert devices.get(town.db, SENSOR).name == "Sensor 1"
    devices.received(town.db, SENSOR, 2_500)
    assert "2.5 kB" in client.get("/gym").get_data(as_text=True)
    client.post(f"/gym/machines/{machine_id}", data={"name": "Press"})
    assert machines.get(town.db, machine_id).name == "Press"
    (made,) = [one for one in machines.every(town.db) if one.name == "Row"]
    client.post(f"/gym/machines/{made.machine_id}", data={"sensor": SENSOR})
    assert machines.sensors(town.db) == {made.machine_id: SENSOR}
    sheet = client.get("/gym/labels.pdf")
    assert sheet.data.startswith(b"%PDF")


def test_an_athlete_takes_a_machine_and_gives_it_back(town: Town, machine_id: str) -> None:
    client, other = town.client(town.ann), town.client(town.people["athlete"])
    assert "This machine is free" in client.get(f"/m/{machine_id}").get_data(as_text=True)
    assert client.post(f"/m/{machine_id}/claim").status_code == 302
    assert "You are on this machine" in client.get(f"/m/{machine_id}").get_data(as_text=True)
    seen = other.get(f"/m/{machine_id}").get_data(as_text=True)
    assert "Somebody is on this machine" in seen
    assert "Ann" not in seen
    assert "Athlete A" not in seen
    other.post(f"/m/{machine_id}/release")  # not theirs to give back
    assert desk.holder(town.db, machine_id, NOW_MS) is not None
    client.post(f"/m/{machine_id}/release")
    assert desk.holder(town.db, machine_id, NOW_MS) is None


def test_a_machine_of_another_gym_is_not_there(town: Town) -> None:
    elsewhere = machines.add(town.db, "Far away", NOW_MS, gym_id="elsewhere")
    client = town.client(town.ann)
    assert client.get(f"/m/{elsewhere.machine_id}").status_code == 404
    assert client.post(f"/m/{elsewhere.machine_id}/claim").status_code == 404
    assert client.post("/m/0/claim").status_code == 404
