"""Who wears a band: said by who looks after it while nobody does, and by its wearer to give it back."""

from web.sample import DEVICE
from web.town import Town

from repbeat.people import accounts, tenants
from repbeat.store import athletes, devices
from repbeat_tools.sample import NOW_MS

WEARER = f"/devices/{DEVICE}/wearer"


def _wearer(town: Town) -> str | None:
    return devices.athlete_of(town.db, devices.get(town.db, DEVICE))


def test_given_back_by_its_wearer_and_given_on_by_who_looks_after_it(town: Town) -> None:
    ann = town.client(town.ann)
    own = athletes.named(town.db, "Athlete A").athlete_id
    assert _wearer(town) == own
    assert ann.post(WEARER).status_code == 302
    assert _wearer(town) is None
    assert ann.post(WEARER, data={"athlete": own}).status_code == 404  # who wore it looks not after it
    keeper_account = town.people["coach"]
    tenants.join(town.db, keeper_account.account_id, tenants.HOME, tenants.OPERATOR, NOW_MS)
    keeper = town.client(keeper_account)
    page = keeper.get("/devices").get_data(as_text=True)
    assert "Who wears it from now on" in page
    assert keeper.post(WEARER, data={"athlete": own}).status_code == 302
    assert _wearer(town) == own


def test_nobody_takes_a_band_that_somebody_wears(town: Town) -> None:
    own = _wearer(town)
    for account in town.people.values():
        browser = town.client(account)
        assert browser.post(WEARER).status_code == 404
        mine = accounts.owned(town.db, account.account_id)
        assert browser.post(WEARER, data={"athlete": next(iter(mine), "")}).status_code == 404
    assert _wearer(town) == own
