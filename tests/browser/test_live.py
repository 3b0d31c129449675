"""The pages in a real browser: live values move, new data appears, nothing overflows, nothing errs."""

from collections.abc import Callable
from typing import Literal

import pytest
from browser.voice import VOICE
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from web.sample import DEVICE, LOG

from repbeat.hub import State
from repbeat.store import Database, plans
from repbeat.web.access import Open
from repbeat.web.app import create_app
from repbeat_protocol import live as wire
from repbeat_tools.faces import axe

Serve = Callable[[Flask], str]
SESSION = f"/sessions/{DEVICE}/{LOG:08x}/2"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def in_set(reps: int, bpm: int = 0) -> State:
    values = dict.fromkeys(wire.FIELDS, 0) | {
        "phase": wire.IN_SET,
        "reps": reps,
        "bpm": bpm,
        "reps_high": 10,
        "exercise": 2,
    }
    return State(address="C0:00:00:00:00:01", link="connected", values=values)


def open_page(browser: Browser, address: str, width: int = 1280) -> tuple[Page, list[str]]:
    page = browser.new_page(viewport={"width": width, "height": 900})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(address)
    return page, errors


def test_the_rep_count_moves_while_one_looks(browser: Browser, served: Serve, trained: Database) -> None:
    states: dict[str, State] = {}
    page, errors = open_page(browser, served(create_app(trained, lambda: states, access=Open("test"))))
    strip = page.locator("[data-live]")
    expect(strip).to_be_hidden()
    for reps in (6, 7):
        states[DEVICE] = in_set(reps)
        expect(strip.locator("[data-of=reps]")).to_have_text(str(reps))
    expect(strip).to_be_visible()
    unit = strip.get_by_text("bpm")
    expect(unit).to_be_hidden()  # no heart rate yet: a dash alone
    states[DEVICE] = in_set(7, bpm=120)
    expect(unit).to_be_visible()
    expect(strip.locator("[data-of=bpm]")).to_have_text("120")
    states[DEVICE] = State(
        address="C0:00:00:00:00:01", link="connected", values=dict.fromkeys(wire.FIELDS, 0)
    )
    expect(strip).to_be_hidden()
    assert errors == []
    page.close()


def test_a_plan_that_was_applied_shows_without_a_reload(
    browser: Browser, served: Serve, trained: Database
) -> None:
    page, errors = open_page(browser, served(create_app(trained, access=Open("test"))))
    expect(page.get_by_text("ready for the device")).to_be_visible()
    page.evaluate("window.kept = true")
    athlete_id = trained.value("SELECT athlete_id FROM athletes")
    plans.set_status(trained, athlete_id, 2, plans.APPLIED)
    expect(page.get_by_text("in force on the device")).to_be_visible(timeout=15_000)
    assert page.evaluate("window.kept") is True
    assert errors == []
    page.close()


def test_the_heart_chart_is_drawn_with_a_table_behind_it(
    browser: Browser, served: Serve, trained: Database
) -> None:
    page, errors = open_page(browser, served(create_app(trained, access=Open("test"))) + SESSION)
    canvas = page.locator("[data-chart=heart-chart-data] canvas")
    expect(canvas).to_be_visible()
    drawn = "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v)"
    assert canvas.evaluate(drawn)
    page.get_by_text("The values: Heart rate and sets").click()
    expect(page.get_by_role("table").first.get_by_role("row")).to_have_count(5)
    assert errors == []
    page.close()


@pytest.mark.parametrize("width", [360, 768, 1280, 3840])
def test_no_page_is_wider_than_its_screen(
    browser: Browser, served: Serve, trained: Database, width: int
) -> None:
    address = served(create_app(trained, lambda: {DEVICE: in_set(7)}, access=Open("test")))
    page, errors = open_page(browser, address, width)
    for path in ("/", "/sessions", "/devices", SESSION, "/nowhere"):
        page.goto(address + path)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, scheme)
    assert all("404" in error for error in errors)
    page.close()


