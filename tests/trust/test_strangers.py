"""What the next treadmill may do: nothing but read what is open. The firmware itself, a plain central."""

from __future__ import annotations

import asyncio
import logging
import struct
from pathlib import Path
from typing import Any

import pytest
from bleak.exc import BleakError
from firmware.flash_file import stored

from firmware import band as bands
from repbeat.hub.keys import DeviceKeys, Held, new_key
from repbeat_protocol import auth, frames, gatt, records, transfer
from repbeat_tools import trusted

pytestmark = pytest.mark.xdist_group("simulator")

OTHER_KEY = bytes(range(100, 132))
LONG_PRESS_MS = 1200


async def quiet(companion: bands.Companion) -> list[bytes]:
    """Everything that RepBeat's own characteristics say to a central that listens to all of them."""
    heard: list[bytes] = []
    for uuid in (gatt.DATA, gatt.TRANSFER, gatt.LIVE):
        await companion.client.start_notify(uuid, lambda _, value: heard.append(bytes(value)))
    return heard


async def window_is(companion: bands.Companion, is_open: bool) -> None:
    """Ask until the claim window is so."""
    answers = await companion.listen(gatt.TRUST)
    for _ in range(300):
        await companion.write(gatt.TRUST, auth.pack(auth.ASK))
        window = auth.unpack(await bands.until(lambda: answers and answers.pop(0), 20))
        if window == (auth.WINDOW, int(is_open), 0):
            return
        await asyncio.sleep(0.1)
    raise TimeoutError(f"the window's last answer was {window}")


async def claim(companion: bands.Companion, key: bytes, name: str = "phone") -> tuple[Any, ...]:
    answers = await companion.listen(gatt.TRUST)
    await companion.write(gatt.TRUST, auth.pack_claim(key, name))
    return auth.unpack(await bands.until(lambda: answers and answers.pop(0), 20))


