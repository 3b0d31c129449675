"""The wall's cues: each that can be spoken is written."""

from collections.abc import Callable

import pytest
from browser.voice import VOICE
from flask import Flask
from playwright.sync_api import Browser, expect
from web.sample import DEVICE

from repbeat.hub import State
from repbeat.store import Database
from repbeat.web.access import Open
from repbeat.web.app import create_app
from repbeat_protocol import exercises
from repbeat_protocol import live as wire

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.timeout(120)]


def state(phase: int, reps: int, rest_left_s: int = 0) -> State:
    values = dict.fromkeys(wire.FIELDS, 0) | {
        "phase": phase,
        "reps": reps,
        "reps_high": 10,
        "rest_left_s": rest_left_s,
        "exercise": exercises.code("wheelchair_push"),
    }
    return State(address="C0:00:00:00:00:01", link="connected", values=values)


def test_spoken_cues_have_captions(
    browser: Browser, served: Callable[[Flask], str], trained: Database
) -> None:
    states = {DEVICE: state(wire.IN_SET, 8)}
    page = browser.new_page()
    page.add_init_script(VOICE)
    page.goto(served(create_app(trained, lambda: states, access=Open("test"))) + "/wall")
    captions = page.get_by_role("log")
    expect(page.get_by_text("Wheelchair push")).to_be_visible()
    states[DEVICE] = state(wire.IN_SET, 9)
    expect(captions).to_contain_text("One more.")
    assert page.evaluate("window.said") == []  # nobody asked for a voice
    page.get_by_role("button", name="Speak cues").click()
    for one, words in (
        (state(wire.REST, 10, 60), "Set done. Rest."),
        (state(wire.IN_SET, 0), "Rest is over."),
    ):
        states[DEVICE] = one
        expect(captions).to_contain_text(words)
        assert words in page.evaluate("window.said.at(-1)")
    page.close()
