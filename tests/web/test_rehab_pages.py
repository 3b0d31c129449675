"""Range of motion on the pages: one's own, a therapist's by consent, the report, and live."""

import pytest
from rehab.test_report import session, texts
from web.town import Town

from repbeat.coach import recovery
from repbeat.derive.readiness import CheckIn
from repbeat.hub import State
from repbeat.ingest.batch import ingest
from repbeat.ingest.days import day_of
from repbeat.people import accounts, audit, consent
from repbeat.store import devices
from repbeat.web import live
from repbeat_protocol import live as wire
from repbeat_tools.sample import NOW_MS

BAND, LOG = "00000000000000c3", 0x5EED0003
WITHIN_A_DAY_MS = 3_600_000


@pytest.fixture
def athlete_id(town: Town) -> str:
    """Ann, who trained her knee an hour ago and said how sore she was."""
    (found,) = accounts.owned(town.db, town.ann.account_id)
    devices.begin_log(town.db, BAND, LOG, NOW_MS)
    devices.assign(town.db, BAND, LOG, found)
    begun_ms = NOW_MS - WITHIN_A_DAY_MS
    ingest(town.db, BAND, LOG, session(0, 0, (1, 6, 1, 0, 71, 98), now_ms=begun_ms), NOW_MS)
    recovery.check_in(town.db, found, CheckIn(day_of(begun_ms, 0), soreness=2, fatigue=4), NOW_MS)
    return found


def test_ones_own_page_session_and_report(town: Town, athlete_id: str) -> None:
    client = town.client(town.ann)
    page = client.get(f"/rehab/{athlete_id}").get_data(as_text=True)
    for text in ("Knee flexion", "6 of 8 repetitions turned within the range", "30–90°", "report.pdf"):
        assert text in page
    of_session = client.get(f"/sessions/{BAND}/{LOG:08x}/2").get_data(as_text=True)
    assert "98°" in of_session
    assert f"/rehab/{athlete_id}" in of_session
    table = client.get(f"/rehab/{athlete_id}/report.csv")
    assert table.headers["Content-Disposition"] == 'attachment; filename="range-of-motion.csv"'
    assert "knee_flexion,1,30,90,8,1,6,1,0,71,98,5,2,4,0" in table.get_data(as_text=True)
    pdf = client.get(f"/rehab/{athlete_id}/report.pdf")
    assert pdf.content_type == "application/pdf"
    assert "6 of 8 repetitions within the range" in texts(pdf.get_data())
    noted = [(one.action, one.detail) for one in audit.of_athlete(town.db, athlete_id)]
    assert noted.count(("exported", "range of motion")) == 2
    assert "range of motion" in client.get(f"/privacy/{athlete_id}").get_data(as_text=True)


def test_a_therapist_gets_what_was_consented_to(town: Town, athlete_id: str) -> None:
    coach = town.people["coach"]
    client = town.client(coach)
    for path in ("", "/report.csv", "/report.pdf"):
        assert client.get(f"/rehab/{athlete_id}{path}").status_code == 404
    consent.give(town.db, athlete_id, "account", coach.account_id, ["sessions"], NOW_MS)
    table = client.get(f"/rehab/{athlete_id}/report.csv").get_data(as_text=True)
    assert "knee_flexion,1,30,90,8,1,6,1,0,71,98,5,,," in table, "no answer of a check-in"
    consent.give(town.db, athlete_id, "account", coach.account_id, ["values"], NOW_MS)
    assert ",5,2,4,0" in client.get(f"/rehab/{athlete_id}/report.csv").get_data(as_text=True)
    seen = {(one.name, one.action, one.detail) for one in audit.of_athlete(town.db, athlete_id)}
    assert {("Coach", "saw", "sessions"), ("Coach", "exported", "range of motion")} <= seen
    assert f"/rehab/{athlete_id}" in client.get(f"/roster/{athlete_id}").get_data(as_text=True)


def test_the_live_page_has_the_angle_in_a_set_with_a_range(town: Town) -> None:
    values = dict.fromkeys(wire.FIELDS, 0) | {"version": 3, "phase": wire.IN_SET, "exercise": 31}
    with town.app.test_request_context():
        ranged = live.shown(
            State(address="", link="live", values=values | {"angle": 47, "angle_low": 30, "angle_high": 90})
        )
        unknown = live.shown(
            State(address="", link="live", values=values | {"angle": 255, "angle_low": 30, "angle_high": 90})
        )
        without = live.shown(
            State(address="", link="live", values={name: values[name] for name in wire.FIELDS[: wire.SECOND]})
        )
    assert (ranged["angle"], ranged["angle_range"]) == (47, [30, 90])
    assert (unknown["angle"], unknown["angle_range"]) == (None, [30, 90])
    assert (without["angle"], without["angle_range"]) == (None, None)
