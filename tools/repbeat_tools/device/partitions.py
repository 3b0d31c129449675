"""The binary partition table of an ESP32 from a board file, as the bootloader reads it at 0x8000.

Format: Espressif's ESP-IDF programming guide, "Partition Tables": 32-byte entries (magic 0xAA 0x50, type,
subtype, offset, size, label of 16 bytes, flags), then one with magic 0xEB 0xEB that holds the MD5 of all
before; 0xFF to 0xC00 bytes.
"""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

from repbeat_tools import boards

OFFSET = 0x8000
SIZE = 0xC00


def table(board: Path) -> bytes:
    """The table for a board file. BoardError."""
    entries = b"".join(
        struct.pack("<2sBBII16sI", b"\xaa\x50", p.type, p.subtype, p.offset, p.size, p.label.encode(), 0)
        for p in boards.read(board).flash.partitions
    )
    digest = b"\xeb\xeb" + b"\xff" * 14 + hashlib.md5(entries, usedforsecurity=False).digest()
    return (entries + digest).ljust(SIZE, b"\xff")
