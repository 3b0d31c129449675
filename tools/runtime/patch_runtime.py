"""patch_runtime.py PACKAGE TARGET: lay the npm package's MicroPython out for the simulator.

Three things differ from a board and are mended in the copy, never in the package:
1. the heap grows without end: the allocator's "how much may I add" answers 0, so `heapsize` is a cap;
2. OSError carries WASI numbers: they become MicroPython's own (ENOENT 44 -> 2), as on a board;
3. the package's JavaScript is a debug build: at each of the interpreter's guarded calls, several in a line of
   Python, it asserts that its table of functions is up to date, which takes more than half of all the time.
"""

from __future__ import annotations

import sys
from pathlib import Path

# WASI errno -> MicroPython (py/mperrno.h)
# fmt: off
ERRNO = {44: 2, 20: 17, 54: 20, 31: 21, 55: 39, 28: 22, 63: 1, 2: 13, 8: 9, 51: 28, 6: 11, 29: 5, 10: 16,
         75: 18, 69: 30}
# fmt: on

# gc_get_max_new_split compiled: `i32.const 0x8000000 (128 MB); end`, and the same with 0 in as many bytes
GROWS = bytes.fromhex("080041808080c0000b")
CAPPED = bytes.fromhex("08004180808080000b")

ASSERTION = ',assert(wasmTable.get(funcPtr)==func,"table mirror is out of date")'
RENEW = "is not the pinned build: run `npm ci` in tools/runtime, or renew patch_runtime.py"


def main(package: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name in ("micropython.wasm", "micropython-settrace.wasm"):
        wasm = (package / name).read_bytes()
        if wasm.count(GROWS) != 1:
            sys.exit(f"{name} {RENEW}")
        (target / name).write_bytes(wasm.replace(GROWS, CAPPED))
    for script in package.glob("micropython*.mjs"):
        source = script.read_text()
        if source.count(ASSERTION) != 1:
            sys.exit(f"{script.name} {RENEW}")
        source = source.replace(ASSERTION, "")
        table = "{" + ",".join(f"{wasi}:{own}" for wasi, own in ERRNO.items()) + "}"
        (target / script.name).write_text(
            source.replace("return-e.errno", f"return-({table}[e.errno]??e.errno)")
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
