"""Power cuts inside settings and plan slots: after any boot there is the old state or the new one.

Written in the subset that MicroPython runs.
"""

from device.store.settings import Settings  # type: ignore[import-not-found]
from device.store.slots import PlanSlot  # type: ignore[import-not-found]
from repbeat_protocol import plan as plan_format
from repbeat_protocol import transfer
from repbeat_tools.faults.nor import Dice, Nor, PowerCut

SECTORS = 6
BOOT_TRIES = 50


class StoreLife:
    """One device whose settings change and whose plans are renewed while its supply fails."""

    def __init__(self, seed: int) -> None:
        self.dice = Dice(seed)
        self.nor = Nor(SECTORS, Dice(seed + 1))
        self.values: list[dict[str, int | str]] = [{}]  # what may be in force: the old table, and the new one
        self.revisions = [0]  # likewise of the plan in force
        self.waiting = [0]
        self.offered = 0  # revision of the plan offered last
        self.content = b""
        self.found = {"lost": 0, "doubled": 0, "ghost": 0, "crashed": 0, "stuck": 0}
        self.boot()

    def run(self, cuts: int) -> None:
        """Live through that many cuts and check after each."""
        while self.nor.cuts < cuts and not any(self.found.values()):
            self.nor.cut(self.dice.below(40), self.dice.bits() >> 8)
            try:
                while True:
                    if self.dice.below(3):
                        self.push(1 + self.dice.below(100))
                    else:
                        self.change()
            except PowerCut:
                self.nor.steady()
                self.boot()
                self.check()

    def boot(self) -> None:
        """Read what is kept."""
        self.settings = Settings(self.nor)
        self.plans = PlanSlot(self.nor, self.settings, lambda: 0)
        self.receiver = transfer.Receiver({transfer.PLAN: self.plans})

    def change(self) -> None:
        """Set something, or forget it."""
        name = "key" + str(self.dice.below(6))
        value = None if self.dice.below(4) == 0 else str(self.dice.bits()) * (1 + self.dice.below(8))
        after = dict(self.values[-1])
        if value is None:
            after.pop(name, None)
        else:
            after[name] = value
        self.values.append(after)
        self.settings.set(name, value)
        self.values = [after]

    def push(self, messages: int) -> None:
        """Some messages of a transfer, as a bad link brings them; then perhaps the end of a set."""
        if not self.content or self.offered <= max(self.waiting):
            self.offered = max(self.waiting) + 1
            items = [
                plan_format.Item(1 + i, 1 + self.dice.below(6), 5, 12, 100 * self.dice.below(20))
                for i in range(8)
            ]
            self.content = plan_format.encode(plan_format.Plan(self.offered, items, "plan"))
        blob = transfer.blob(self.content)
        self.waiting.append(self.offered)
        state = transfer.unpack_state(
            self.receiver.handle(transfer.pack_begin(transfer.PLAN, self.offered, self.content))
        )
        for _ in range(messages):
            if state[3] != transfer.WANTED:
                break
            piece = blob[state[2] : state[2] + 12]
            state = transfer.unpack_state(self.receiver.handle(transfer.pack_chunk(state[2], piece)))
        if state[3] == transfer.WANTED:
            self.waiting.pop()
            return
        if state[3] == transfer.REFUSED:
            self.found["lost"] += 1
        self.waiting = [self.offered]
        if self.dice.below(2):
            self.revisions.append(self.offered)
            self.plans.apply()
            self.revisions = [self.offered]
            self.plans.proved()

    def check(self) -> None:
        """What is in force now is the old or the new; it becomes the only truth."""
        kept = {name: self.settings.get(name) for name in self.settings.names()}
        if kept not in self.values:
            self.found["ghost" if kept else "lost"] += 1
        self.values = [kept]
        current = self.plans.current.revision if self.plans.current is not None else 0
        waiting = self.plans.waiting.revision if self.plans.waiting is not None else current
        if current not in self.revisions or waiting not in self.waiting:
            self.found["lost"] += 1
        self.revisions = [current]
        self.waiting = [waiting]


def batch(seed: int, cuts: int) -> dict[str, int]:
    """One life of that many cuts: how many were tried, and what went wrong."""
    life = StoreLife(seed)
    try:
        life.run(cuts)
    except Exception as error:
        life.found["crashed"] += 1
        print("seed", seed, "crashed:", repr(error))  # noqa: T201 - to whoever reproduces the seed
    tally = dict(life.found)
    tally["tried"] = life.nor.cuts
    return tally
