"""What people have ordered a device to do (people/commands.py), carried out on a connection with it."""

from __future__ import annotations

from repbeat.gym import calibration
from repbeat.hub.errors import ContentRefused, HubError, SetBack, TransferFailed
from repbeat.hub.link import Link
from repbeat.hub.push import Sender
from repbeat.hub.trust import calibrate, erase
from repbeat.hub.writer import Writer
from repbeat.people import band, commands
from repbeat.people.commands import Command
from repbeat.store import Database
from repbeat_protocol import transfer


async def carry_out(
    link: Link, writer: Writer, device_id: str, log_id: int, log_before: int | None, now_ms: int
) -> None:
    """SetBack when the device has begun to erase itself; without an order nothing happens.

    `log_id`: of the device's log now; `log_before`: when it was last seen. Where they differ it was set back
    since: there is nothing left of what was ordered to go.
    """
    waiting = await writer.do(lambda db: commands.waiting(db, device_id))
    for one in waiting:
        if one.kind == commands.CALIBRATE:
            await _calibrate(link, writer, one, now_ms)
    erasures = [one for one in waiting if one.kind == commands.ERASE]
    if erasures:
        await _erase(link, writer, erasures, log_id, log_before in (None, log_id), now_ms)


async def settle(sender: Sender, writer: Writer, device_id: str, now_ms: int) -> None:
    """Bring the wearer's settings that wait; a refusal is for good, a transfer that failed is tried again."""
    for one in await writer.do(lambda db: commands.waiting(db, device_id)):
        if one.kind != commands.SETTINGS:
            continue
        wish, problem = band.of_command(one), ""
        try:
            await sender.send(transfer.SETTINGS, one.created_ms & 0xFFFFFFFF, wish.content)
        except ContentRefused as refusal:
            problem = str(refusal)
        except TransferFailed as error:
            await _failed(writer, one, str(error))
            continue
        await _answered(writer, one, problem, now_ms)


async def _answered(writer: Writer, one: Command, problem: str, now_ms: int) -> None:
    await writer.do(lambda db: commands.answered(db, one.device_id, one.command_id, problem, now_ms))


async def _failed(writer: Writer, one: Command, problem: str) -> None:
    await writer.do(lambda db: commands.failed(db, one.device_id, one.command_id, problem))


async def _erase(
    link: Link, writer: Writer, orders: list[Command], log_id: int, there: bool, now_ms: int
) -> None:
    problem = ""
    try:
        if there:
            await erase(link, log_id)
    except HubError as error:
        problem = str(error)
        raise
    finally:
        await writer.do(lambda db: _note(db, orders, problem, now_ms))
    if there:
        raise SetBack("what it held is erased, as its athlete wished; it starts anew")


async def _calibrate(link: Link, writer: Writer, one: Command, now_ms: int) -> None:
    """An order that comes late is not obeyed: nobody stands at the machine any more."""
    problem = calibration.TOO_LATE
    if now_ms - one.created_ms < calibration.ORDER_MS:
        order = calibration.order_of(one)
        problem = calibration.refusal(
            await calibrate(link, order.action, order.plate, order.first_g, order.step_g)
        )
    await _answered(writer, one, problem, now_ms)


def _note(db: Database, orders: list[Command], problem: str, now_ms: int) -> None:
    with db.atomic():
        for one in orders:
            if problem:
                commands.failed(db, one.device_id, one.command_id, problem)
            else:
                commands.done(db, one.device_id, one.command_id, now_ms)
