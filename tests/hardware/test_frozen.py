"""manifest.py freezes what a board gets by cable. The build itself takes Espressif tools: it is not run here.

`package`, `module` and `include` as MicroPython's docs/reference/manifest.rst has them.
"""

from pathlib import Path

import pytest

from repbeat_tools.device import bundle

MANIFEST = Path(__file__).resolve().parents[2] / "firmware/manifest.py"


def frozen() -> tuple[dict[str, Path], list[str]]:
    """What the manifest freezes, by its name in the image, and what it includes."""
    found: dict[str, Path] = {}
    included: list[str] = []

    def package(name: str, base_path: str) -> None:
        base = MANIFEST.parent / base_path
        found.update({path.relative_to(base).as_posix(): path for path in (base / name).rglob("*.py")})

    def module(name: str, base_path: str) -> None:
        found[name] = MANIFEST.parent / base_path / name

    names = {"package": package, "module": module, "include": included.append}
    exec(MANIFEST.read_text(), names)  # noqa: S102 - the project's own
    return found, included


def test_the_image_holds_what_a_board_gets_by_cable() -> None:
    """All but boot.py, which MicroPython runs from the file system before anything else."""
    image, included = frozen()
    by_cable = {name.strip("/").removeprefix("lib/"): path for name, path in bundle.sources().items()}
    assert by_cable.pop("boot.py").exists()
    assert {name: path.resolve() for name, path in image.items()} == {
        name: path.resolve() for name, path in by_cable.items()
    }
    assert included == ["$(PORT_DIR)/boards/manifest.py"], "the port's own modules, asyncio among them"


@pytest.mark.timeout(300)
def test_every_frozen_file_compiles(tmp_path: Path) -> None:
    image, _ = frozen()
    assert all(bundle.compile_file(path, name)[:1] == b"M" for name, path in image.items())
