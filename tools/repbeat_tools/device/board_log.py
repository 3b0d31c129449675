"""A board's log, read over its port without writing a byte: the raw partition, understood here.

Blank sectors are not carried: most of a young log is.
"""

from __future__ import annotations

from binascii import unhexlify
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from repbeat_protocol import records
from repbeat_tools import device_log
from repbeat_tools.device.board_port import BoardPort

STEP = 16  # sectors looked at in one question
_OPEN = """
from binascii import hexlify
from esp32 import Partition
log = Partition.find(1, label='log')[0]
buf = bytearray(4096)
head = bytearray(64)
blank = bytes([255] * 64)
def used(first, end):
    found = []
    for sector in range(first, end):
        log.readblocks(sector, head, 0)
        if head != blank:
            found.append(sector)
    return found
def sector(number):
    log.readblocks(number, buf, 0)
    return hexlify(buf)
"""


def read(
    board: BoardPort, settings: dict[str, Any], progress: Callable[[int, int], object] | None = None
) -> tuple[int, list[tuple[int, bytes]]]:
    """(log id, [(sequence, raw record), …]) of everything the board holds. device_log.LogEmpty."""
    board.run(_OPEN)
    image = device_log.FlashImage.blank(settings, device_log.LOG_PARTITION)
    sectors: int = board.ask("log.ioctl(4, 0)")
    used: list[int] = []
    for first in range(0, sectors, STEP):
        used += board.ask(f"used({first}, {min(first + STEP, sectors)})")
    for done, number in enumerate(used):
        image.writeblocks(number, memoryview(unhexlify(board.ask(f"sector({number})"))))
        if progress:
            progress(done + 1, len(used))
    with TemporaryDirectory(prefix="repbeat-log-") as folder:
        file = Path(folder) / "flash.bin"
        image.save(file)
        return device_log.read(file, settings)


def table(held: list[tuple[int, bytes]]) -> Iterator[dict[str, Any]]:
    """Each record as a row; a type this program does not know keeps its payload as hex."""
    for seq, raw in held:
        kind, number, boot, uptime_ms, payload = records.decode(raw, seq)
        name = records.NAMES.get(kind, str(kind))
        row: dict[str, Any] = {"seq": seq, "boot": boot, "uptime_ms": uptime_ms, "kind": name}
        if (kind, number) in records.LAYOUTS:
            row["fields"] = records.unpack(kind, number, payload)
        else:
            row["payload"] = payload.hex()
        yield row
