"""Raw partitions and NVS: NOR semantics, power cuts and what survives them."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Bench

OPEN = """
    from esp32 import NVS, Partition, PowerCut
    import _host
    (log,) = Partition.find(Partition.TYPE_DATA, label="log")
    def bytes_at(block, offset, n):
        buf = bytearray(n)
        log.readblocks(block, buf, offset)
        return list(buf)
    def cut(text):
        _host.bench_message('{"type": "power_cut", %s}' % text)
    def power_on():
        _host.bench_message('{"type": "power_on"}')
"""


def test_partitions_are_found(bench: Bench) -> None:
    script = (
        OPEN
        + """
    say([log.info(), log.ioctl(4), log.ioctl(5), len(Partition.find(Partition.TYPE_DATA))])
    say(Partition("cfg").info()[4])
    try:
        Partition("nope")
    except OSError as error:
        say(error.errno)
"""
    )
    assert bench(script).results == [[[1, 64, 0x200000, 0x100000, "log", False], 256, 4096, 4], "cfg", 2]


def test_programming_only_clears_bits(bench: Bench) -> None:
    script = (
        OPEN
        + """
    say(bytes_at(3, 10, 4))
    log.writeblocks(3, bytes([0xF0, 0x0F, 0xFF]), 10)
    log.writeblocks(3, bytes([0xCC, 0xFF, 0x55]), 10)
    say(bytes_at(3, 10, 4))
    log.ioctl(6, 3)
    say(bytes_at(3, 10, 4))
    block = bytearray(4096)
    log.writeblocks(3, block)
    block[0] = 255
    log.writeblocks(3, block)
    say([bytes_at(3, 0, 2), bytes_at(2, 4094, 2), bytes_at(4, 0, 2)])
"""
    )
    assert bench(script).results == [
        [255] * 4,
        [0xC0, 0x0F, 0x55, 0xFF],
        [255] * 4,
        [[255, 0], [255, 255], [255, 255]],
    ]


def test_out_of_range_is_refused(bench: Bench) -> None:
    script = (
        OPEN
        + """
    def tried(work):
        try:
            work()
        except OSError as error:
            return error.errno
    say([tried(lambda: log.writeblocks(255, bytes(8), 4090)), tried(lambda: log.writeblocks(0, bytes(100))),
         tried(lambda: log.readblocks(256, bytearray(1))), tried(lambda: log.ioctl(6, 256))])
"""
    )
    assert bench(script).results == [[-260] * 4]


def test_flash_and_committed_nvs_survive(bench: Bench, tmp_path: Path) -> None:
    files = {"flash": str(tmp_path / "flash.bin"), "nvs": str(tmp_path / "nvs.json")}
    script = (
        OPEN
        + """
    log.writeblocks(1, b"kept", 0)
    n = NVS("app")
    n.set_i32("boots", -5)
    n.set_blob("key", b"abc")
    n.commit()
    n.set_i32("boots", 7)
    n.set_blob("new", b"x")
    say(n.get_i32("boots"))
"""
    )
    assert bench(script, **files).results == [7]
    script = (
        OPEN
        + """
    n = NVS("app")
    buf = bytearray(8)
    size = n.get_blob("key", buf)
    say([bytes(bytes_at(1, 0, 4)).decode(), n.get_i32("boots"), bytes(buf[:size]).decode()])
    for work in (
        lambda: n.get_blob("new", buf),
        lambda: n.get_i32("key"),
        lambda: n.get_blob("key", bytearray(2)),
        lambda: n.set_i32("k" * 16, 1),
    ):
        try:
            work()
        except OSError as error:
            say(error.errno)
"""
    )
    assert bench(script, **files).results == [["kept", -5, "abc"], -0x1102, -0x1103, -0x110C, -0x1109]


@pytest.mark.parametrize("byte", [0, 3, 7])
def test_torn_programming(bench: Bench, byte: int) -> None:
    """A prefix, then one byte with some of its bits cleared, then nothing."""
    script = (
        OPEN
        + f"""
    for seed in range(40):
        log.ioctl(6, 0)
        cut('"operation": 2, "byte": {byte}, "seed": %d' % seed)
        log.writeblocks(0, b"before", 0)
        try:
            log.writeblocks(0, bytes(8), 100)
            say("not cut")
        except PowerCut:
            pass
        try:
            log.readblocks(0, bytearray(1))
            say("lives on")
        except PowerCut:
            pass
        power_on()
        say(bytes_at(0, 100, 8))
"""
    )
    rows = bench(script).results
    assert len(rows) == 40
    torn = {row[byte] for row in rows}
    assert len(torn) > 20
    for row in rows:
        assert row[:byte] == [0] * byte
        assert row[byte + 1 :] == [255] * (7 - byte)


def test_torn_erase_leaves_anything(bench: Bench) -> None:
    script = (
        OPEN
        + """
    log.writeblocks(5, bytes(4096))
    cut('"operation": 1, "byte": 1000, "seed": 9')
    try:
        log.ioctl(6, 5)
    except PowerCut:
        power_on()
    say(bytes_at(5, 0, 4096))
    say(bytes_at(4, 4000, 96) + bytes_at(6, 0, 96))
"""
    )
    sector, neighbours = bench(script).results
    assert sector[:1000] == [255] * 1000
    assert len(set(sector[1000:])) > 200
    assert neighbours == [255] * 192


def test_nvs_commit_is_all_or_nothing(bench: Bench) -> None:
    script = (
        OPEN
        + """
    n = NVS("app")
    n.set_i32("a", 1)
    n.commit()
    n.set_i32("a", 2)
    cut('"operation": 1')
    try:
        n.commit()
    except PowerCut:
        power_on()
    say(n.get_i32("a"))
"""
    )
    outcome = bench(script)
    assert outcome.results == [1]
    assert [e["type"] for e in outcome.events] == ["power_cut"]
