"""One first view of each page, and all that is asked of it while it stands there.

Opening a page is what costs time, so it is opened once: on a small phone, weighed and measured, then widened
and asked for its barriers in light and, for what dark can change, in dark.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from playwright.sync_api import Browser, CDPSession, Page, ViewportSize

from repbeat_tools.faces import axe
from repbeat_tools.faces.stage import Look, Stage

SMALL: ViewportSize = {"width": 320, "height": 740}  # WCAG 2.2, 1.4.10 Reflow
WIDE: ViewportSize = {"width": 1280, "height": 860}
WIDTH_PX = "document.documentElement.scrollWidth"


class Visit(msgspec.Struct, frozen=True):
    """What a first view of a page cost and what was wrong with it."""

    page: str
    bytes: int
    """Over the network, compressed, with nothing kept from before."""
    requests: int
    width_px: int
    """Of the page on a screen as wide as `SMALL`."""
    barriers: list[str]
    errors: list[str]


def visits(stage: Stage, browser: Browser, looks: Iterable[Look]) -> Iterator[Visit]:
    """Each look in turn, in one tab a person that keeps nothing but who is signed in."""
    tabs: dict[str, _Tab] = {}
    for look in looks:
        if look.who not in tabs:
            tabs[look.who] = _Tab(stage, browser, look)
        yield tabs[look.who].visit(look)
    for tab in tabs.values():
        tab.page.context.close()


class _Tab:
    def __init__(self, stage: Stage, browser: Browser, look: Look) -> None:
        context = stage.context(
            browser, look, viewport=SMALL, reduced_motion="reduce", service_workers="block"
        )
        self.page: Page = context.new_page()
        self._sizes: list[float] = []
        self._errors: list[str] = []
        self.page.on("pageerror", lambda error: self._errors.append(f"{error.message} {error.stack}"))
        network: CDPSession = context.new_cdp_session(self.page)
        network.send("Network.enable")
        network.send("Network.setCacheDisabled", {"cacheDisabled": True})
        network.on("Network.loadingFinished", lambda event: self._sizes.append(event["encodedDataLength"]))

    def visit(self, look: Look) -> Visit:
        page, sizes, errors = self.page, self._sizes, self._errors
        page.set_viewport_size(SMALL)
        sizes.clear()
        errors.clear()
        page.goto(look.url)
        width_px = page.evaluate(WIDTH_PX)
        page.set_viewport_size(WIDE)
        barriers = axe.violations(page)
        page.emulate_media(color_scheme="dark")
        barriers += [f"dark {one}" for one in axe.violations(page, axe.COLOURS)]
        page.emulate_media(color_scheme="light")
        # What scripts asked for at once has come in while axe ran.
        return Visit(look.page, round(sum(sizes)), len(sizes), width_px, barriers, list(errors))
