"""`make pages-report`: what each page weighs, asks for, bars, and how soon it shows something.

First paint is a ratio to that of an empty Flask page, loaded in turn with it in the same run: the machine's
mood is in both.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, BrowserContext
from rich.console import Console
from rich.progress import track

from repbeat.web.background import served
from repbeat_tools.faces import axe
from repbeat_tools.faces.stage import MANY, Look, Stage, chromium, staged

LOADS = 5
PAINT = "performance.getEntriesByType('paint').find(e => e.name === 'first-paint')?.startTime ?? 0"


def main() -> None:
    """Print the list, or of pages that begin with an argument alone."""
    wanted = tuple(sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="repbeat-pages-") as folder:
        print(json.dumps(run(Path(folder), wanted), indent=1))  # noqa: T201


def run(folder: Path, wanted: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """One row a page: bytes over the network (cold cache), requests, axe_violations, first_paint_ratio."""
    out = []
    with staged(folder, MANY) as stage, chromium() as browser, served(_empty()) as empty:
        looks = [one for one in stage.looks if not wanted or one.page.startswith(wanted)]
        for look in track(looks, "pages", console=Console(file=sys.stderr), transient=True):
            bytes_, requests = traffic(stage, browser, look)
            out.append(
                {
                    "page": look.page,
                    "bytes": bytes_,
                    "requests": requests,
                    "axe_violations": len(_barriers(stage, browser, look)),
                    "first_paint_ratio": _paint_ratio(stage, browser, look, empty),
                }
            )
    return out


def _empty() -> Flask:
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 1
    app.extensions["repbeat"] = _Nothing()

    @app.get("/")
    def nothing() -> str:
        return "<!doctype html><title>.</title><p>."

    return app


class _Nothing:
    """What `served` asks of an application."""

    access = None

    class stopping:
        @staticmethod
        def set() -> None:
            """No streams are there to end."""


def traffic(stage: Stage, browser: Browser, look: Look) -> tuple[int, int]:
    """Bytes over the network and requests of a first view: nothing is kept from before."""
    context = stage.context(browser, look)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[int] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(look.url, wait_until="load")
    page.wait_for_timeout(300)  # what scripts ask for at once
    context.close()
    return round(sum(sizes)), len(sizes)


def _barriers(stage: Stage, browser: Browser, look: Look) -> list[str]:
    found = []
    context = stage.context(browser, look)
    page = context.new_page()
    page.goto(look.url, wait_until="load")
    schemes: tuple[Any, ...] = ("light", "dark")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        found += axe.violations(page)
    context.close()
    return found


def _paint_ratio(stage: Stage, browser: Browser, look: Look, empty: str) -> float:
    """Median of this page's first paint over the median of the empty page's."""
    ours, theirs = stage.context(browser, look), browser.new_context()
    times: list[tuple[float, float]] = []
    for _ in range(LOADS):
        times.append((_paint_ms(ours, look.url), _paint_ms(theirs, empty)))
    ours.close()
    theirs.close()
    page_ms, empty_ms = (statistics.median(column) for column in zip(*times, strict=True))
    return round(float(page_ms / empty_ms), 2)


def _paint_ms(context: BrowserContext, url: str) -> float:
    page = context.new_page()
    page.goto(url, wait_until="load")
    took = 0.0
    while not took:  # asked from outside: the pages' own policy lets no string be run in them
        took = page.evaluate(PAINT)
    page.close()
    return took


if __name__ == "__main__":
    main()
