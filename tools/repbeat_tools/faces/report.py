"""`make pages-report`: what each page weighs, asks for, bars, and how soon it shows something.

First paint is a ratio to that of an empty Flask page, loaded in turn with it in the same run: the machine's
mood is in both.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, Page
from rich.console import Console
from rich.progress import track

from repbeat.web.background import served
from repbeat_tools.faces.stage import MANY, Look, Stage, chromium, staged
from repbeat_tools.faces.visit import visits

LOADS = 3
PAINT = """() => new Promise((told) => {
  const painted = new PerformanceObserver((list) => told(list.getEntries()[0].startTime));
  painted.observe({type: "paint", buffered: true});
})"""


def main() -> None:
    """Print the list, or of pages that begin with an argument alone."""
    wanted = tuple(sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="repbeat-pages-") as folder:
        print(json.dumps(run(Path(folder), wanted), indent=1))  # noqa: T201


def run(folder: Path, wanted: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """One row a page: bytes over the network (cold cache), requests, axe_violations, first_paint_ratio."""
    with staged(folder, MANY) as stage, chromium() as browser, served(_empty()) as empty:
        looks = [one for one in stage.looks if not wanted or one.page.startswith(wanted)]
        shown: dict[str, Any] = {"console": Console(file=sys.stderr), "transient": True, "total": len(looks)}
        rows = [
            {
                "page": one.page,
                "bytes": one.bytes,
                "requests": one.requests,
                "axe_violations": len(one.barriers),
            }
            for one in track(visits(stage, browser, looks), "pages", **shown)
        ]
        ratios = list(track(_first_paints(stage, browser, looks, empty), "first paint", **shown))
    return [row | {"first_paint_ratio": ratio} for row, ratio in zip(rows, ratios, strict=True)]


def _first_paints(stage: Stage, browser: Browser, looks: list[Look], empty: str) -> Iterator[float]:
    """Median of each page's first paint over the median of the empty page's, in one tab a person."""
    nothing, tabs = browser.new_page(), {}
    for look in looks:
        if look.who not in tabs:
            tabs[look.who] = stage.context(browser, look).new_page()
            tabs[look.who].goto(look.url)  # what all pages share is here, as for whoever has been here before
        times = [(_paint_ms(tabs[look.who], look.url), _paint_ms(nothing, empty)) for _ in range(LOADS)]
        page_ms, empty_ms = (statistics.median(column) for column in zip(*times, strict=True))
        yield round(page_ms / empty_ms, 2)
    for page in (nothing, *tabs.values()):
        page.context.close()


def _paint_ms(page: Page, url: str) -> float:
    page.goto(url)
    took: float = page.evaluate(PAINT)
    return took


def _empty() -> Flask:
    app = Flask(__name__)
    app.config.update(MAX_CONTENT_LENGTH=1, TRUSTED_PROXIES=0)
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


if __name__ == "__main__":
    main()