def test_a_wide_table_loses_no_column_on_a_phone(browser: Browser, served: Serve, trained: Database) -> None:
    address = served(create_app(trained, access=Open("test")))
    sets = "#sets ~ .scroll table"
    page, errors = open_page(browser, address + SESSION, 360)
    for width, how in ((360, "data-tight"), (220, "data-stacked")):
        page.set_viewport_size({"width": width, "height": 740})
        expect(page.locator(sets)).to_have_attribute(how, "")
        cells = page.locator(f"{sets} tbody:first-of-type tr:nth-child(2) > *")
        edges = cells.evaluate_all("all => all.map((one) => one.getBoundingClientRect().right)")
        assert len(edges) == page.locator(f"{sets} thead th").count()
        assert max(edges) <= width
        assert axe.violations(page) == []
    page.set_viewport_size({"width": 1280, "height": 900})
    for how in ("data-tight", "data-stacked"):
        expect(page.locator(sets)).not_to_have_attribute(how, "")
    assert errors == []
    page.close()


def test_the_keyboard_reaches_everything(browser: Browser, served: Serve, trained: Database) -> None:
    page, _ = open_page(browser, served(create_app(trained, access=Open("test"))))
    reached = []
    for _ in range(8):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim().split('\\n')[0]"))
    assert reached[:5] == ["Skip to content", "RepBeat", "Today", "Live", "Sessions"]
    page.close()


def test_pages_read_without_scripts(browser: Browser, served: Serve, trained: Database) -> None:
    address = served(create_app(trained, lambda: {DEVICE: in_set(7)}, access=Open("test")))
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    expect(page.locator("[data-of=reps]")).to_have_text("7")
    expect(page.get_by_text("60 kg → 62.5 kg")).to_be_visible()
    context.close()


def test_a_session_on_paper_has_its_tables_and_no_buttons(
    browser: Browser, served: Serve, trained: Database
) -> None:
    page, _ = open_page(browser, served(create_app(trained, access=Open("test"))) + SESSION, width=794)
    page.evaluate("document.querySelectorAll('details').forEach((one) => one.open = false)")
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.get_by_role("navigation")).to_have_count(0)
    expect(page.locator("main form:visible")).to_have_count(0)
    rows = page.locator("[aria-labelledby=reps] table").first
    assert rows.evaluate("e => e.getBoundingClientRect().height") > 100  # closed on the screen, open on paper
    white = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--card')")
    assert white == "#ffffff"  # also for whom the screen is dark
    page.close()


def test_nothing_moves_for_whom_it_should_not(browser: Browser, served: Serve, trained: Database) -> None:
    states = {DEVICE: in_set(6)}
    page = browser.new_page(reduced_motion="reduce")
    page.goto(served(create_app(trained, lambda: states, access=Open("test"))) + "/live")
    count = page.locator("[data-of=reps]")
    states[DEVICE] = in_set(7)
    expect(count).to_have_text("7")
    expect(count).to_have_class("count flash")
    assert count.evaluate("e => getComputedStyle(e).animationName") == "none"
    page.close()


def test_the_live_page_says_what_was_off_and_speaks_when_asked(
    browser: Browser, served: Serve, trained: Database
) -> None:
    # Rows 33 and 71.
    states = {DEVICE: in_set(8)}
    page = browser.new_page()
    page.add_init_script(VOICE)
    page.goto(served(create_app(trained, lambda: states, access=Open("test"))) + "/live")
    flag, captions = page.locator('[data-of="form"]'), page.get_by_role("log")
    expect(page.locator('[data-of="reps"]')).to_have_text("8")
    expect(flag).to_be_hidden()
    assert page.evaluate("window.said") == []  # nobody asked for a voice
    page.get_by_role("button", name="Speak cues").click()
    fast = in_set(9)
    states[DEVICE] = State(address="", link="connected", values={**(fast.values or {}), "form_bits": 2})
    expect(flag).to_have_text("▲ fast")
    expect(captions).to_have_text("One more.")
    assert page.evaluate("window.said") == ["9", "fast", "One more."]
    states[DEVICE] = State(
        address="",
        link="connected",
        values={**(fast.values or {}), "phase": wire.REST, "reps": 10, "rest_left_s": 60},
    )
    expect(captions).to_have_text("Set done. Rest.")
    assert axe.violations(page) == []
    page.close()
