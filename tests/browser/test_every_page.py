"""Every page of the application, as the people it is for see it: no barrier, nothing too wide, no error."""

from collections.abc import Iterator

import pytest
from flask import Flask, template_rendered
from jinja2 import Template
from playwright.sync_api import Browser

from repbeat_tools.faces.stage import Stage, staged
from repbeat_tools.faces.visit import SMALL, WIDTH_PX, Visit, visits

pytestmark = [pytest.mark.xdist_group("every page"), pytest.mark.timeout(600)]

MOST_BYTES = 60_000  # compressed; usable at 3G speed
# Shown where something was done: tests/browser/test_paths.py and test_together.py look at them.
AFTER_A_POST = {"erased.html", "group_invite.html", "services_strava.html"}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("stage")) as found:
        yield found


@pytest.fixture(scope="module")
def drawn(stage: Stage) -> Iterator[set[str | None]]:
    """Templates drawn since this was first asked for."""
    names: set[str | None] = set()

    def note(_: Flask, template: Template, **__: object) -> None:
        names.add(template.name)

    with template_rendered.connected_to(note):
        yield names


@pytest.fixture(scope="module")
def seen(browser: Browser, stage: Stage, drawn: set[str | None]) -> list[Visit]:
    """Every page visited once."""
    return list(visits(stage, browser, stage.looks))


def test_each_template_is_looked_at(stage: Stage, seen: list[Visit], drawn: set[str | None]) -> None:
    assert len(seen) == len(stage.looks)
    whole = {one for one in stage.app.jinja_env.list_templates() if not one.startswith("_")}
    assert whole - drawn - {"base.html"} == AFTER_A_POST


def test_no_page_bars_anybody(seen: list[Visit]) -> None:
    assert {one.page: one.barriers for one in seen if one.barriers} == {}


def test_a_first_view_weighs_little(seen: list[Visit]) -> None:
    assert all(one.bytes for one in seen)
    assert {one.page: one.bytes for one in seen if one.bytes > MOST_BYTES} == {}


def test_no_page_is_wider_than_a_small_phone_nor_fails(seen: list[Visit]) -> None:
    assert [one.page for one in seen if one.width_px > SMALL["width"]] == []
    assert {one.page: one.errors for one in seen if one.errors} == {}


@pytest.mark.parametrize("language", ["de", "ar"])
def test_nor_in_a_language_of_long_words_or_from_the_right(
    browser: Browser, stage: Stage, language: str
) -> None:
    wide, errors, heard = [], [], set()
    for look, page in stage.walk(browser, viewport={"width": 360, "height": 740}, locale=language):
        if page not in heard:
            page.on("pageerror", lambda error: errors.append(f"{error.message} {error.stack}"))
            heard.add(page)
        if page.evaluate(WIDTH_PX) > 360:
            wide.append(look.page)
    assert (wide, errors) == ([], [])
