"""A simulated board on a serial port: mpremote and `repbeat device` talk to it as to one on USB."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import tempfile
import tty
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from repbeat_tools.simulator.device import NOTIFY_QUEUE, lay_out
from repbeat_tools.simulator.process import CPU_LIMIT_S, HERE, runtime

HEAP_KB = 1024
MAC = bytes((0x24, 0x0A, 0xC4, 0, 0, 0x5E))


@contextmanager
def serial_board(
    flash_dir: Path, *, files: Mapping[str, bytes] | None = None, heap_kb: int = HEAP_KB
) -> Iterator[str]:
    """Switch a board on; the name of its port. Its file system is `flash_dir`/fs, and stays when it goes off.

    files: put there first, by their path on the device (board.json gives it its chips).
    """
    node, share = runtime()
    filesystem = flash_dir / "fs"
    filesystem.mkdir(parents=True, exist_ok=True)
    lay_out(filesystem, {}, files or {})
    master, slave = pty.openpty()
    os.set_blocking(master, False)
    tty.setraw(master)
    tty.setraw(slave)
    with tempfile.TemporaryDirectory(prefix="repbeat-serial-") as folder:
        config = Path(folder) / "config.json"
        config.write_text(
            json.dumps(
                {
                    "runtime": str(share),
                    "heap_bytes": heap_kb * 1024,
                    "files": str(filesystem),
                    "standin": str(HERE / "standin"),
                    "chips": str(HERE / "chips"),
                    "flash_file": str(flash_dir / "flash.bin"),
                    "nvs_file": str(flash_dir / "nvs.json"),
                    "mac": list(MAC),
                    "queue": NOTIFY_QUEUE,
                }
            )
        )
        guarded = ["sh", "-c", 'ulimit -t "$0"; exec "$@"', str(CPU_LIMIT_S)]
        board = subprocess.Popen([*guarded, str(node), str(HERE / "repl.mjs"), str(config)], stdin=master)
        try:
            yield os.ttyname(slave)  # `slave` stays open: else the board reads EIO between two clients
        finally:
            board.kill()
            board.wait()
            os.close(master)
            os.close(slave)
