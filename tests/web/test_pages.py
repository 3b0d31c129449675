"""Each page says what the records said, and nothing breaks when there is little to say."""

import re
from typing import Any

import pytest
from ingest import made
from web.sample import DEVICE, LOG

from repbeat.hub import State
from repbeat.ingest.batch import ingest
from repbeat.store import Database, devices, oxygen, records
from repbeat.store.sessions import Key
from repbeat.web.access import Open
from repbeat.web.app import SECURITY_HEADERS, create_app
from repbeat_protocol import live as live_wire
from repbeat_protocol import records as records_on_wire
from repbeat_tools.sample import NOW_MS


def text(response: Any) -> str:
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.get_data(as_text=True)))


def test_today_shows_the_plan_and_why_it_changed(client: Any) -> None:
    page = text(client.get("/"))
    assert "Athlete A" in page
    assert "Squat 3 8–10 62.5 kg 1:30" in page
    assert "Squat: load 60 kg → 62.5 kg" in page
    assert "All 3 sets reached 10 repetitions at 60 kg." in page
    assert "Rule: all sets to the top first, then more load (version 1)." in page
    assert "3 sets · 30 repetitions · 1,800 kg moved" in page


def test_session_shows_sets_reps_and_heart(client: Any) -> None:
    response = client.get(f"/sessions/{DEVICE}/{LOG:08x}/2")
    page = text(response)
    assert "Squat · 60 kg 1 10 8–10" in page
    assert "3 10 8–10 1:00 8 % 1 fast" in page
    assert len(re.findall(r"0\.9 · 0\.1 · 1\.4 98 % 0\.45 90", page)) == 30
    assert "Strain 3.4 of 21" in page
    assert re.search(r"\d+:\d\d recorded, 8\d % of it with a good value, between 70 and 130 bpm", page)
    assert '"spans": [[10.0, 35.0], [100.0, 125.0], [190.0, 215.0]]' in response.get_data(as_text=True)


def test_muscle_oxygen_stands_beside_the_heart(trained: Database) -> None:
    # Row 20.
    client, path = create_app(trained, access=Open("test")).test_client(), f"/sessions/{DEVICE}/{LOG:08x}/2"
    assert "Muscle oxygen" not in text(client.get(path))
    (row,) = trained.rows("SELECT start_ms, athlete_id FROM sessions WHERE session_seq = 2")
    covered = [
        oxygen.Sample(row["start_ms"] + at_s * 1000, oxygen.OK, 600 - at_s, 1200) for at_s in range(0, 90, 2)
    ]
    open_to_light = oxygen.Sample(row["start_ms"] + 93_000, oxygen.AMBIENT_LIGHT, None)
    oxygen.keep(trained, row["athlete_id"], "C4:00:00:00:00:20", [*covered, open_to_light])
    response = client.get(path)
    page = text(response)
    assert "46 measurements, 98 % of them with a value, between 51.2 and 60.0 %." in page
    assert "Where light reached the sensor there is no value" in page
    assert "1 57.1 12.00 2 52.6 12.00" in page
    assert '"values": [60.0, 59.8, 59.6, ' in response.get_data(as_text=True)


def test_temperature_and_altitude_stand_beside_the_strain_and_leave_it_alone(trained: Database) -> None:
    # Rows 39 and 40.
    app = create_app(trained, access=Open("test"))
    app.config["WTF_CSRF_ENABLED"] = False
    client, path = app.test_client(), f"/sessions/{DEVICE}/{LOG:08x}/2"
    before = text(client.get(path))
    assert "Temperature 31" not in before
    assert client.post(path, data={"temperature_c": "31.5", "altitude_m": "1600"}).status_code == 302
    after = text(client.get(path))
    assert "Temperature 31.5 °C Altitude 1,600 m" in after
    assert "Strain 3.4 of 21" in after
    assert "drink when you are thirsty" in after
    client.post(path, data={"temperature_c": "20", "altitude_m": ""})
    cool = text(client.get(path))
    assert "Temperature 20 °C" in cool
    assert "drink when" not in cool
    assert "1,600 m" not in cool
    for wrong in ({"temperature_c": "500"}, {"temperature_c": "nan"}, {"altitude_m": "high"}):
        client.post(path, data=wrong)
        assert "Temperature 20 °C" in text(client.get(path))


def test_the_limit_of_optical_heart_rate_is_stated(client: Any) -> None:
    # Row 69.
    assert "less surely on darker skin" in text(client.get(f"/sessions/{DEVICE}/{LOG:08x}/2"))


def test_paced_breathing_shows_the_heart_before_and_after(trained: Database) -> None:
    # Row 56.
    client = create_app(trained, access=Open("test")).test_client()
    assert "Breaths a minute" not in text(client.get("/recovery"))
    after = trained.value("SELECT MAX(next_seq) FROM logs WHERE device_id = :device_id", device_id=DEVICE)
    ingest(
        trained, DEVICE, LOG, [made.breathing(after, records_on_wire.NO_SESSION, uptime_ms=9_000_000)], NOW_MS
    )
    assert "5:00 6.0 65 → – 41 → –" in text(client.get("/recovery"))


