"""`make screenshots`: every page on phone and desktop, light and dark; in Arabic, German, large, on paper."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, ViewportSize
from rich.console import Console
from rich.progress import track

from repbeat_tools.faces.stage import MANY, Look, Scheme, chromium, staged

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "build" / "screenshots"
SIZES = {"phone": (360, 740), "desktop": (1280, 860)}
SHAPES: list[tuple[str, str, Scheme, str]] = [
    (f"{size}-{scheme}", size, scheme, "en-GB") for size in SIZES for scheme in ("light", "dark")
] + [("phone-rtl", "phone", "light", "ar"), ("phone-german", "phone", "light", "de")]
MOST_HIGH = 12_000  # pixels
LARGE = (3840, 2160)  # a television, a mirror
ON_LARGE = ("wall", "today", "live", "session", "trends", "gym")
A4 = (794, 1123)  # 210 mm × 297 mm at 96 dpi
DOCS = {  # of the README
    "today-phone-light": "today",
    "session-desktop-light": "session",
    "trends-desktop-dark": "trends",
}


def main() -> None:
    """Take all, or those whose page begins with an argument; `--docs` renews those of the README."""
    wanted = tuple(name for name in sys.argv[1:] if not name.startswith("--"))
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="repbeat-pictures-") as folder,
        staged(Path(folder), MANY) as stage,
        chromium() as browser,
    ):
        for shape, size, scheme, language in track(
            SHAPES, "screenshots", console=Console(file=sys.stderr), transient=True
        ):
            settings: dict[str, Any] = {"color_scheme": scheme, "locale": language}
            settings |= {"viewport": _size(SIZES[size]), "reduced_motion": "reduce"}
            for look, page in stage.walk(browser, wanted, **settings):
                _take(page, look, shape, SIZES[size])
        for look, page in stage.walk(browser, wanted or ON_LARGE, viewport=_size(LARGE), color_scheme="dark"):
            _take(page, look, "4k", LARGE, whole=False)
        for look, page in stage.walk(browser, wanted or ("session",), viewport=_size(A4)):
            page.emulate_media(media="print")
            _take(page, look, "print", A4)
    if "--docs" in sys.argv:
        for name, to in DOCS.items():
            shutil.copyfile(FOLDER / f"{name}.png", ROOT / "docs" / f"{to}.png")
    print(FOLDER)  # noqa: T201


def _size(size: tuple[int, int]) -> ViewportSize:
    return {"width": size[0], "height": size[1]}


def _take(page: Page, look: Look, shape: str, size: tuple[int, int], *, whole: bool = True) -> None:
    """A picture; for the `whole` page the screen is made as high, so that what is fixed stays at its edge."""
    page.wait_for_timeout(250)  # what scripts ask for is here
    if whole:
        height = min(MOST_HIGH, max(size[1], page.evaluate("document.documentElement.scrollHeight")))
        page.set_viewport_size(_size((size[0], height)))
    page.wait_for_timeout(150)  # charts are drawn anew
    page.screenshot(path=FOLDER / f"{look.page}-{shape}.png")
    page.set_viewport_size(_size(size))


if __name__ == "__main__":
    main()
