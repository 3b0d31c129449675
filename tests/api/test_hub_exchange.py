"""What a hub elsewhere tells and hears: its own gym's devices, and what a device can say."""

from collections.abc import Callable

from api.conftest import Caller
from web.town import OTHER_DEVICE, Town

from repbeat.people import commands, tokens
from repbeat_protocol import live
from repbeat_tools.sample import NOW_MS


def doing(device_id: str, **more: object) -> dict:
    return {"hub": "0" * 16, "devices": [{"device_id": device_id, "link": "connected", **more}]}


def test_a_hub_tells_of_its_own_gym_alone(town: Town, caller: Callable[..., Caller]) -> None:
    hub = caller(town.people["operator"], [tokens.HUB])  # of the gym Elsewhere
    commands.add(town.db, OTHER_DEVICE, commands.ERASE, NOW_MS)
    assert hub.ask("POST", "/hub", json=doing(OTHER_DEVICE)) == {"orders": []}
    assert hub.ask("POST", "/hub", json=doing("00000000000000ee")) == {"orders": []}
    (order,) = commands.waiting(town.db, OTHER_DEVICE)
    answers = [{"device_id": OTHER_DEVICE, "command_id": order.command_id, "done": True}]
    hub.ask("POST", "/hub", json={"hub": "0" * 16, "answers": answers})
    assert commands.waiting(town.db, OTHER_DEVICE) == [order]
    assert town.db.rows("SELECT 1 FROM live_now") == []
    caller(town.people["athlete"], [tokens.HUB]).ask("POST", "/hub", 403, json=doing(OTHER_DEVICE))


def test_what_no_device_says_is_refused(town: Town, caller: Callable[..., Caller]) -> None:
    hub = caller(town.people["operator"], [tokens.HUB])
    device = "00000000000000c9"
    hub.ask("PUT", f"/devices/{device}", json={"log_id": 1, "head_seq": 0, "name": "Band 9"})
    whole = dict.fromkeys(live.FIELDS, 1)
    for values in ({"reps": 1}, {**whole, "name": 1}, {**whole, "reps": 1 << 40}):
        hub.ask("POST", "/hub", 422, json=doing(device, values=values))
    hub.ask("POST", "/hub", json=doing(device, values=whole, heart={"bpm": 120, "rr_1024": [500]}))
    assert len(town.db.rows("SELECT 1 FROM live_now")) == 1
    hub.ask("POST", "/hub", json={"hub": "1" * 16})  # another hub of theirs has none
    assert len(town.db.rows("SELECT 1 FROM live_now")) == 1
    hub.ask("POST", "/hub", json={"hub": "0" * 16})
    assert town.db.rows("SELECT 1 FROM live_now") == []
