"""Every page of the application, as the people it is for see it: no barrier, nothing too wide, no error."""

from collections.abc import Iterator

import pytest
from flask import Flask, template_rendered
from jinja2 import Template
from playwright.sync_api import Browser

from repbeat_tools.faces import axe
from repbeat_tools.faces.report import traffic
from repbeat_tools.faces.stage import Stage, staged

pytestmark = [pytest.mark.xdist_group("every page"), pytest.mark.timeout(600)]

MOST_BYTES = 60_000  # compressed; usable at 3G speed
# Shown where something was done: tests/browser/test_paths.py and test_together.py look at them.
AFTER_A_POST = {"erased.html", "group_invite.html", "services_strava.html"}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("stage")) as found:
        yield found


def test_each_template_is_looked_at_and_bars_nobody(browser: Browser, stage: Stage) -> None:
    barriers, drawn = {}, set()

    def note(_: Flask, template: Template, **__: object) -> None:
        drawn.add(template.name)

    template_rendered.connect(note)
    for look, page in stage.walk(browser, color_scheme="light", reduced_motion="reduce"):
        found = axe.violations(page)
        page.emulate_media(color_scheme="dark")
        found += [f"dark {one}" for one in axe.violations(page, axe.COLOURS)]
        page.emulate_media(color_scheme="light")
        if found:
            barriers[look.page] = found
    assert barriers == {}
    whole = {one for one in stage.app.jinja_env.list_templates() if not one.startswith("_")}
    assert whole - drawn - {"base.html"} == AFTER_A_POST


def test_a_first_view_weighs_little(browser: Browser, stage: Stage) -> None:
    full = [look for look in stage.looks if not look.page.endswith("-empty")]
    weights = {look.page: traffic(stage, browser, look)[0] for look in full}
    assert {page: weight for page, weight in weights.items() if weight > MOST_BYTES} == {}


@pytest.mark.parametrize(("language", "width"), [("en", 320), ("de", 360), ("ar", 360)])
def test_no_page_is_wider_than_a_small_phone(
    browser: Browser, stage: Stage, language: str, width: int
) -> None:
    wide, errors, heard = [], [], set()
    for look, page in stage.walk(browser, viewport={"width": width, "height": 740}, locale=language):
        if page not in heard:
            page.on("pageerror", lambda error: errors.append(f"{error.message} {error.stack}"))
            heard.add(page)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wide.append(look.page)
    assert (wide, errors) == ([], [])