def test_devices_say_that_every_sample_is_present(trained: Database, client: Any) -> None:
    devices.received(trained, DEVICE, 1_234_567)
    page = text(client.get("/devices"))
    assert "Band 1" in page
    assert "every sample present" in page
    assert "Battery 82 %" in page
    assert "Received by radio 1,234.6 kB" in page


def test_devices_name_the_gaps(trained: Database) -> None:
    records.remove(trained, DEVICE, LOG, 10, 13)
    records.add_gap(trained, DEVICE, LOG, 10, 13, "erased", 0)
    trained.run("UPDATE devices SET head_seq = head_seq + 3")
    page = text(create_app(trained, access=Open("test")).test_client().get("/devices"))
    assert "every sample present" not in page
    assert "Records 10 to 12: erased" in page
    assert "Records 41 to 43: still to come with the next sync" in page


def test_sessions_list_links_to_each(client: Any) -> None:
    response = client.get("/sessions")
    assert f"/sessions/{DEVICE}/{LOG:08x}/2" in response.get_data(as_text=True)
    assert "Athlete A" in text(response)


def test_live_values_appear_while_a_set_runs(client: Any, live: dict[str, State]) -> None:
    assert client.get("/live.json").get_json() == {}
    values = {
        "version": 1,
        "phase": 2,
        "set_index": 1,
        "reps": 7,
        "exercise": 2,
        "reps_low": 8,
        "reps_high": 10,
        "rest_left_s": 0,
        "mean_velocity_mm_s": 512,
        "bpm": 141,
        "zone": 3,
        "form_bits": 0,
        "plan_revision": 1,
    }
    live[DEVICE] = State(address="C0:00:00:00:00:01", link="connected", values=values)
    state = client.get("/live.json").get_json()[DEVICE]
    assert (state["phase"], state["reps"], state["target"], state["bpm"]) == ("In a set", 7, 10, 141)
    assert (state["steps"], state["cadence"], state["strain"]) == (None, None, None)
    assert "7 of 10 Squat" in text(client.get("/"))

    newer = values | {"version": 2, "phase": 6, "steps": 812, "cadence": 104, "strain_x10": 63}
    live[DEVICE] = State(address="C0:00:00:00:00:01", link="connected", values=newer)
    state = client.get("/live.json").get_json()[DEVICE]
    assert (state["phase"], state["active"]) == ("Paced breathing", True)
    assert (state["steps"], state["cadence"], state["strain"]) == (812, 104, 6.3)
    live[DEVICE] = State(
        address="C0:00:00:00:00:01",
        link="connected",
        values=newer | {"phase": 5, "strain_x10": live_wire.UNKNOWN_STRAIN},
    )
    state = client.get("/live.json").get_json()[DEVICE]
    assert (state["phase"], state["strain"]) == ("Question to answer", None)


@pytest.mark.parametrize("path", ["/", "/sessions", "/devices"])
def test_an_empty_store_says_what_to_do(store: Database, path: str) -> None:
    assert re.search(
        r"yet|has been seen", text(create_app(store, access=Open("test")).test_client().get(path))
    )


def test_what_is_not_there_is_a_404_that_says_so(client: Any) -> None:
    for path in (f"/sessions/{DEVICE}/{LOG:08x}/99", "/sessions/x/zz/1", "/nowhere"):
        response = client.get(path)
        assert response.status_code == 404
        assert "Back to Today" in response.get_data(as_text=True)


def test_names_are_escaped(trained: Database) -> None:
    trained.run("UPDATE athletes SET name = '<script>alert(1)</script>'")
    trained.run("UPDATE devices SET name = '\"><img src=x onerror=alert(1)>'")
    client = create_app(trained, access=Open("test")).test_client()
    for path in ("/", "/devices", "/sessions", f"/sessions/{DEVICE}/{LOG:08x}/2"):
        page = client.get(path).get_data(as_text=True)
        assert "<script>alert" not in page
        assert "<img" not in page


def test_every_answer_has_the_security_headers(client: Any) -> None:
    for path in ("/", "/live.json", "/nowhere", "/static/style.css"):
        with client.get(path) as response:
            assert all(name in response.headers for name in SECURITY_HEADERS), path


def test_a_session_without_a_clock_says_so(trained: Database, session_key: Key) -> None:
    trained.run("UPDATE sessions SET start_ms = NULL, utc_offset_min = NULL")
    page = text(
        create_app(trained, access=Open("test"))
        .test_client()
        .get(f"/sessions/{DEVICE}/{LOG:08x}/{session_key.session_seq}")
    )
    assert "time not known yet" in page


def test_a_week_with_one_training_has_its_form_and_monotony(trained: Database) -> None:
    """One load and six rest days: mean over sample SD is 1/√7, whatever the load."""
    six_days_later_s = NOW_MS / 1000 + 6 * 86_400
    app = create_app(trained, unix_s=lambda: six_days_later_s, access=Open("test"))
    page = text(app.test_client().get("/trends"))
    assert re.search(r"Form \(TSB\) −?\d+ Monotony, seven days 0\.4", page)
