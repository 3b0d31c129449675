"""Somebody new is led from step to step; who has trained sees the day instead."""

from web.town import PASSWORD, Town

from repbeat.coach import health
from repbeat.coach.programme_command import begin
from repbeat.people import accounts, setup
from repbeat_tools.sample import NOW_MS


def test_today_leads_somebody_new_to_a_band_a_plan_and_training(town: Town) -> None:
    newt = setup.member(town.db, "Newt", PASSWORD, NOW_MS)
    browser = town.client(newt)
    page = browser.get("/").get_data(as_text=True)
    assert all(step in page for step in ("Claim a band", "Choose a plan", "Train", "/devices", "/programmes"))
    assert "No band is worn yet" in browser.get("/live").get_data(as_text=True)
    (own,) = accounts.owned(town.db, newt.account_id)
    assert f"/health/{own}#heart" in page
    begin(town.db, own, "mobility", {}, NOW_MS, age_years=30)
    assert page.count('class="done"') == 0
    assert browser.get("/").get_data(as_text=True).count('class="done"') == 1
    health.set_heart_rates(town.db, own, 52, 188, NOW_MS)
    assert browser.get("/").get_data(as_text=True).count('class="done"') == 2
    assert "Claim a band" not in town.client(town.ann).get("/").get_data(as_text=True)
