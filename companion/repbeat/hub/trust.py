"""Who is who on a connection: the key claimed once, proved by both ends, sealing what is written after."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from secrets import token_bytes

from repbeat.hub.errors import DeviceMisbehaves, Impostor, KeyRefused, LinkLost, NotClaimed, WrongProtocol
from repbeat.hub.keys import DeviceKeys, Held, new_key
from repbeat.hub.link import Info, Link
from repbeat.store import devices
from repbeat_protocol import auth, frames, gatt

ANSWER_S = 10.0
HOW = "hold its button for a second while no session runs, then `repbeat devices claim`"


class Trust:
    """`introduce` once a connection, before anything else is written."""

    def __init__(self, keys: DeviceKeys, claimed: Callable[[Link, Info], None]) -> None:
        """`claimed(link, info)` is told of each device that takes a key of ours."""
        self.claims = False
        """Whether a device that this companion has no key for is claimed when its window is open."""
        self.pairs = True
        """Whether a link is encrypted before a claim. Without, who listens has the key."""
        self._keys = keys
        self._claimed = claimed

    async def introduce(self, link: Link, info: Info) -> None:
        """Prove the key to each other; `link` seals what it writes from then on.

        NotClaimed: no key, and none to be had now. KeyRefused: the device no longer knows ours. Impostor: it
        did not prove that it knows it.
        """
        device_id = devices.name_of(info.device_id)
        answers: asyncio.Queue[bytes] = asyncio.Queue(maxsize=16)

        def take(value: bytes) -> None:
            if not answers.full():
                answers.put_nowait(value)

        await link.listen(gatt.TRUST, take)
        held = self._keys.get(device_id)
        if held is None:
            if not self.claims:
                raise NotClaimed(f"this companion has not claimed the device: {HOW}")
            held = await self._claim(link, answers, device_id)
            self._claimed(link, info)
        await _prove(link, answers, info, held)

    async def _claim(self, link: Link, answers: asyncio.Queue[bytes], device_id: str) -> Held:
        await link.trust(auth.pack(auth.ASK))
        answer = await _answer(answers)
        if answer[0] == auth.WINDOW and not answer[1]:
            raise NotClaimed(f"the device takes no claim now: {HOW}")
        if self.pairs:
            await link.pair()
        key = new_key()
        await link.trust(auth.pack_claim(key, socket.gethostname()[: auth.NAME_MAX] or "companion"))
        answer = await _answer(answers)
        if answer[0] == auth.REFUSED:
            if answer[1] == auth.KEYS_FULL:
                raise NotClaimed(
                    "four companions hold its keys: `repbeat devices keys` on one of them, then revoke"
                )
            if answer[1] == auth.NOT_PAIRED:
                raise NotClaimed("the device wants the passkey that its display shows typed: claim it again")
            raise NotClaimed(f"the device takes no claim now: {HOW}")
        if answer[0] != auth.CLAIMED:
            raise DeviceMisbehaves("the device answered a claim with something else")
        slot = int(answer[1])
        self._keys.put(device_id, slot, key)
        return Held(slot, key)


async def keys_of(link: Link) -> list[str]:
    """Names of the companions that hold a key of a device, by slot; "" for a free one."""
    answers = await _listen(link)
    await link.trust_sealed(auth.pack(auth.LIST))
    return [auth.unpack_key(await _raw(answers))[1] for _ in range(auth.SLOTS)]


async def revoke(link: Link, slot: int) -> None:
    """Take a companion's key from a device: it is dropped at once, and never let in again."""
    answers = await _listen(link)
    await link.trust_sealed(auth.pack(auth.REVOKE, slot))
    answer = await _answer(answers)
    if answer[0] != auth.REVOKED:
        raise DeviceMisbehaves("the device did not revoke the key")


async def erase(link: Link, log_id: int) -> None:
    """Have a device erase all that its athlete left on it; it starts anew with another log, its keys stay."""
    answers = await _listen(link)
    await link.trust_sealed(auth.pack(auth.ERASE, log_id))
    answer = await _answer(answers)
    if answer not in ((auth.ERASED,), (auth.REFUSED, auth.OTHER_LOG)):
        raise DeviceMisbehaves("the device did not erase what it holds")


async def calibrate(link: Link, action: int, plate: int, first_g: int, step_g: int) -> int:
    """An order of auth.CALIBRATE to a machine's sensor: 0, or the code of its refusal."""
    answers = await _listen(link)
    await link.trust_sealed(auth.pack(auth.CALIBRATE, action, plate, first_g, step_g))
    answer = await _answer(answers)
    if answer[0] == auth.REFUSED:
        return int(answer[1])
    if answer != (auth.CALIBRATING,):
        raise DeviceMisbehaves("the device answered a calibration with something else")
    return 0


async def _listen(link: Link) -> asyncio.Queue[bytes]:
    answers: asyncio.Queue[bytes] = asyncio.Queue()
    await link.listen(gatt.TRUST, answers.put_nowait)
    return answers


async def _prove(link: Link, answers: asyncio.Queue[bytes], info: Info, held: Held) -> None:
    own = token_bytes(auth.NONCE_SIZE)
    await link.trust(auth.pack(auth.HELLO, frames.PROTOCOL_VERSION, held.slot, own))
    answer = await _answer(answers)
    if answer[0] == auth.REFUSED:
        raise _refusal(int(answer[1]))
    if answer[0] != auth.CHALLENGE:
        raise DeviceMisbehaves("the device answered HELLO with something else")
    session = auth.Session(held.key, held.slot, info.device_id, own, bytes(answer[1]))
    await link.trust(auth.pack(auth.PROOF, session.proof(auth.COMPANION)))
    answer = await _answer(answers)
    if answer[0] == auth.REFUSED:
        raise _refusal(int(answer[1]))
    if answer[0] != auth.TRUSTED or not session.proves(auth.DEVICE, bytes(answer[1])):
        raise Impostor("the device did not prove that it knows this companion's key: nothing was sent to it")
    link.sealed_by(session)


def _refusal(code: int) -> KeyRefused | WrongProtocol:
    if code == auth.WRONG_PROTOCOL:
        return WrongProtocol("the device speaks another version of the protocol: update the older side")
    return KeyRefused(
        "the device no longer knows this companion's key (revoked, or set back to new): "
        f"`repbeat devices forget`, then {HOW}"
    )


async def _raw(answers: asyncio.Queue[bytes]) -> bytes:
    try:
        async with asyncio.timeout(ANSWER_S):
            return await answers.get()
    except TimeoutError as error:
        raise LinkLost("the device did not answer who it is: connecting again") from error


async def _answer(answers: asyncio.Queue[bytes]) -> tuple[int | bytes, ...]:
    try:
        return auth.unpack(await _raw(answers))
    except auth.AuthError as error:
        raise DeviceMisbehaves(f"its answer to the proof cannot be read: {error}") from error
