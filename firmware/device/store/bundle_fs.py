"""A bundle as a read-only file system: what Python imports from it is checked against the manifest first.

`vfs.mount(BundleFs(bundle), "/app")`. A file is read whole when it is opened, so that bytecode which has
decayed on flash is refused and never run.
"""

import io
from binascii import crc32

FILE = 0x8000
FOLDER = 0x4000
ENOENT = 2
EROFS = 30


def _name(path: str) -> int:
    return crc32(path.encode()) & 0x3FFFFFFF  # fits a small integer


class BundleFs:
    """`bundle`: repbeat_protocol.bundle.Bundle, whose signature was checked when it was accepted."""

    def __init__(self, bundle) -> None:
        self._bundle = bundle
        self._places = {}  # by the path's checksum: the place of its entry
        self._folders = {""}
        for place in bundle.places():
            path = bundle.entry(place)[0]
            self._places[_name(path)] = place
            parts = path.split("/")
            for depth in range(1, len(parts)):
                self._folders.add("/".join(parts[:depth]))

    def mount(self, readonly, mkfs) -> None:
        """Nothing to prepare."""

    def umount(self) -> None:
        """Nothing to write."""

    def _find(self, path: str) -> int:
        """The place of a file's entry; -1: there is no such file."""
        path = path.lstrip("/")
        place = self._places.get(_name(path), -1)
        return place if place >= 0 and self._bundle.entry(place)[0] == path else -1

    def stat(self, path: str) -> tuple[int, ...]:
        """As os.stat: kind and size, the rest is 0."""
        place = self._find(path)
        if place >= 0:
            return (FILE, 0, 0, 0, 0, 0, self._bundle.entry(place)[2], 0, 0, 0)
        if path.strip("/") in self._folders:
            return (FOLDER, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        raise OSError(ENOENT)

    def open(self, path: str, mode: str):
        """A file to be read. OSError; BundleDamaged when it is not what was signed."""
        if mode not in ("r", "rb"):
            raise OSError(EROFS)
        place = self._find(path)
        if place < 0:
            raise OSError(ENOENT)
        return io.BytesIO(self._bundle.content(place))
