"""axe-core in a page: what stands in the way of people who do not see, hear or point as others do."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SOURCE = Path(__file__).resolve().parents[2] / "runtime" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast"]
"""All that another colour scheme of the same page can break."""
# Without `preload`, which asks for every style sheet once more: no rule that is run looks at those.
RUN = "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations'], preload: false})"


def violations(page: Page, rules: list[str] = RULES) -> list[str]:
    """Each as "rule: element", for the page as it now stands; `rules` are axe's tags, or names of rules."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_source())  # evaluated, not loaded: the pages' own policy stays in force
    found: dict[str, Any] = page.evaluate(RUN, rules)
    return [f"{one['id']}: {node['target'][0]}" for one in found["violations"] for node in one["nodes"]]


@cache
def _source() -> str:
    return SOURCE.read_text()
