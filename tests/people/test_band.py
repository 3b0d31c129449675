"""What a wearer wants of the band: checked as the firmware checks it, brought once, the latest alone."""

import json
from pathlib import Path

import pytest

from device.session import cues
from device.store import settings
from device.store.wearer_settings import NAMES, WearerSettings
from repbeat.people import band, commands
from repbeat.people.band import BadBand, Band
from repbeat.store import Database
from repbeat.web import words
from repbeat_protocol import transfer

DEVICE = "b1"


class Kept:
    """The firmware's settings without their flash."""

    def __init__(self) -> None:
        self.values: dict[str, int | str] = {}

    def update(self, changes: dict[str, int | str | None]) -> None:
        for name, value in changes.items():
            if value is not None:
                settings.check(name, value)
        for name, value in changes.items():
            if value is None:
                self.values.pop(name, None)
            else:
                self.values[name] = value


def brought(content: bytes, kept: Kept) -> tuple[int, int]:
    """(status, reason) of the device's answer to these settings."""
    receiver = transfer.Receiver({transfer.SETTINGS: WearerSettings(kept)})
    receiver.handle(transfer.pack_begin(transfer.SETTINGS, 7, content))
    blob = transfer.blob(content)
    answer = b""
    for offset in range(0, len(blob), 100):
        answer = receiver.handle(transfer.pack_chunk(offset, blob[offset : offset + 100]))
    return transfer.unpack_state(answer)[3:]


def test_the_companion_knows_every_cue_and_setting_of_the_firmware() -> None:
    assert set(band.CUES) == set(cues.PATTERNS) == set(words.CUES)
    assert set(NAMES) == set(Band.__struct_fields__) - {"cues"}
    page = (Path(__file__).parents[2] / "protocol/transfer.md").read_text()
    assert [name for name in (*band.CUES, *NAMES) if f"`{name}`" not in page] == []


def test_a_wish_reaches_the_settings_and_is_taken_back() -> None:
    kept = Kept()
    wish = Band(haptic=False, nudge_after_min=60, cues={"set_done": "600", "rest_over": "off"})
    assert brought(wish.content, kept) == (transfer.ACCEPTED, 0)
    assert (kept.values["haptic"], kept.values["nudge_after_min"]) == (0, 60)
    assert (kept.values["cue_set_done"], kept.values["cue_rest_over"]) == ("600", "off")
    assert brought(Band().content, kept) == (transfer.ACCEPTED, 0)
    assert "cue_set_done" not in kept.values
    assert kept.values["haptic"] == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"7",
        b"{",
        b'{"key0": "00"}',
        b'{"athlete": 5}',
        b'{"haptic": 2}',
        b'{"haptic": "on"}',
        b'{"cue_set_done": 5}',
        b'{"nudge_until_min": 0}',
        b'{"haptic": 0, "stack_step_g": 1}',
        b"\xff\xfe",
    ],
)
def test_what_is_no_wearers_setting_changes_nothing(content: bytes) -> None:
    kept = Kept()
    assert brought(content, kept) == (transfer.REFUSED, transfer.BAD_SETTING)
    assert kept.values == {}


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"quiet_from_min": 1440}, "between 00:00 and 23:59"),
        ({"nudge_from_min": 900, "nudge_until_min": 900}, "ends after it begins"),
        ({"nudge_after_min": 481}, "480 minutes"),
        ({"zone_high": 6}, "zones are 0 to 5"),
        ({"zone_low": 4, "zone_high": 2}, "not above the highest"),
        ({"cues": {"set_done": "5"}}, "a pattern is"),
        ({"cues": {"set_done": "80 100"}}, "a pattern is"),
        ({"cues": {"nothing": "off"}}, "no cue is named"),
        ({"cues": dict.fromkeys(band.CUES, "2000 2000 " * 7 + "2000")}, "more than a band holds"),
    ],
)
def test_a_wish_that_no_band_can_follow_says_why(changes: dict, cause: str) -> None:
    with pytest.raises(BadBand, match=cause):
        band.check(Band(**changes))


def test_patterns_are_judged_as_the_firmware_does() -> None:
    for pattern in (*words.PATTERNS, "80 100 300", "19", "2001", "x", "80 100", "80 " * 15, "80 " * 17):
        firmware = pattern == band.OFF or cues.own(pattern) is not None
        try:
            band.check(Band(cues={"nudge": pattern}))
        except BadBand:
            assert not firmware, pattern
        else:
            assert firmware, pattern


def test_a_later_wish_takes_the_place_of_one_that_waits(tmp_path: Path) -> None:
    with Database(tmp_path / "repbeat.sqlite3") as db:
        assert band.wished(db, DEVICE) == (Band(), None)
        band.order(db, DEVICE, Band(light=False), 1000)
        band.order(db, DEVICE, Band(haptic=False), 1000)
        (waiting,) = commands.waiting(db, DEVICE)
        assert band.of_command(waiting) == band.wished(db, DEVICE)[0] == Band(haptic=False)
        assert json.loads(band.of_command(waiting).content)["haptic"] == 0
