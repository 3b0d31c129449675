"""Plan slots: resumed at any byte, checked before they count, switched in one write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from device.store.settings import Settings
from device.store.slots import PlanSlot
from repbeat_protocol import plan as plan_format
from repbeat_protocol import transfer
from repbeat_tools.faults.nor import Nor, PowerCut

Flash = Callable[..., Any]
SECTORS = 6


def a_plan(revision: int, load_g: int = 50000, athlete: int = 0, expires_s: int = 0) -> bytes:
    items = [plan_format.Item(1, 3, 8, 12, load_g), plan_format.Item(2, 3, 5, 8, load_g)]
    return plan_format.encode(plan_format.Plan(revision, items, "Push", athlete, 0, expires_s))


class Band:
    """A device's plan slots with the protocol's receiver on them; `reboot` reads all from flash again."""

    def __init__(self, nor: Nor, unix_s: int = 0) -> None:
        self.nor = nor
        self.unix_s = unix_s
        self.reboot()

    def reboot(self) -> None:
        self.settings = Settings(self.nor)
        self.plans = PlanSlot(self.nor, self.settings, lambda: self.unix_s)
        self.receiver = transfer.Receiver({transfer.PLAN: self.plans})

    def begin(self, content: bytes) -> tuple[int, ...]:
        return transfer.unpack_state(self.receiver.handle(transfer.pack_begin(transfer.PLAN, 5, content)))

    def push(self, content: bytes, stop_at: int = 1 << 30) -> tuple[int, ...]:
        """(offset, status, reason) after sending, at the smallest MTU, up to `stop_at` bytes of the blob."""
        blob = transfer.blob(content)
        state = self.begin(content)
        while state[3] == transfer.WANTED and state[2] < stop_at:
            piece = blob[state[2] : min(state[2] + 12, stop_at)]
            state = transfer.unpack_state(self.receiver.handle(transfer.pack_chunk(state[2], piece)))
        return state[2:]

    @property
    def revisions(self) -> tuple[int, int]:
        """(in force, waiting), 0 for none."""
        plans = self.plans
        return (
            plans.current.revision if plans.current else 0,
            plans.waiting.revision if plans.waiting else 0,
        )


@pytest.fixture
def band(flash: Flash) -> Band:
    return Band(flash(SECTORS))


def test_a_plan_waits_until_it_is_applied(band: Band) -> None:
    assert band.revisions == (0, 0)
    assert band.push(a_plan(3))[1:] == (transfer.ACCEPTED, 0)
    assert band.revisions == (0, 3)
    band.reboot()
    assert band.revisions == (0, 3)
    assert band.plans.apply().revision == 3
    assert band.revisions == (3, 0)
    band.reboot()
    assert band.revisions == (3, 0)
    assert band.plans.apply() is None


def test_the_switch_is_recorded_however_often_the_power_fails(band: Band) -> None:
    assert band.plans.unproved is None
    band.push(a_plan(3))
    digest8 = transfer.blob(a_plan(3))[:8]
    assert band.plans.digest8 == digest8
    band.plans.apply()
    for _ in range(3):
        assert band.plans.unproved == (3, 0, digest8)
        band.reboot()
    band.plans.proved()
    band.reboot()
    assert band.plans.unproved is None
    band.push(a_plan(4))
    band.plans.apply()
    assert band.plans.unproved == (4, 3, transfer.blob(a_plan(4))[:8])


def test_a_transfer_goes_on_where_it_stopped_at_any_byte(flash: Flash) -> None:
    content = a_plan(2)
    for stop in range(len(transfer.blob(content))):
        band = Band(flash(SECTORS))
        band.push(content, stop_at=stop)
        band.reboot()
        offset = band.begin(content)[2]
        # The last byte held may be half programmed; bytes that are 0xFF look as if they had not come.
        assert max(0, stop - 4) <= offset <= stop
        assert band.push(content)[1:] == (transfer.ACCEPTED, 0)


def test_power_cut_at_every_byte_of_a_transfer(flash: Flash) -> None:
    old, new = a_plan(1), a_plan(2)
    operations = 2 + -(-len(transfer.blob(new)) // 12) + 2  # header, chunks, the marks
    for operation in range(operations + 1):
        for at in (0, 1, 5, 11):
            band = Band(flash(SECTORS, at + 1))
            band.push(old)
            band.plans.apply()
            band.nor.cut(operation, at)
            try:
                band.push(new)
                band.plans.apply()
                band.nor.steady()
            except PowerCut:
                pass
            band.reboot()
            assert band.revisions in ((1, 0), (1, 2), (2, 0))
            assert band.push(new)[1:] == (transfer.ACCEPTED, 0)
            if band.revisions[1]:
                band.plans.apply()
            assert band.revisions == (2, 0)


def test_a_new_plan_arriving_disturbs_neither_the_current_nor_the_waiting(band: Band) -> None:
    band.push(a_plan(1))
    band.plans.apply()
    band.push(a_plan(2))
    band.push(a_plan(3), stop_at=60)
    band.reboot()
    assert band.revisions == (1, 2)
    band.push(a_plan(3))
    assert band.revisions == (1, 3)
    band.plans.apply()
    band.reboot()
    assert band.revisions == (3, 0)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (a_plan(6, load_g=60000), plan_format.PlanStep.reason),
        (a_plan(4), plan_format.PlanOlder.reason),
        (a_plan(6, athlete=8), plan_format.PlanWrongAthlete.reason),
        (a_plan(6, expires_s=1700000000), plan_format.PlanExpired.reason),
        (a_plan(6)[:-1] + b"\x00", plan_format.PlanDamaged.reason),
        (b"no plan at all", plan_format.PlanDamaged.reason),
    ],
)
def test_what_the_device_refuses(flash: Flash, content: bytes, reason: int) -> None:
    band = Band(flash(SECTORS), unix_s=1800000000)
    band.settings.set("athlete", 7)
    band.push(a_plan(5))
    band.plans.apply()
    assert band.push(content)[1:] == (transfer.REFUSED, reason)
    assert band.revisions == (5, 0)
    band.reboot()
    assert band.revisions == (5, 0)


def test_an_older_plan_does_not_replace_a_newer_one_that_waits(band: Band) -> None:
    band.push(a_plan(9))
    assert band.push(a_plan(8))[1:] == (transfer.REFUSED, plan_format.PlanOlder.reason)
    assert band.revisions == (0, 9)


def test_sending_the_same_plan_again_is_accepted_without_a_byte(band: Band) -> None:
    content = a_plan(2)
    band.push(content)
    assert band.begin(content)[3] == transfer.ACCEPTED
    band.plans.apply()
    done = band.nor.operations
    assert band.begin(content)[3] == transfer.ACCEPTED
    assert band.nor.operations == done
    assert band.revisions == (2, 0)


def test_a_blob_that_misfits_its_digest_can_be_sent_anew(band: Band) -> None:
    content = a_plan(2)
    damaged = bytearray(transfer.blob(content))
    damaged[50] ^= 1
    offset = band.begin(content)[2]
    state = transfer.unpack_state(band.receiver.handle(transfer.pack_chunk(offset, bytes(damaged))))
    assert state[3:] == (transfer.REFUSED, transfer.WRONG_DIGEST)
    assert band.begin(content)[2] == 0
    assert band.push(content)[1:] == (transfer.ACCEPTED, 0)


def test_flash_that_fails_is_reported_and_the_plan_stays(band: Band) -> None:
    band.push(a_plan(1))
    band.plans.apply()
    band.nor.stuck = 3  # the sector after the first plan's
    assert band.push(a_plan(2))[1:] == (transfer.REFUSED, transfer.STORAGE)
    assert band.revisions == (1, 0)
    assert band.push(a_plan(2))[1:] == (transfer.ACCEPTED, 0)  # in the next one
    assert band.revisions == (1, 2)


def test_too_long_a_plan_is_refused_before_it_is_sent(band: Band) -> None:
    state = band.begin(bytes(plan_format.MAX_SIZE + 1))
    assert state[3:] == (transfer.REFUSED, transfer.TOO_LONG)


def test_factory_reset_forgets_all_plans(band: Band) -> None:
    band.push(a_plan(1))
    band.plans.apply()
    band.push(a_plan(2))
    band.plans.erase()
    assert band.revisions == (0, 0)
    band.reboot()
    assert band.revisions == (0, 0)
    assert band.push(a_plan(1))[1:] == (transfer.ACCEPTED, 0)
