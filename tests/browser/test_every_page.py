"""Every page of the application, as the people it is for see it: no barrier, nothing too wide, no error."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from repbeat_tools.faces import axe
from repbeat_tools.faces.stage import Scheme, Stage, staged


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("stage")) as found:
        yield found


@pytest.mark.timeout(900)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_bars_anybody(browser: Browser, stage: Stage, scheme: Scheme) -> None:
    assert len(stage.looks) > 20
    barriers = {}
    for look in stage.looks:
        context = stage.context(browser, look, color_scheme=scheme, reduced_motion="reduce")
        page = context.new_page()
        page.goto(look.url)
        found = axe.violations(page)
        if found:
            barriers[look.page] = found
        context.close()
    assert barriers == {}


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("language", "width"), [("en", 320), ("de", 360), ("ar", 360)])
def test_no_page_is_wider_than_a_small_phone(
    browser: Browser, stage: Stage, language: str, width: int
) -> None:
    wide, errors = [], []
    for look in stage.looks:
        size = {"width": width, "height": 740}
        context = stage.context(browser, look, viewport=size, locale=language)
        page = context.new_page()
        page.on("pageerror", lambda error, at=look.page: errors.append(f"{at}: {error}"))
        page.goto(look.url)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wide.append(look.page)
        context.close()
    assert (wide, errors) == ([], [])
