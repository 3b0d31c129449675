"""Places on adapters: dealt in the order of asking, given up in time, never leaked. In virtual time."""

import asyncio
import itertools
import random

import pytest
from hub import virtual_time

from repbeat.hub.slots import LONGEST_S, LOOK_S, TURN_S, Slots

DAY_S = 24 * 3600


async def use(slots: Slots, name: str, served_after_s: float, told: list[tuple[str, float]]) -> None:
    """A device that stays until it has to go, again and again."""
    loop = asyncio.get_running_loop()
    while True:
        async with slots.turn(lambda: ["hci0"]) as turn:
            since_s = loop.time()
            told.append((name, since_s))
            turn.served = lambda since_s=since_s: loop.time() - since_s >= served_after_s
            await turn.over.wait()


def test_more_devices_than_places_all_have_their_turns_in_order() -> None:
    async def main() -> list[tuple[str, float]]:
        slots = Slots({"hci0": 2})
        told: list[tuple[str, float]] = []
        tasks = [asyncio.create_task(use(slots, f"d{n}", 1.0, told)) for n in range(5)]
        await asyncio.sleep(3600)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (slots.usage()[0].in_use, slots.waiting) == (0, 0)
        return told

    told = virtual_time.run(main())
    assert [name for name, _ in told[:10]] == ["d0", "d1", "d2", "d3", "d4"] * 2
    begun = {f"d{n}": [at for name, at in told if name == f"d{n}"] for n in range(5)}
    counts = [len(times) for times in begun.values()]
    assert max(counts) - min(counts) <= 1
    waited = [later - at for times in begun.values() for at, later in itertools.pairwise(times)]
    assert max(waited) <= 3 * (TURN_S + 2 * LOOK_S)  # three turns of two at once


def test_nobody_gives_way_while_nobody_waits() -> None:
    async def main() -> int:
        slots = Slots({"hci0": 2})
        told: list[tuple[str, float]] = []
        tasks = [asyncio.create_task(use(slots, f"d{n}", 1.0, told)) for n in range(2)]
        await asyncio.sleep(DAY_S)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return len(told)

    assert virtual_time.run(main()) == 2


def test_an_endless_log_gives_way_too() -> None:
    async def main() -> float:
        slots = Slots({"hci0": 1})
        told: list[tuple[str, float]] = []
        tasks = [
            asyncio.create_task(use(slots, "endless", DAY_S, told)),
            asyncio.create_task(use(slots, "other", 1.0, told)),
        ]
        await asyncio.sleep(LONGEST_S + 2 * LOOK_S)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return dict(told)["other"]

    assert LONGEST_S <= virtual_time.run(main()) <= LONGEST_S + LOOK_S


def test_two_adapters_share_the_load_and_only_hear_what_they_hear() -> None:
    async def main() -> dict[str, str]:
        slots = Slots({"hci0": 2, "hci1": 2})
        where: dict[str, str] = {}

        async def stay(name: str, heard: list[str]) -> None:
            async with slots.turn(lambda: heard) as turn:
                where[name] = turn.adapter
                await asyncio.sleep(10)

        await asyncio.gather(
            stay("a", ["hci0", "hci1"]),
            stay("b", ["hci0", "hci1"]),
            stay("c", ["hci1"]),
            stay("d", ["hci0"]),
        )
        return where

    assert virtual_time.run(main()) == {"a": "hci0", "b": "hci1", "c": "hci1", "d": "hci0"}


@pytest.mark.parametrize("seed", range(4))
def test_hundreds_of_cut_and_cancelled_connections_leak_no_place(seed: int) -> None:
    """Links cut, connects refused, tasks cancelled while they wait, hold, and are dealt a place."""
    draw = random.Random(seed)
    cycles = 0

    async def main() -> None:
        nonlocal cycles
        slots = Slots({"hci0": 3, "hci1": 2})

        async def device() -> None:
            nonlocal cycles
            while True:
                heard = draw.sample(["hci0", "hci1"], draw.randint(1, 2))
                try:
                    async with slots.turn(lambda heard=heard: heard) as turn:
                        cycles += 1
                        turn.served = lambda: True
                        if draw.random() < 0.3:
                            raise ConnectionError("cut")
                        async with asyncio.timeout(draw.uniform(0, 60)):
                            await turn.over.wait()
                except (ConnectionError, TimeoutError):
                    await asyncio.sleep(draw.uniform(0, 5))
                used = {one.adapter: one.in_use for one in slots.usage()}
                assert used["hci0"] <= 3
                assert used["hci1"] <= 2

        tasks = [asyncio.create_task(device()) for _ in range(12)]
        for _ in range(300):
            await asyncio.sleep(draw.uniform(0, 20))
            victim = draw.randrange(len(tasks))
            tasks[victim].cancel()
            tasks[victim] = asyncio.create_task(device())
        for task in tasks:
            task.cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(one, asyncio.CancelledError) for one in done), done
        assert [one.in_use for one in slots.usage()] == [0, 0]
        assert slots.waiting == 0

    virtual_time.run(main())
    assert cycles > 500
