"""A long file from the browser: it is sent, read and told of, with scripts and without."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from interop.test_apple_health import years_of_a_watch
from playwright.sync_api import Browser, expect

from repbeat.store import Database
from repbeat.web.access import Open
from repbeat.web.app import create_app
from repbeat_tools.faces import axe

Serve = Callable[[Flask], str]
PATIENCE_MS = 60_000
HOURS = 10


@pytest.fixture
def watch(tmp_path: Path) -> Path:
    """More than a form may be elsewhere."""
    path = tmp_path / "export.xml"
    years_of_a_watch(path, HOURS)
    return path


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_long_file_tells_how_far_it_is(
    browser: Browser, served: Serve, trained: Database, watch: Path, scripts: bool
) -> None:
    address = served(create_app(trained, access=Open("test")))
    context = browser.new_context(
        java_script_enabled=scripts, viewport={"width": 360, "height": 740}, service_workers="block"
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address + "/import")
    page.get_by_label("File of Athlete A").set_input_files(watch)
    page.get_by_role("button", name="Import").click()
    page.wait_for_url("**/import/*/*")
    expect(page.locator("#job")).to_have_attribute("aria-live", "polite")
    expect(page.get_by_text("Done.")).to_be_visible(timeout=PATIENCE_MS)  # the page looks again by itself
    if scripts:
        assert axe.violations(page) == []
    page.get_by_role("link", name="All files").click()
    expect(page.get_by_role("link", name="export.xml")).to_be_visible()
    assert trained.value("SELECT COUNT(*) FROM imported_sessions") > 0
    context.close()


def test_how_much_was_sent_is_said_in_steps(
    browser: Browser, served: Serve, trained: Database, tmp_path: Path
) -> None:
    large = tmp_path / "large.fit"
    large.write_bytes(bytes(8 << 20))
    page = browser.new_page()
    page.goto(served(create_app(trained, access=Open("test"))) + "/import")
    page.evaluate(
        """() => {
          const says = document.querySelector("[data-says]");
          window.said = [];
          new MutationObserver(() => said.push(says.textContent)).observe(says, {childList: true});
        }"""
    )
    page.evaluate("addEventListener('pagehide', () => sessionStorage.setItem('said', JSON.stringify(said)))")
    page.get_by_label("File of Athlete A").set_input_files(large)
    page.get_by_role("button", name="Import").click()
    page.wait_for_url("**/import/*/*", timeout=PATIENCE_MS)
    spoken = page.evaluate("JSON.parse(sessionStorage.getItem('said'))")
    assert spoken[-1] == "100 % sent"
    assert 1 <= len(spoken) <= 11
    expect(page.get_by_text("of no kind that is known")).to_be_visible(timeout=PATIENCE_MS)
    page.close()
