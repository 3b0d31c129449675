"""package.json: MicroPython's own installer brings exactly the firmware's files, each to its place."""

from pathlib import Path

import pytest
from mpremote import mip as installer

from repbeat_tools.device import bundle, mip


def test_it_is_up_to_date() -> None:
    assert mip.FILE.read_text() == mip.text(), "run python -m repbeat_tools.device.mip"


def test_mpremote_installs_every_file(monkeypatch: pytest.MonkeyPatch) -> None:
    installed: dict[str, bytes] = {}

    class Board:
        """What mpremote's installer asks of a board."""

        def fs_writefile(self, path: str, data: bytes, progress_callback: object = None) -> None:
            installed[path] = data

    monkeypatch.setattr(installer, "_ensure_path_exists", lambda transport, path: None)
    installer._install_package(Board(), str(mip.FILE), "", "", None, False)
    assert installed == {name: Path(path).read_bytes() for name, path in bundle.sources().items()}
