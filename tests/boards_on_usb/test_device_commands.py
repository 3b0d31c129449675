"""`repbeat device` against a simulated board on a pseudo-terminal: the commands used on a real one."""

import hashlib
import json
import os
import select
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from serial.tools import list_ports

from repbeat_tools import boards
from repbeat_tools.device import bundle, partitions
from repbeat_tools.device.command import device
from repbeat_tools.simulator.serial_port import serial_board

BOARD = "xiao_esp32s3_band"
SETTINGS = boards.compile_json(boards.shipped(BOARD))

pytestmark = pytest.mark.xdist_group("serial")


def call(*arguments: str) -> Result:
    return CliRunner().invoke(device, [*arguments])


def answer(*arguments: str) -> Any:
    result = call(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A board as it comes out of its box, but for its chips, which board.json gives the simulator."""
    with serial_board(tmp_path_factory.mktemp("board"), files={"/board.json": SETTINGS}) as name:
        yield name


def test_the_shell_is_the_boards_own_prompt(port: str) -> None:
    """As at a terminal: a line typed, its answer read, Ctrl-] leaves."""
    ours, theirs = os.openpty()
    command = [str(Path(sys.executable).parent / "repbeat"), "device", "shell", "--port", port]
    shell = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    said = b""

    def read_until(text: bytes, limit_s: float = 60.0) -> None:
        nonlocal said
        end = time.monotonic() + limit_s
        while text not in said:
            assert time.monotonic() < end, said
            if select.select([ours], [], [], 0.2)[0]:
                said += os.read(ours, 4096)

    try:
        read_until(b"Ctrl-]")
        os.write(ours, b"\r\nprint('answer', 6 * 7)\r\n")
        read_until(b"answer 42")
        os.write(ours, b"\x1d")
        assert shell.wait(30) == 0
    finally:
        shell.kill()
        shell.wait()
        os.close(ours)


@pytest.fixture(scope="module")
def flashed(port: str) -> str:
    done = answer("flash", BOARD, "--port", port)
    assert done["written"] == len(bundle.sources())  # board.json was there
    assert done["unchanged"] == 1
    return port


def test_flashing_again_writes_nothing(flashed: str) -> None:
    done = answer("flash", BOARD, "--port", flashed)
    assert (done["written"], done["removed"], done["bytes"]) == (0, 0, 0)


def test_every_part_answers_the_selftest(flashed: str) -> None:
    result = answer("selftest", "--port", flashed)
    assert result["ok"]
    assert {"lsm6dso", "max30102", "battery", "button", "haptic", "led", "log", "cfg"} == set(result["parts"])
    assert abs(result["parts"]["lsm6dso"]["rate_mhz"] - 104_000) < 5_200
    assert result["parts"]["lsm6dso"]["gravity_mg"] in range(900, 1101)
    assert result["parts"]["log"]["bytes"] == 0x100000


def test_what_is_provisioned_is_held(flashed: str) -> None:
    held = answer("provision", "--port", flashed, "--name", "Band 7", "--resting", "52", "--max", "188")
    assert (held["name"], held["resting_bpm"], held["max_bpm"]) == ("Band 7", 52, 188)
    assert answer("provision", "--port", flashed)["name"] == "Band 7"


def test_any_setting_is_provisioned_within_its_bounds(flashed: str) -> None:
    held = answer(
        "provision", "--port", flashed, "--set", "stack_step_um=-20000", "--set", "stack_top_mm=840"
    )
    assert (held["stack_step_um"], held["stack_top_mm"]) == (-20_000, 840)
    result = call("provision", "--port", flashed, "--set", "stack_step_um=2000000")
    assert result.exit_code == 1
    assert "stack_step_um must be -100000 to 100000" in result.output
    assert "NAME=VALUE" in call("provision", "--port", flashed, "--set", "stack").output


def test_a_refused_setting_says_what_is_allowed(flashed: str) -> None:
    result = call("provision", "--port", flashed, "--name", "x" * 21)
    assert result.exit_code == 1
    assert "name must be 0 to 20 bytes long" in result.output


def test_records_are_read_without_writing(flashed: str, tmp_path: Path) -> None:
    script = tmp_path / "append.py"
    script.write_text(
        "from esp32 import Partition\nfrom device.store.log import Log\n"
        "from repbeat_protocol import records\n"
        "log = Log(Partition.find(1, label='log')[0])\nlog.mount()\n"
        "log.append(records.BATTERY, 1, records.pack(records.BATTERY, 1, (3900, 71, 0)), 1234)\n"
        "log.append(200, 1, b'later', 5678)\nprint('appended', log.next_seq)\n"
    )
    ran = call("run", str(script), "--port", flashed)
    assert "appended" in ran.output
    first = answer("logs", BOARD, "--port", flashed)
    battery, unknown = first["records"][-2:]
    assert battery["kind"] == "BATTERY"
    assert battery["fields"]["millivolts"] == 3900
    assert battery["uptime_ms"] == 1234
    assert unknown["payload"] == b"later".hex()
    assert answer("logs", BOARD, "--port", flashed) == first


def test_an_exception_on_the_board_is_told(flashed: str, tmp_path: Path) -> None:
    script = tmp_path / "wrong.py"
    script.write_text("raise ValueError('no such muscle')\n")
    result = call("run", str(script), "--port", flashed)
    assert result.exit_code == 1
    assert "no such muscle" in result.output


def test_bench_runs_the_signal_code_on_the_board(flashed: str) -> None:
    """Its figures mean something on a chip only: a simulated clock stands still while Python computes."""
    cost = answer("bench", "--port", flashed)
    assert 0 <= cost["reps_share"] < 1
    assert 0 <= cost["heart_share"] < 1


def test_mpremote_itself_works_on_the_port(port: str) -> None:
    command = [sys.executable, "-m", "mpremote", "connect", port, "exec", "print(6 * 7)"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.strip() == "42"


def test_a_running_firmware_gives_way(flashed: str) -> None:
    """A soft reset starts main.py; the next command stops it, as Ctrl-C does on a board."""
    command = [sys.executable, "-m", "mpremote", "connect", flashed, "soft-reset"]
    subprocess.run(command, capture_output=True, timeout=60, check=True)
    assert answer("provision", "--port", flashed)["unique_id"]


def test_a_port_that_is_not_there_says_what_to_do() -> None:
    result = call("selftest", "--port", "/dev/ttyNOSUCH")
    assert result.exit_code == 1
    assert "repbeat device list" in result.output


def test_the_only_port_needs_no_name(flashed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def plugged(*names: str) -> None:
        found = [SimpleNamespace(device=name, description="USB", vid=0x303A, pid=0x1001) for name in names]
        built_in = SimpleNamespace(device="/dev/ttyS0", description="n/a", vid=None, pid=None)
        monkeypatch.setattr(list_ports, "comports", lambda: [built_in, *found])

    plugged(flashed)
    assert answer("provision")["unique_id"]
    plugged()
    assert "Is the cable one that carries data?" in call("provision").output
    plugged(flashed, "/dev/ttyACM7")
    assert "/dev/ttyACM7" in call("provision").output


def test_a_board_without_the_partitions_is_left_alone(tmp_path: Path) -> None:
    table = json.loads(SETTINGS)
    table["flash"]["partitions"] = [p for p in table["flash"]["partitions"] if p["label"] != "log"]
    with serial_board(tmp_path, files={"/board.json": json.dumps(table).encode()}) as name:
        result = call("flash", BOARD, "--port", name)
    assert result.exit_code == 1
    assert "no partition 'log'" in result.output
    assert not (tmp_path / "fs" / "main.py").exists()


def test_a_missing_sensor_is_named(tmp_path: Path) -> None:
    elsewhere = json.loads(SETTINGS)
    elsewhere["imu"]["address"] = 0x6B
    files = {"/board.json": SETTINGS, "/asked.json": json.dumps(elsewhere).encode()}
    with serial_board(tmp_path, files=files) as name:
        assert call("flash", BOARD, "--port", name).exit_code == 0
        script = tmp_path / "ask.py"
        script.write_text(
            "import json\nfrom device.system import selftest\n"
            "print(json.dumps(selftest.run(json.load(open('/asked.json')))))\n"
        )
        result = json.loads(call("run", str(script), "--port", name).output)
    assert not result["ok"]
    assert "no answer at I2C address 0x6b" in result["parts"]["lsm6dso"]["problem"]


def test_an_unknown_board_names_the_known() -> None:
    result = call("flash", "toaster", "--port", "x")
    assert result.exit_code == 2
    assert BOARD in result.output


def test_the_partition_table_is_the_bootloaders() -> None:
    table = partitions.table(boards.shipped(BOARD))
    wanted = boards.read(boards.shipped(BOARD)).flash.partitions
    assert len(table) == partitions.SIZE
    for n, part in enumerate(wanted):
        magic, kind, subtype, offset, size, label, flags = struct.unpack_from("<2sBBII16sI", table, 32 * n)
        assert magic == b"\xaa\x50"
        assert (kind, subtype, offset, size) == (part.type, part.subtype, part.offset, part.size)
        assert label.rstrip(b"\0").decode() == part.label
        assert flags == 0
    end = 32 * len(wanted)
    assert table[end : end + 16] == b"\xeb\xeb" + b"\xff" * 14
    assert table[end + 16 : end + 32] == hashlib.md5(table[:end], usedforsecurity=False).digest()
    assert set(table[end + 32 :]) == {0xFF}


@pytest.mark.parametrize("path", sorted(boards.shipped(BOARD).parent.glob("*.toml")), ids=lambda p: p.stem)
def test_all_firmware_compiles_for_every_board(path: Path) -> None:
    files = bundle.build(path)
    assert {name for name in files if name.endswith(".py")} == {"/boot.py", "/main.py"}
    room = next(p.size for p in boards.read(path).flash.partitions if p.label == "vfs")
    print(f"{path.stem}: {len(files)} files, {sum(map(len, files.values()))} bytes of {room}")  # noqa: T201
    assert sum(map(len, files.values())) < room // 2  # two bundles fit: the running one and its update
