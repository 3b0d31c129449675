"""The fault tool: small runs on both interpreters find nothing, and its oracle sees a broken log."""

from __future__ import annotations

import importlib
import json
from typing import Any

import pytest
from click.testing import CliRunner

from repbeat.store import records
from repbeat_tools.faults import pool
from repbeat_tools.faults.command import faults
from repbeat_tools.faults.nor import SECTOR, Dice, Nor, PowerCut

pytestmark = [pytest.mark.xdist_group("faults"), pytest.mark.timeout(300)]


def outcome(*arguments: str) -> dict[str, Any]:
    """What `repbeat faults … --json` prints."""
    result = CliRunner().invoke(faults, [*arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 0
    printed: dict[str, Any] = json.loads(result.stdout)
    return printed


def test_power_cuts_cost_nothing() -> None:
    found = outcome("--power-cuts", "400", "--seed", "5")
    assert found["seed"] == 5
    assert found["power"]["tried"] >= 400
    assert found["power"]["micropython"] >= 40
    assert found["power"]["failures"] == []
    assert [found["power"][name] for name in pool.FINDINGS] == [0] * len(pool.FINDINGS)


def test_cut_updates_leave_a_device_that_runs() -> None:
    found = outcome("--update-cuts", "120", "--seed", "5")["update"]
    assert found["tried"] >= 120
    assert found["failures"] == []
    names = (*pool.FINDINGS, "bricked", "log_lost")
    assert [found[name] for name in names] == [0] * len(names)


def firmware(module: str) -> Any:
    pool.on_cpython("power", [], 0)  # the firmware's folder is on the path after this
    return importlib.import_module(f"device.{module}")


def unhealthy(seeds: range) -> set[str]:
    results = pool.on_cpython("update", list(seeds), 12)
    return {name for result in results for name, count in result.items() if count and name != "tried"}


def test_the_oracle_sees_a_bundle_that_nobody_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    pool.on_cpython("power", [], 0)
    bundle = importlib.import_module("repbeat_protocol.bundle")
    monkeypatch.setattr(bundle, "signed", lambda *of: True)
    assert "ghost" in unhealthy(range(6))


def test_the_oracle_sees_a_bundle_that_is_never_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(firmware("store.image").Image, "give_up", lambda self, why, detail: None)
    assert unhealthy(range(8)) & {"bricked", "stuck"}


def test_the_oracle_sees_a_slot_that_is_overwritten_while_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(firmware("store.app_slots").AppSlots, "_free", lambda self: 0)
    assert unhealthy(range(8))


def test_damaged_frames_are_refused_by_type() -> None:
    found = outcome("--frames", "3000", "--seed", "5")
    assert found["frames"]["tried"] >= 3000
    assert found["frames"]["micropython"] >= 300
    assert found["frames"]["failures"] == []
    assert [found["frames"][name] for name in pool.FINDINGS] == [0] * len(pool.FINDINGS)


def test_a_seed_gives_the_same_lives_again() -> None:
    kind = pool.Kind("power", size=10, micropython_size=4)
    first, again, other = (pool.plan_tasks(kind, 200, seed) for seed in (5, 5, 6))
    assert first == again != other
    assert pool.on_cpython("power", [5, 6], 10) == pool.on_cpython("power", [5, 6], 10)


def test_an_interrupted_run_keeps_what_it_found() -> None:
    once = iter([True])

    def interrupt(tried: int) -> None:
        if next(once, False):
            raise KeyboardInterrupt

    kind = pool.Kind("frames", size=20, micropython_size=0)
    tally = pool.run([(kind, 100_000)], 5, interrupt, processes=1)
    assert tally.interrupted
    assert 0 < tally.tried < 50_000


@pytest.mark.parametrize("module", ["power", "store", "frames"])
def test_both_interpreters_lead_the_same_life(module: str) -> None:
    lives = [11, 12]
    assert pool.on_cpython(module, lives, 6) == pool.on_micropython(module, lives, 6)


def broken(module: str, seeds: range, size: int = 25) -> set[str]:
    """What the lives find, with the firmware as it has been broken."""
    results = pool.on_cpython(module, list(seeds), size)
    return {name for result in results for name in pool.FINDINGS if result[name]}


def store(module: str) -> Any:
    pool.on_cpython("power", [], 0)  # the firmware's folder is on the path after this
    return importlib.import_module(f"device.store.{module}")


def test_the_oracle_sees_an_unsaid_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    space = store("space")
    monkeypatch.setattr(space.Space, "unacknowledged", lambda self, sector, acked: (0, 0))
    assert "lost" in broken("power", range(12))


def test_the_oracle_sees_a_wrong_order(monkeypatch: pytest.MonkeyPatch) -> None:
    space = store("space")
    monkeypatch.setattr(space, "RAW", space.DETAIL)
    assert broken("power", range(12)) & {"lost", "stuck"}


def test_the_oracle_sees_records_overwritten_before_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    index = store("index")
    acknowledged = index.Index.acknowledged
    monkeypatch.setattr(index.Index, "acknowledged", lambda self, acked: acknowledged(self, acked + 40))
    assert "lost" in broken("power", range(12))


def test_the_oracle_sees_a_checksum_that_is_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    sector = store("sector")
    monkeypatch.setattr(sector, "whole", lambda buf, limit: buf[2] + sector.STORED_OVERHEAD <= limit)
    assert broken("power", range(12)) & {"ghost", "crashed"}


def test_the_oracle_sees_a_settings_copy_that_is_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = store("settings")
    monkeypatch.setattr(settings.Settings, "_write", lambda self, values: None)
    assert "lost" in broken("store", range(12))


def test_power_may_fail_at_any_byte_of_a_program() -> None:
    for at in range(8):
        nor = Nor(1, Dice(at))
        nor.cut(0, at)
        with pytest.raises(PowerCut):
            nor.writeblocks(0, bytes(8), 100)
        assert nor.cells[100 : 100 + at] == bytes(at)
        assert nor.cells[101 + at :] == b"\xff" * (SECTOR - 101 - at)


def test_a_half_done_byte_reads_otherwise_each_time_until_it_is_programmed_again() -> None:
    nor = Nor(1, Dice(4))
    nor.cut(0, 0)
    with pytest.raises(PowerCut):
        nor.writeblocks(0, b"\x00", 0)

    def seen() -> set[bytes]:
        buf = bytearray(1)
        values = set()
        for _ in range(50):
            nor.readblocks(0, buf, 0)
            values.add(bytes(buf))
        return values

    assert len(seen()) > 1
    nor.writeblocks(0, b"\x00", 0)
    assert seen() == {b"\x00"}


def test_a_program_only_clears_bits_and_an_erase_sets_them() -> None:
    nor = Nor(2, Dice(1))
    nor.writeblocks(1, b"\xf0\x0f", 4)
    nor.writeblocks(1, b"\x3c\x3c", 4)
    assert nor.cells[SECTOR + 4 : SECTOR + 6] == b"\x30\x0c"
    nor.ioctl(6, 1)
    assert nor.cells == b"\xff" * (2 * SECTOR)
    with pytest.raises(OSError, match="22"):
        nor.writeblocks(1, bytes(8), SECTOR - 4)


def test_broken_links_and_killed_companions_cost_nothing() -> None:
    found = outcome("--link-cuts", "60", "--kills", "3", "--seed", "5")
    for kind, tried in (("link", 60), ("kill", 3)):
        assert found[kind]["tried"] >= tried
        assert found[kind]["failures"] == []
        assert [found[kind][name] for name in pool.FINDINGS] == [0] * len(pool.FINDINGS)


def test_the_oracle_sees_a_record_that_the_store_has_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pool.firmware_on_path()
    link = importlib.import_module("repbeat_tools.faults.link")
    check = link.Life.check

    def forgetful(life: Any) -> None:
        for device_id, log_id in records.logs(life.database):
            records.remove(life.database, device_id, log_id, 3, 4)
        check(life)

    monkeypatch.setattr(link.Life, "check", forgetful)
    assert "lost" in broken("link", range(2), 2)
