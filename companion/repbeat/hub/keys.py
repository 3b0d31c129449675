"""The application keys of this companion: one a device, claimed once, in a file that only its owner reads.

The file lies beside the database, outside every repository; nothing here prints or logs a key.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from secrets import token_bytes

from platformdirs import user_data_path

from repbeat.hub.errors import KeysUnreadable
from repbeat_protocol import auth

FILE = "device-keys.json"


def path_for(database: Path | str) -> Path:
    """The file beside a database file; in the person's data folder when the database is a server's."""
    folder = database.parent if isinstance(database, Path) else user_data_path("repbeat", appauthor=False)
    return folder / FILE


class Held:
    """A key, and its slot in the device."""

    def __init__(self, slot: int, key: bytes) -> None:
        self.slot = slot
        self.key = key

    def __repr__(self) -> str:
        return f"Held(slot={self.slot}, key=…)"


class DeviceKeys:
    """Keys by device id. Without a path they last as long as the program: for tests and the demo."""

    def __init__(self, path: Path | None = None) -> None:
        """KeysUnreadable when the file is there and is not what it should be."""
        self._path = path
        self._held: dict[str, Held] = {}
        if path is None or not path.exists():
            return
        try:
            table = json.loads(path.read_text(encoding="utf-8"))
            for device_id, entry in table.items():
                self._held[device_id] = Held(int(entry["slot"]), bytes.fromhex(entry["key"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise KeysUnreadable(
                f"{path} cannot be read: restore it from a backup, or move it away and claim the devices anew"
            ) from error

    def get(self, device_id: str) -> Held | None:
        """The key for a device, None when this companion has not claimed it."""
        return self._held.get(device_id)

    def put(self, device_id: str, slot: int, key: bytes) -> None:
        """Keep a key; on disk when this returns."""
        self._held[device_id] = Held(slot, key)
        self._write()

    def forget(self, device_id: str) -> None:
        """Let go of a device's key."""
        if self._held.pop(device_id, None) is not None:
            self._write()

    def _write(self) -> None:
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        table = {name: {"slot": held.slot, "key": held.key.hex()} for name, held in self._held.items()}
        with suppress(FileNotFoundError):
            fresh.unlink()
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(table, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)


def new_key() -> bytes:
    """A key that nobody has."""
    return token_bytes(auth.KEY_SIZE)
