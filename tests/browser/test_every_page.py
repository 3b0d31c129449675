"""Every page of the application, as the people it is for see it: no barrier, nothing too wide, no error."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from repbeat_tools.faces import axe
from repbeat_tools.faces.stage import Stage, staged

pytestmark = [pytest.mark.xdist_group("every page"), pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("stage")) as found:
        yield found


def test_no_page_bars_anybody(browser: Browser, stage: Stage) -> None:
    assert len(stage.looks) > 20
    barriers = {}
    for look, page in stage.walk(browser, color_scheme="light", reduced_motion="reduce"):
        found = axe.violations(page)
        page.emulate_media(color_scheme="dark")
        found += [f"dark {one}" for one in axe.violations(page)]
        page.emulate_media(color_scheme="light")
        if found:
            barriers[look.page] = found
    assert barriers == {}


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
