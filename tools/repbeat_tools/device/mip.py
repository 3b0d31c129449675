"""package.json for MicroPython's own installer: `mpremote mip install --target / package.json` in a checkout.

`python -m repbeat_tools.device.mip` writes it; a test holds it against the sources.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from repbeat_tools.device import bundle

ROOT = Path(__file__).resolve().parents[3]
FILE = ROOT / "package.json"


def package() -> dict[str, Any]:
    """Every source of the device: its path there, and its path in the checkout."""
    urls = [[name.lstrip("/"), path.relative_to(ROOT).as_posix()] for name, path in bundle.sources().items()]
    return {"urls": urls, "deps": [], "version": _version()}


def _version() -> str:
    """That of firmware/device/system/version.py, which the device tells."""
    found: dict[str, Any] = {}
    exec((ROOT / "firmware/device/system/version.py").read_text(), found)  # noqa: S102
    return ".".join(map(str, found["PARTS"]))


def text() -> str:
    """As it is in the repository: one file a line."""
    made = package()
    urls = ",\n".join(f"    {json.dumps(one)}" for one in made["urls"])
    return f'{{\n  "urls": [\n{urls}\n  ],\n  "deps": [],\n  "version": "{made["version"]}"\n}}\n'


if __name__ == "__main__":
    FILE.write_text(text())
