"""Plans that must not count: the firmware refuses each, keeps the one in force, and the page says so."""

import copy
import struct
import time
from binascii import crc32
from collections.abc import Callable
from pathlib import Path

import pytest
from hub.test_on_firmware import Scene, until

from repbeat import store
from repbeat.coach import desk
from repbeat.hub.link import Link
from repbeat.store import devices, plans
from repbeat.web.access import Open
from repbeat.web.app import create_app
from repbeat_protocol import plan as wire
from repbeat_protocol import transfer

pytestmark = [pytest.mark.xdist_group("simulator"), pytest.mark.timeout(150)]

ANN, SOMEBODY_ELSE = 7, 8
SETS_AT = struct.calcsize(wire.HEAD) + 1 + len("Legs") + 2  # of the first item


def good(revision: int, **fields: int) -> wire.Plan:
    plan = wire.Plan(revision, [wire.Item(2, 3, 6, 8, 60_000)], "Legs", ANN)
    for name, value in fields.items():
        setattr(plan, name, value)
    return plan


def sealed(body: bytes) -> bytes:
    """With a checksum that fits, as somebody who changes a plan on its way would give it."""
    return body + struct.pack("<I", crc32(body))


def out_of_bounds(revision: int) -> bytes:
    body = bytearray(wire.encode(good(revision))[:-4])
    body[SETS_AT] = 99
    return sealed(bytes(body))


def tampered(revision: int) -> bytes:
    body = bytearray(wire.encode(good(revision)))
    body[SETS_AT] = 5
    return bytes(body)


def expired(revision: int) -> bytes:
    return wire.encode(good(revision, expires_s=int(time.time()) - 86_400))


def anothers(revision: int) -> bytes:
    return wire.encode(good(revision, athlete=SOMEBODY_ELSE))


def too_fast(revision: int) -> bytes:
    plan = good(revision)
    plan.items[0].load_g = 90_000
    return wire.encode(plan)


CASES: dict[Callable[[int], bytes], str] = {
    tampered: "changed on the way",
    out_of_bounds: "lies outside LIMITS",
    expired: "expiry lies in the past",
    anothers: "tagged for another athlete",
    too_fast: "rises faster",
}


def test_each_is_refused_the_old_one_kept_and_the_page_says_so(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    said: dict[str, str] = {}

    async def script(scene: Scene) -> None:
        await until(lambda: scene.device() and scene.device().last_sync_ms)
        device = scene.device()
        ann = store.athletes.add(scene.db, "Ann", 0, tag=ANN).athlete_id
        devices.assign(scene.db, device.device_id, device.log_id, ann)
        first = desk.set_plan(scene.db, ann, good(1), 0)
        await until(lambda: plans.get(scene.db, ann, first.revision).status == plans.APPLIED)
        page = create_app(scene.db, access=Open("test")).test_client()
        for number, (make, _) in enumerate(CASES.items(), start=2):
            bad = plans.Plan(
                athlete_id=ann,
                revision=number,
                previous_revision=1,
                created_ms=number,
                origin=plans.PERSON,
                status=plans.PROPOSED,
                reason="",
                content=make(number),
            )
            plans.put(scene.db, bad, [])
            plans.set_status(scene.db, ann, number, plans.PENDING)
            await until(lambda n=number: plans.get(scene.db, ann, n).status == plans.REFUSED)
            said[make.__name__] = page.get("/").get_data(as_text=True)
            assert scene.device().plan_revision == 1
        # And a good one afterwards is taken: nothing has come loose.
        last = desk.set_plan(scene.db, ann, good(1), 0)
        await until(lambda: plans.get(scene.db, ann, last.revision).status == plans.APPLIED)

    scene.run(script)
    for number, (make, sentence) in enumerate(CASES.items(), start=2):
        page = said[make.__name__]
        assert f"Plan {number} was refused; plan 1 stays." in page, make
        assert sentence in page, make
        assert "in force on the device" in page, make


def test_a_chunk_changed_on_the_air_is_noticed_and_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(tmp_path)
    sent = Link.transfer
    changed: list[int] = []

    async def meddled(link: Link, message: bytes) -> None:
        if message[0] == transfer.pack_chunk(0, b"")[0] and not changed:
            changed.append(len(message))
            message = message[:-1] + bytes((message[-1] ^ 1,))
        await sent(link, message)

    monkeypatch.setattr(Link, "transfer", meddled)

    async def script(scene: Scene) -> None:
        await until(lambda: scene.device() and scene.device().last_sync_ms)
        device = scene.device()
        ann = store.athletes.add(scene.db, "Ann", 0, tag=ANN).athlete_id
        devices.assign(scene.db, device.device_id, device.log_id, ann)
        first = desk.set_plan(scene.db, ann, copy.deepcopy(good(1)), 0)
        await until(lambda: plans.get(scene.db, ann, first.revision).status == plans.APPLIED)
        assert changed
        assert [one.outcome for one in plans.deliveries(scene.db, device.device_id)][-1] == 1

    scene.run(script)
