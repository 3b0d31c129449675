"""A record log mounted, filled and read whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from device.store.log import Log
from repbeat_protocol import records
from repbeat_tools.faults.nor import Nor

Flash = Callable[..., Any]


def mounted(nor: Nor) -> Any:
    log = Log(nor)
    log.mount()
    return log


def contents(log: Any) -> dict[int, bytes]:
    """Every record present, in reading order."""
    buf = bytearray(records.MAX_RECORD)
    found: dict[int, bytes] = {}
    seq = log.oldest
    while seq < log.next_seq:
        size = log.read_into(seq, buf)
        assert size
        found[seq] = bytes(buf[:size])
        seq = log.next_present(seq + 1)
    return found


def fill(log: Any, kinds: tuple[int, ...], count: int, size: int = 120) -> dict[int, bytes]:
    """Append that many records of these types in turn; what each must read as."""
    kept = {}
    for i in range(count):
        payload = i.to_bytes(4, "little") + bytes(size - 4)
        seq = log.append(kinds[i % len(kinds)], 1, payload, i)
        kept[seq] = records.encode(seq, kinds[i % len(kinds)], 1, log.boot, i, payload)
    return kept


def losses(present: dict[int, bytes]) -> list[dict[str, int]]:
    found = []
    for seq, raw in present.items():
        if raw[0] == records.LOSS:
            found.append(records.unpack(records.LOSS, 1, records.decode(raw, seq)[4]))
    return found
