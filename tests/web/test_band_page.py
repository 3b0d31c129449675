"""A wearer chooses cues, quiet hours, reminders and zones on a page; nobody else does."""

from web.sample import DEVICE
from web.town import Town

from repbeat.people import band, commands
from repbeat.people.band import Band
from repbeat_tools.sample import NOW_MS

PATH = f"/devices/{DEVICE}/cues"
FORM = {
    **{"haptic": "1", "quiet_from": "22:30", "quiet_until": "07:00", "zone_low": "1", "zone_high": "3"},
    **{"nudge_after_min": "45", "nudge_from": "09:00", "nudge_until": "00:00"},
    **{"cue_set_done": "600", "cue_rest_over": " OFF ", "cue_zone_exit": "80 100  300"},
}


def test_a_wish_is_kept_shown_and_waits_for_the_hub(town: Town) -> None:
    client = town.client(town.ann)
    assert PATH in client.get("/devices").get_data(as_text=True)
    assert "these are the band’s own settings" in client.get(PATH).get_data(as_text=True)
    page = client.post(PATH, data=FORM, follow_redirects=True).get_data(as_text=True)
    assert "On its way" in page
    assert 'value="22:30"' in page
    assert 'value="80 100 300"' in page
    (order,) = commands.waiting(town.db, DEVICE)
    assert band.of_command(order) == Band(
        light=False,
        quiet_from_min=22 * 60 + 30,
        quiet_until_min=7 * 60,
        nudge_after_min=45,
        nudge_until_min=1440,
        zone_low=1,
        zone_high=3,
        cues={"set_done": "600", "rest_over": "off", "zone_exit": "80 100 300"},
    )
    commands.answered(town.db, DEVICE, order.command_id, "", NOW_MS)
    assert "The band has it." in client.get(PATH).get_data(as_text=True)


def test_what_no_band_can_follow_is_said_and_nothing_is_sent(town: Town) -> None:
    client = town.client(town.ann)
    for wrong in (
        {"cue_set_done": "5"},
        {"nudge_after_min": "x"},
        {"quiet_from": "25:00"},
        {"zone_low": "9"},
    ):
        page = client.post(PATH, data=FORM | wrong, follow_redirects=True).get_data(as_text=True)
        assert "On its way" not in page, wrong
    assert commands.waiting(town.db, DEVICE) == []


def test_it_is_the_wearers_alone(town: Town) -> None:
    for person in town.people.values():
        assert town.client(person).get(PATH).status_code in (403, 404)
        assert town.client(person).post(PATH, data=FORM).status_code in (403, 404)
    assert commands.waiting(town.db, DEVICE) == []
