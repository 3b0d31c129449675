"""`python -m repbeat_tools.faults MODULE LIFE SIZE`: lead one life again, on both interpreters."""

from __future__ import annotations

import sys

from repbeat_tools.faults import pool

if __name__ == "__main__":
    module, life, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    sys.stdout.write(f"CPython      {pool.on_cpython(module, [life], size)[0]}\n")
    if module in pool.MODULES:
        sys.stdout.write(f"MicroPython  {pool.on_micropython(module, [life], size)[0]}\n")
