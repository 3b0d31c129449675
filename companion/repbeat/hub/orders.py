"""What people have ordered a device to do (people/commands.py), carried out on a connection with it."""

from __future__ import annotations

from repbeat.hub.errors import HubError, SetBack
from repbeat.hub.link import Link
from repbeat.hub.trust import erase
from repbeat.hub.writer import Writer
from repbeat.people import commands
from repbeat.store import Database


async def carry_out(
    link: Link, writer: Writer, device_id: str, log_id: int, log_before: int | None, now_ms: int
) -> None:
    """SetBack when the device has begun to erase itself; without an order nothing happens.

    `log_id`: of the device's log now; `log_before`: when it was last seen. Where they differ it was set back
    since: there is nothing left of what was ordered to go.
    """
    waiting = await writer.do(lambda db: commands.waiting(db, device_id))
    if not waiting:
        return
    there = log_before in (None, log_id)
    problem = ""
    try:
        if there:
            await erase(link, log_id)
    except HubError as error:
        problem = str(error)
        raise
    finally:
        await writer.do(lambda db: _note(db, waiting, problem, now_ms))
    if there:
        raise SetBack("what it held is erased, as its athlete wished; it starts anew")


def _note(db: Database, orders: list[commands.Command], problem: str, now_ms: int) -> None:
    with db.atomic():
        for one in orders:
            if problem:
                commands.failed(db, one.device_id, one.command_id, problem)
            else:
                commands.done(db, one.device_id, one.command_id, now_ms)
