"""Streaks, badges and boards: shown to whoever wants them, and to who hides them on no page."""

from flask.testing import FlaskClient
from web.town import Town

from repbeat.community import invites
from repbeat.people import tenants
from repbeat.store import athletes
from repbeat_tools.sample import NOW_MS

PAGES = ("/", "/live", "/sessions", "/trends", "/together", "/programmes", "/devices", "/privacy")


def test_who_hides_streaks_meets_them_on_no_page_but_the_preferences(client: FlaskClient) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = False
    assert all("/streaks" in client.get(page).get_data(as_text=True) for page in ("/", "/together"))
    answer = client.post("/streaks", data={"hidden": "1"}, follow_redirects=True)
    assert "Kept." in answer.get_data(as_text=True)
    for page in PAGES:
        assert "treak" not in client.get(page, follow_redirects=True).get_data(as_text=True), page
    assert "/streaks#days" in client.get("/preferences").get_data(as_text=True)
    client.post("/streaks", data={})
    assert "/streaks" in client.get("/").get_data(as_text=True)


def test_who_hides_boards_sees_none_of_a_group_either(town: Town) -> None:
    group = tenants.add_group(town.db, tenants.HOME, "Morning class")
    text = invites.invite(town.db, tenants.HOME, group.group_id, NOW_MS)
    own = athletes.named(town.db, "Athlete A").athlete_id
    invites.accept(town.db, text, town.ann.account_id, own, "Fox", NOW_MS)
    browser = town.client(town.ann)
    page = f"/together/{tenants.HOME}/{group.group_id}"
    assert {"Boards", "Team challenges"} <= set(_headings(browser, page))
    browser.post("/streaks", data={"hidden": "1"})
    assert not {"Boards", "Team challenges"} & set(_headings(browser, page))


def _headings(browser: FlaskClient, page: str) -> list[str]:
    text = browser.get(page).get_data(as_text=True)
    return [part.split("<")[0] for part in text.split('">') if "</h2>" in part]


def test_a_day_called_off_long_ago_can_be_taken_back(client: FlaskClient) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = False
    client.post("/streaks/off", data={"day": "2025-01-06", "days": "1", "why": "ill"})
    assert 'name="day" value="2025-01-06"' in client.get("/streaks").get_data(as_text=True)
    client.post("/streaks/off", data={"day": "2025-01-06", "on": "1"})
    assert 'name="day" value="2025-01-06"' not in client.get("/streaks").get_data(as_text=True)
