"""A link's calls end when they are cancelled, whatever the library below makes of it."""

import asyncio
from typing import Any

import pytest

from repbeat.hub.link import Link


class Swallows:
    """A client whose write returns although it was cancelled, as Python 3.11's wait_for may."""

    async def write_gatt_char(self, *_: Any, **__: Any) -> None:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            return


def test_a_cancellation_that_a_library_swallows_still_ends_the_task() -> None:
    async def script() -> None:
        link = Link(Swallows())  # type: ignore[arg-type]
        went_on = []

        async def work() -> None:
            await link.trust(b"")
            went_on.append(True)

        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not went_on

    asyncio.run(script())
