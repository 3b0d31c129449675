"""Lint and types over the whole project: what `make check` and CI run before the tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
CHECKS = (
    ("ruff check", [BIN / "ruff", "check", "--quiet", "."]),
    ("ruff format", [BIN / "ruff", "format", "--check", "--quiet", "."]),
    ("mypy (strict)", [BIN / "mypy"]),
)


def main() -> int:
    failed = 0
    for name, command in CHECKS:
        code = subprocess.run([str(part) for part in command], cwd=ROOT, check=False).returncode
        print(f"{'ok  ' if code == 0 else 'FAIL'} {name}", flush=True)  # noqa: T201
        failed += code != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
