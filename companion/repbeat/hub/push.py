"""Bringing a plan or an application to a device, from whatever byte the device wants next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from repbeat.hub.errors import ContentRefused, DeviceMisbehaves, PlanRefused, TransferFailed
from repbeat.hub.link import Link
from repbeat.store.plans import refusal_text
from repbeat_protocol import gatt, transfer

ANSWER_S = 10.0
SAME_OFFSET = 3  # answers that want the same byte again before the transfer is given up for now
# Refusals that may pass: another transfer runs, content damaged, the device restarted, its memory failed.
PASSING = (transfer.BUSY, transfer.WRONG_DIGEST, transfer.NOT_BEGUN, transfer.STORAGE, transfer.BAD_MESSAGE)


class Sender:
    """Sends content over one link; one transfer at a time."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._states: asyncio.Queue[bytes] = asyncio.Queue(maxsize=64)

    async def open(self) -> None:
        """Listen to the device's answers."""
        await self._link.listen(gatt.TRANSFER, self._take)

    async def send(
        self,
        kind: int,
        ident: int,
        content: bytes,
        progress: Callable[[int, int], object] = lambda done, total: None,
    ) -> None:
        """Return when the device has accepted `content` whole; `progress(bytes there, bytes in all)`.

        ContentRefused (PlanRefused) when it never will, TransferFailed when a later try may do.
        """
        blob = transfer.blob(content)
        room = self._link.chunk_size(transfer.CHUNK_HEAD)
        while not self._states.empty():
            self._states.get_nowait()
        message = transfer.pack_begin(kind, ident, content)
        wanted, same = -1, 0
        while True:
            await self._link.transfer(message)
            offset = await self._answer(kind, ident)
            if offset is None:
                return
            if offset >= len(blob):
                raise DeviceMisbehaves(f"the device wants byte {offset} of a transfer of {len(blob)}")
            same = same + 1 if offset == wanted else 0
            if same == SAME_OFFSET:
                raise TransferFailed(f"the device does not get past byte {offset}: trying again later")
            wanted = offset
            progress(offset, len(blob))
            message = transfer.pack_chunk(offset, blob[offset : offset + room])

    def _take(self, value: bytes) -> None:
        if not self._states.full():
            self._states.put_nowait(value)

    async def _answer(self, kind: int, ident: int) -> int | None:
        """The next offset wanted, or None when all is accepted."""
        try:
            async with asyncio.timeout(ANSWER_S):
                value = await self._states.get()
        except TimeoutError as error:
            raise TransferFailed("the device did not answer the transfer: trying again later") from error
        try:
            of_kind, of_ident, offset, status, reason = transfer.unpack_state(value)
        except transfer.TransferError as error:
            raise DeviceMisbehaves(f"the answer to a transfer cannot be read: {error}") from error
        if status == transfer.REFUSED:
            if reason in PASSING:
                raise TransferFailed(refusal_text(reason))
            raise (PlanRefused if kind == transfer.PLAN else ContentRefused)(reason, refusal_text(reason))
        if (of_kind, of_ident) != (kind, ident):
            raise DeviceMisbehaves(
                f"the device answers for transfer {of_kind}/{of_ident}, not {kind}/{ident}"
            )
        if status == transfer.ACCEPTED:
            return None
        return offset
