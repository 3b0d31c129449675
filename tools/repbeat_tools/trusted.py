"""What a claim leaves behind, without the press of the button: for benches and tests of other things.

The key is no secret. tests/trust claims as people do.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from repbeat.hub.keys import DeviceKeys, Held
from repbeat_protocol import auth
from repbeat_tools.device_log import FlashImage, firmware_importable

KEY = bytes(range(auth.KEY_SIZE))
SLOT = 0
SETTINGS = {"key0": KEY.hex() + "bench"}
"""As firmware/device/link/keys.py keeps it."""


class KnownKeys(DeviceKeys):
    """Holds KEY for every device."""

    def get(self, device_id: str) -> Held | None:
        return super().get(device_id) or Held(SLOT, KEY)


def settle(flash: Path, board: dict[str, Any], settings: dict[str, Any] = SETTINGS) -> None:
    """Put KEY, or other settings, into those of a flash file; other partitions stay as they are."""
    with firmware_importable():
        from device.store.settings import Settings  # type: ignore[import-not-found]

    cells = flash.read_bytes() if flash.exists() else FlashImage.blank(board, "cfg").cells()
    image = FlashImage(cells, board, "cfg")
    Settings(image).update(settings)
    flash.parent.mkdir(parents=True, exist_ok=True)
    image.save(flash)
