"""`make screenshots`: every page at phone and desktop size, light and dark; phones from right to left too."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.progress import track

from repbeat_tools.faces.stage import Look, Scheme, chromium, staged

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "build" / "screenshots"
SIZES = {"phone": (360, 740), "desktop": (1280, 860)}
SHAPES: list[tuple[str, str, Scheme, str]] = [
    (f"{size}-{scheme}", size, scheme, "en-GB") for size in SIZES for scheme in ("light", "dark")
] + [("phone-rtl", "phone", "light", "ar")]
WALL = (3840, 2160)
DOCS = {  # of the README
    "today-phone-light": "today",
    "session-desktop-light": "session",
    "trends-desktop-dark": "trends",
}


def main() -> None:
    """Take all, or those whose page begins with an argument; `--docs` renews those of the README."""
    wanted = [name for name in sys.argv[1:] if not name.startswith("--")]
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="repbeat-pictures-") as folder,
        staged(Path(folder)) as stage,
        chromium() as browser,
    ):
        looks = [one for one in stage.looks if not wanted or one.page.startswith(tuple(wanted))]
        for shape, size, scheme, language in track(
            SHAPES, "screenshots", console=Console(file=sys.stderr), transient=True
        ):
            width, height = SIZES[size]
            for look in looks:
                context = stage.context(
                    browser,
                    look,
                    viewport={"width": width, "height": height},
                    color_scheme=scheme,
                    locale=language,
                    reduced_motion="reduce",
                )
                _take(context.new_page(), look, shape)
                context.close()
        for look in looks:
            if look.page.startswith(("wall", "today", "live")):
                context = stage.context(
                    browser, look, viewport={"width": WALL[0], "height": WALL[1]}, color_scheme="dark"
                )
                _take(context.new_page(), look, "4k", whole=False)
                context.close()
    if "--docs" in sys.argv:
        for name, to in DOCS.items():
            shutil.copyfile(FOLDER / f"{name}.png", ROOT / "docs" / f"{to}.png")
    print(FOLDER)  # noqa: T201


def _take(page, look: Look, shape: str, *, whole: bool = True) -> None:  # type: ignore[no-untyped-def]
    page.goto(look.url, wait_until="load")
    page.wait_for_timeout(250)  # charts are drawn
    page.screenshot(path=FOLDER / f"{look.page}-{shape}.png", full_page=whole)


if __name__ == "__main__":
    main()
