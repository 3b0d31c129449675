"""Leads the lives of one kind of fault on both interpreters, some at a time; adds up what they found."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from math import ceil
from multiprocessing import get_context
from pathlib import Path

from repbeat_tools.replay.runner import Firmware, ReplayTimeout, firmware_folder

FINDINGS = ("lost", "doubled", "ghost", "crashed", "stuck")
PROCESSES = 2
LIVES_PER_TASK = 16  # at most: an interpreter's start costs as much as several lives
MICROPYTHON_SHARE = 0.1
HEAP_BYTES = 48 << 20  # garbage is collected only between lives
TIMEOUT_S = 600.0  # one life, on a computer that may be busy
MODULES = ("nor", "power", "store", "frames")

DRIVER = """
import os, sys
for folder in ("/tools", "/tools/repbeat_tools", "/tools/repbeat_tools/faults"):
    os.mkdir(folder)
    if folder != "/tools":
        open(folder + "/__init__.py", "w").close()
for name, text in {files!r}.items():
    with open("/tools/repbeat_tools/faults/" + name + ".py", "w") as file:
        file.write(text)
sys.path.append("/tools")
from repbeat_tools.faults.{kind} import batch
def begin(options):
    pass
def sample(seed, size):
    emit(batch(seed, size))
def end():
    pass
"""


@dataclass(frozen=True)
class Kind:
    """A module here with `batch(seed, size)`; what one life tries on each interpreter (0: not there)."""

    module: str
    size: int
    micropython_size: int


@dataclass
class Tally:
    """What one kind of fault came to. `failures` has what reproduces each life that found something."""

    tried: int = 0
    micropython: int = 0
    interrupted: bool = False  # by Ctrl-C: less was tried than asked for
    found: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FINDINGS, 0))
    failures: list[dict[str, object]] = field(default_factory=list)

    def add(self, module: str, interpreter: str, life: int, size: int, result: dict[str, int]) -> None:
        """Take in the result of one life."""
        self.tried += result["tried"]
        if interpreter == "micropython":
            self.micropython += result["tried"]
        found = {name: count for name, count in result.items() if name != "tried"}
        for name, count in found.items():
            self.found[name] = self.found.get(name, 0) + count
        if any(found.values()):
            self.failures.append({"module": module, "interpreter": interpreter, "life": life, "size": size})


def firmware_on_path() -> None:
    """Let this interpreter import the firmware (`device.…`) from where it lies."""
    folder = str(firmware_folder())
    if folder not in sys.path:
        sys.path.insert(0, folder)


def on_cpython(module: str, lives: list[int], size: int) -> list[dict[str, int]]:
    """The lives on this interpreter."""
    firmware_on_path()
    batch = importlib.import_module(f"repbeat_tools.faults.{module}").batch
    return [batch(life, size) for life in lives]


def on_micropython(module: str, lives: list[int], size: int) -> list[dict[str, int]]:
    """The same lives under MicroPython; one that does not come back counts as stuck."""
    here = Path(__file__).parent
    files = {name: (here / f"{name}.py").read_text() for name in MODULES}
    results: list[dict[str, int]] = []
    driver = DRIVER.format(files=files, kind=module)
    while len(results) < len(lives):
        with Firmware(driver, heap_bytes=HEAP_BYTES, timeout_s=TIMEOUT_S) as firmware:
            try:
                for life in lives[len(results) :]:
                    results.extend(firmware.replay([[life, size]]).emitted)
            except ReplayTimeout:
                results.append(dict.fromkeys(FINDINGS, 0) | {"stuck": 1, "tried": 1})
    return results


def plan_tasks(kind: Kind, total: int, seed: int) -> list[tuple[str, list[int], int]]:
    """(interpreter, life seeds, size of a life) of each task, so that `total` is reached on both together."""
    on_board = kind.micropython_size > 0
    share = ceil(total * MICROPYTHON_SHARE / kind.micropython_size) if on_board else 0
    rest = max(0, total - share * kind.micropython_size)
    tasks = []
    first = seed * 1_000_003 % (1 << 30)
    for interpreter, lives, size in (
        ("micropython", share, kind.micropython_size),
        ("cpython", ceil(rest / kind.size), kind.size),
    ):
        most = min(LIVES_PER_TASK, ceil(lives / PROCESSES))
        for start in range(0, lives, max(1, most)):
            seeds = [(first + start + i) % (1 << 30) for i in range(min(most, lives - start))]
            tasks.append((interpreter, seeds, size))
        first += lives
    return tasks


def _begin_worker() -> None:
    """Others come first, and an interrupt is the parent's alone: it still wants what is under way."""
    os.nice(10)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def run(
    kinds: list[tuple[Kind, int]],
    seed: int,
    progress: Callable[[int], None] = lambda tried: None,
    processes: int = PROCESSES,
) -> Tally:
    """Try each kind as often as asked; `progress(tried)` is called as the lives end.

    An interrupt (SIGINT) ends it early, with what was found until then.
    """
    tally = Tally()
    run_on = {"cpython": on_cpython, "micropython": on_micropython}
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_begin_worker) as pool:
        pending = {
            pool.submit(run_on[interpreter], kind.module, lives, size): (
                kind.module,
                interpreter,
                lives,
                size,
            )
            for kind, total in kinds
            for interpreter, lives, size in plan_tasks(kind, total, seed)
        }

        def collect() -> None:
            for done in as_completed(list(pending)):
                module, interpreter, lives, size = pending.pop(done)
                for life, result in zip(lives, done.result(), strict=True):
                    tally.add(module, interpreter, life, size, result)
                    progress(result["tried"])

        try:
            collect()
        except KeyboardInterrupt:
            tally.interrupted = True
            for task in [one for one in pending if one.cancel()]:
                del pending[task]
            collect()  # what is under way
    return tally