def test_a_stranger_reads_what_is_open_and_nothing_else(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with bands.world(tmp_path) as (air, band), bands.connected(air, trust=False) as stranger:
            bands.press(air, band)  # a session runs, and its heart rate is open
            heard = await quiet(stranger)
            info = await stranger.read_info()
            assert await stranger.read(gatt.MODEL_NUMBER)
            assert await stranger.read(gatt.BATTERY_LEVEL)
            with pytest.raises(BleakError):
                await stranger.read(gatt.LIVE)
            for frame in (
                frames.pack_control(frames.FETCH, info["log_id"], 0, 64),
                frames.pack_control(frames.SET_TIME, 1_800_000_000_000, 5, 0),
            ):
                await stranger.write(gatt.CONTROL, frame)
            await stranger.write(gatt.TRANSFER, transfer.pack_begin(transfer.PLAN, 9, b"x" * 50))
            await bands.until(lambda: len(heard) >= 3, 20)
            refused = {frames.unpack_answer(one)[:2] for one in heard}
            assert refused == {(frames.REFUSAL, frames.NOT_TRUSTED)}
        assert not [one for one in stored(tmp_path) if one.kind in (records.TIME, records.PLAN_APPLIED)]

    bands.run(scenario)


def test_a_wrong_key_is_refused_and_leaves_a_stranger(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with bands.world(tmp_path) as (air, _), bands.connected(air, trust=False) as companion:
            assert await companion.prove(key=OTHER_KEY) == (auth.REFUSED, auth.UNKNOWN_KEY)
            assert await companion.prove(slot=3) == (auth.REFUSED, auth.UNKNOWN_KEY)
            heard = await quiet(companion)
            fetch = frames.pack_control(frames.FETCH, companion.info["log_id"], 0, 64)
            await companion.write(gatt.CONTROL, fetch)
            await bands.until(lambda: heard, 20)
            assert frames.unpack_answer(heard[0])[1] == frames.NOT_TRUSTED

    bands.run(scenario)


def test_one_try_for_each_challenge(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with bands.world(tmp_path) as (air, _), bands.connected(air, trust=False) as companion:
            answers = await companion.listen(gatt.TRUST)
            nonce = bytes(auth.NONCE_SIZE)
            await companion.write(gatt.TRUST, auth.pack(auth.HELLO, frames.PROTOCOL_VERSION, 0, nonce))
            challenge = auth.unpack(await bands.until(lambda: answers and answers.pop(0), 20))
            info = await companion.read_info()
            session = auth.Session(trusted.KEY, 0, info["device_id"], nonce, bytes(challenge[1]))
            for proof in (bytes(auth.PROOF_SIZE), session.proof(auth.COMPANION)):
                await companion.write(gatt.TRUST, auth.pack(auth.PROOF, proof))
                answer = auth.unpack(await bands.until(lambda: answers and answers.pop(0), 20))
                assert answer == (auth.REFUSED, auth.UNKNOWN_KEY)

    bands.run(scenario)


def test_what_was_recorded_on_the_air_is_worth_nothing_later(tmp_path: Path) -> None:
    """A whole exchange of a trusted companion, played again, and a sealed frame sent twice."""

    async def scenario() -> None:
        async with bands.world(tmp_path) as (air, _):
            spoken: list[tuple[str, bytes]] = []
            async with bands.connected(air, trust=False) as companion:
                written = companion.client.write_gatt_char

                async def overheard(uuid: str, data: bytes, **options: Any) -> None:
                    spoken.append((uuid, bytes(data)))
                    await written(uuid, data, **options)

                companion.client.write_gatt_char = overheard  # type: ignore[method-assign]
                assert (await companion.prove())[0] == auth.TRUSTED
                heard = await quiet(companion)
                await companion.control(frames.STOP)
                await written(*spoken[-1], response=True)  # the very same bytes again
                await bands.until(lambda: heard, 20)
                assert frames.unpack_answer(heard[0])[1] == frames.NOT_TRUSTED
            async with bands.connected(air, "thief", trust=False) as thief:
                answers = await thief.listen(gatt.TRUST)
                heard = await quiet(thief)
                for uuid, data in spoken:
                    await thief.write(uuid, data)
                await bands.until(lambda: len(answers) >= 2 and heard, 20)
                kinds = [auth.unpack(answer)[0] for answer in answers]
                assert kinds == [auth.CHALLENGE, auth.REFUSED]
                assert {frames.unpack_answer(one)[1] for one in heard} == {frames.NOT_TRUSTED}

    bands.run(scenario)


def test_an_older_protocol_is_not_spoken(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with bands.world(tmp_path) as (air, _), bands.connected(air, trust=False) as companion:
            answers = await companion.listen(gatt.TRUST)
            hello = struct.pack("<BBB16s", auth.HELLO, frames.PROTOCOL_VERSION - 1, 0, bytes(16))
            await companion.write(gatt.TRUST, hello)
            answer = auth.unpack(await bands.until(lambda: answers and answers.pop(0), 20))
            assert answer == (auth.REFUSED, auth.WRONG_PROTOCOL)

    bands.run(scenario)


def test_a_claim_needs_a_press_and_no_session(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with bands.world(tmp_path) as (air, band), bands.connected(air, trust=False) as companion:
            assert await claim(companion, OTHER_KEY) == (auth.REFUSED, auth.WINDOW_CLOSED)
            bands.press(air, band, LONG_PRESS_MS)
            await window_is(companion, True)
            assert await claim(companion, OTHER_KEY) == (auth.CLAIMED, 1)
            assert await claim(companion, OTHER_KEY) == (auth.CLAIMED, 1)  # the answer may have been lost
            assert await claim(companion, bytes(32)) == (auth.REFUSED, auth.WINDOW_CLOSED)  # one a press
            assert (await companion.prove(OTHER_KEY, 1))[0] == auth.TRUSTED
            assert await companion.sync()

    bands.run(scenario)


def test_the_window_closes_by_itself(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with bands.world(tmp_path) as (air, band), bands.connected(air, trust=False) as companion:
            bands.press(air, band, LONG_PRESS_MS)
            await window_is(companion, True)
            await window_is(companion, False)
            assert await claim(companion, OTHER_KEY) == (auth.REFUSED, auth.WINDOW_CLOSED)

    bands.run(scenario)


def test_a_revoked_companion_is_dropped_and_stays_out(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with bands.world(tmp_path) as (air, band):
            async with (
                bands.connected(air, "owner") as owner,
                bands.connected(air, "old", trust=False) as old,
            ):
                bands.press(air, band, LONG_PRESS_MS)
                await window_is(old, True)
                assert await claim(old, OTHER_KEY, "old phone") == (auth.CLAIMED, 1)
                assert (await old.prove(OTHER_KEY, 1))[0] == auth.TRUSTED
                answers = await owner.listen(gatt.TRUST)
                assert owner.session is not None
                await owner.write(gatt.TRUST, owner.session.seal(auth.ON_TRUST, auth.pack(auth.LIST)))
                await bands.until(lambda: len(answers) == auth.SLOTS, 20)
                assert [auth.unpack_key(one)[1] for one in answers] == ["bench", "old phone", "", ""]
                answers.clear()
                revoke = owner.session.seal(auth.ON_TRUST, auth.pack(auth.REVOKE, 1))
                await owner.write(gatt.TRUST, revoke)
                await bands.until(lambda: answers, 20)
                assert auth.unpack(answers[0]) == (auth.REVOKED, 1)
                await bands.until(lambda: not old.client.is_connected, 20)
            async with bands.connected(air, "old", trust=False) as old:
                assert await old.prove(OTHER_KEY, 1) == (auth.REFUSED, auth.UNKNOWN_KEY)

    bands.run(scenario)


def test_a_factory_reset_forgets_keys_and_log(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with bands.world(tmp_path) as (air, band):
            async with bands.connected(air) as companion:
                before = (await companion.read_info())["log_id"]
            bands.press(air, band, 9000)
            await bands.until(lambda: band.ends, 30)
            async with bands.connected(air, trust=False) as companion:
                assert await companion.prove() == (auth.REFUSED, auth.UNKNOWN_KEY)
                assert companion.info["log_id"] != before

    bands.run(scenario)


def test_an_erase_order_is_sealed_and_for_one_log(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with bands.world(tmp_path) as (air, band):
            async with bands.connected(air, trust=False) as companion:
                answers = await companion.listen(gatt.TRUST)
                log_id = (await companion.read_info())["log_id"]
                await companion.write(gatt.TRUST, auth.pack(auth.ERASE, log_id))
                await bands.until(lambda: answers, 20)
                assert auth.unpack(answers[0]) == (auth.REFUSED, auth.NOT_TRUSTED)
                await companion.prove()
                assert companion.session is not None
                answers = await companion.listen(gatt.TRUST)
                for wanted, answer in (
                    (log_id ^ 1, (auth.REFUSED, auth.OTHER_LOG)),
                    (log_id, (auth.ERASED,)),
                ):
                    message = companion.session.seal(auth.ON_TRUST, auth.pack(auth.ERASE, wanted))
                    await companion.write(gatt.TRUST, message)
                    await bands.until(lambda: answers, 20)
                    assert auth.unpack(answers.pop()) == answer
                await band.kill()  # promised is done, also when the power goes before it is
            await band.power_on()
            async with bands.connected(air) as companion:
                assert companion.info["log_id"] != log_id

    bands.run(scenario)


def test_keys_are_in_no_line_of_the_device_and_no_repr(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lines: list[str] = []

    async def scenario() -> None:
        async with bands.world(tmp_path) as (air, band):
            async with bands.connected(air):
                pass
            async with bands.connected(air, "stranger", trust=False) as stranger:
                await stranger.prove(OTHER_KEY)
            lines.extend(band.lines)

    with caplog.at_level(logging.DEBUG):
        bands.run(scenario)
    said = "\n".join([*lines, repr(Held(0, trusted.KEY)), str(vars(DeviceKeys()))])
    assert trusted.KEY.hex() not in said
    assert repr(trusted.KEY) not in said


def test_the_key_file_is_its_owners_alone_and_survives(tmp_path: Path) -> None:
    path = tmp_path / "data" / "device-keys.json"
    key = new_key()
    DeviceKeys(path).put("00ff", 2, key)
    assert path.stat().st_mode & 0o777 == 0o600
    held = DeviceKeys(path).get("00ff")
    assert held is not None
    assert (held.slot, held.key) == (2, key)
    DeviceKeys(path).forget("00ff")
    assert DeviceKeys(path).get("00ff") is None
