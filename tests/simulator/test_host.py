"""One device without a radio: clocks, files, boots, and failures that are loud."""

import asyncio
import time
from contextlib import suppress

import pytest

from repbeat_tools import boards
from repbeat_tools.simulator import (
    Air,
    BootLoop,
    DeviceFailed,
    DeviceHung,
    FirmwareStopped,
    Real,
    Scaled,
    SimulatorError,
    UnmodelledHardware,
    Virtual,
)

TICKER = b"""
import asyncio, time
boots = 0
try:
    with open("boots") as f:
        boots = int(f.read())
except OSError as error:
    print("errno", error.errno)
with open("/boots", "w") as f:
    f.write(str(boots + 1))
flag = asyncio.ThreadSafeFlag()

async def ticker():
    last = time.ticks_ms()
    while True:
        await asyncio.sleep_ms(40)
        now = time.ticks_ms()
        print("tick", time.ticks_diff(now, last), now)
        last = now
        flag.set()

async def main():
    asyncio.create_task(ticker())
    print("boot", boots, time.time(), time.gmtime()[:3])
    n = 0
    while True:
        await flag.wait()
        n += 1
        if n % 100 == 0:
            print("hundred", n)

asyncio.run(main())
print("never printed")
"""

RESET_ONCE = b"""
        if n == 5 and boots == 0:
            import _host
            _host.halt("reset", None)
"""


async def boot(air, source, **options):
    return await air.device("d", sources={}, files={"/main.py": source}, **options)


def test_virtual_time_is_deterministic_and_exact(run):
    async def scenario():
        async with Air(clock=Virtual()) as air:
            device = await boot(air, TICKER)
            assert len(device.lines) == 2  # nothing moves before it is advanced
            await device.advance(120)
            await device.advance(0.2)
            return device.lines, device.line_times_ms

    first, second = run(scenario()), run(scenario())
    assert first == second
    ticks = [int(line.split()[1]) for line in first[0] if line.startswith("tick")]
    assert 2_980 < len(ticks) <= 3_005
    assert set(ticks[1:]) <= {40, 41}
    assert "hundred 2900" in first[0]
    assert "never printed" not in first[0]


def test_scaled_time_follows_the_wall(run):
    async def scenario():
        async with Air(clock=Scaled(20)) as air:
            device = await boot(air, TICKER)
            await device.line("hundred 100")
            started = time.monotonic()
            await device.line("hundred 500")
            return time.monotonic() - started, device.lines

    seconds, lines = run(scenario())
    assert seconds > 0.5 * 400 * 0.040 / 20
    ticks = [int(line.split()[1]) for line in lines if line.startswith("tick")]
    assert set(ticks[1:]) <= {40, 41}  # however late this computer was


def test_real_time_and_blocking_sleeps(run):
    source = b"""
import time
a = time.ticks_us()
time.sleep_ms(200)
b = time.ticks_us()
n = 0
t = time.ticks_ms()
while time.ticks_diff(time.ticks_ms(), t) < 20:
    n += 1
print("slept", time.ticks_diff(b, a), n > 100)
"""

    async def scenario():
        async with Air(clock=Real()) as air:
            started = time.monotonic()
            device = await boot(air, source)
            line = await device.line("slept")
            return line, time.monotonic() - started

    line, seconds = run(scenario())
    _, slept_us, polled = line.split()
    assert 200_000 <= int(slept_us) < 201_000
    assert polled == "True"
    assert seconds >= 0.2


def test_a_device_that_is_ended_while_its_radio_starts_has_ended(run):
    """As when a line comes before the radio is up, and `wait_for` returns its result all the same."""

    async def scenario():
        async with Air(clock=Virtual()) as air:
            device = await boot(air, TICKER)
            attach, starting = device.radio.attach, asyncio.Event()

            async def attach_and_swallow(write):
                await attach(write)
                starting.set()
                with suppress(asyncio.CancelledError):
                    await asyncio.sleep(60)

            device.radio.attach = attach_and_swallow
            await device.reboot()
            await starting.wait()
            await asyncio.wait_for(device.kill(), 20)
            return device.ends[-1]["kind"]

    assert run(scenario()) == "killed"


@pytest.mark.parametrize("how", ["reboot", "kill", "power_cycle", "machine"])
def test_flash_outlives_the_process_and_the_rtc_its_power(run, how):
    async def scenario():
        async with Air(clock=Virtual()) as air:
            source = TICKER
            if how == "machine":
                source = source.replace(b"n += 1\n", b"n += 1\n" + RESET_ONCE)
            device = await boot(air, source)
            await device.advance(5)
            if how == "kill":
                await device.kill()
                await device.power_on("hard_reset")
            elif how != "machine":
                await getattr(device, how)()
            await device.line("boot 1")
            return device

    device = run(scenario())
    assert device.lines[0] == "errno 2"
    boots = [line.split() for line in device.lines if line.startswith("boot")]
    assert boots[0] == ["boot", "0", "0", "(2000,", "1,", "1)"]
    seconds = int(boots[1][2])
    assert seconds == 0 if how == "power_cycle" else seconds in (0, 5)
    assert (
        device.ends[0]["kind"]
        == {"reboot": "reset_pin", "kill": "killed", "power_cycle": "power_cut", "machine": "reset"}[how]
    )


def test_a_power_cut_that_came_is_spent(run):
    """Its time is not past when the power is back: the next life writes as it likes."""
    source = b"""
import asyncio
from esp32 import Partition
(log,) = Partition.find(Partition.TYPE_DATA, label="log")
for block in range(3):
    log.writeblocks(block, bytes(64), 0)
print("written")
asyncio.run(asyncio.sleep(3600))
"""

    async def scenario():
        async with Air(clock=Virtual()) as air:
            band = boards.compile_json(boards.shipped("xiao_esp32s3_band"))
            device = await boot(air, source, board=band, power=False)
            device.send({"type": "power_cut", "operation": 2, "byte": 3, "t_ms": device.now_ms + 60_000})
            starting = asyncio.create_task(device.power_on())
            await device.end()
            await asyncio.sleep(
                0.05
            )  # a cancellation that meets the same news as its wait is lost (CPython 3.11)
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            await device.power_on()
            await device.line("written")
            return device

    device = run(scenario())
    assert [end["kind"] for end in device.ends] == ["power_cut", "closed"]


def test_ticks_wrap_as_on_the_chip(run):
    async def scenario():
        async with Air(clock=Virtual()) as air:
            device = await boot(air, TICKER, ticks_start_ms=2**30 - 1000)
            await device.advance(2)
            return [line.split() for line in device.lines if line.startswith("tick")]

    ticks = run(scenario())
    assert {int(step) for _, step, _ in ticks[1:]} <= {40, 41}
    assert max(int(now) for *_, now in ticks) > 2**30 - 100
    assert int(ticks[-1][2]) < 1100


def test_files_are_laid_out_and_written_back(run, tmp_path):
    source = b"""
import os, package.part
os.mkdir("/new")
with open("/new/file", "wb") as f:
    f.write(bytes(range(256)))
with open("/new/file", "rb+") as f:
    f.seek(-6, 2)
    f.write(b"end")
os.rename("/new/file", "/moved")
os.rmdir("/new")
with open("/moved", "ab") as f:
    f.write(b"more")
print("files", sorted(os.listdir("/")), os.stat("/moved")[6], package.part.X)
try:
    open("/absent")
except OSError as error:
    print("errno", error.errno)
"""

    async def scenario():
        async with Air(clock=Virtual()) as air:
            files = {"/main.py": source, "/package/__init__.py": b"", "/package/part.py": b"X = 7"}
            device = await air.device("d", sources={}, files=files, flash_dir=tmp_path)
            return device.lines

    lines = run(scenario())
    assert lines == ["files ['main.py', 'moved', 'package', 'standin'] 260 7", "errno 2"]
    assert (tmp_path / "fs" / "moved").read_bytes() == bytes(range(250)) + b"end\xfd\xfe\xffmore"


def test_an_exception_in_main_is_told(run):
    async def scenario():
        async with Air(clock=Virtual()) as air:
            device = await boot(air, b"import asyncio\nasync def main():\n    1 / 0\nasyncio.run(main())\n")
            with pytest.raises(FirmwareStopped, match="ZeroDivisionError"):
                await device.line("anything")
            await device.advance(1)
            return await device.event("main_ended")

    assert "ZeroDivisionError" in run(scenario())["error"]


def test_a_firmware_that_hangs_is_killed(run):
    async def scenario():
        async with Air(clock=Virtual()) as air:
            device = await air.device("d", sources={}, files={"/main.py": b"while True: pass\n"}, power=False)
            with pytest.raises(DeviceHung, match="no boot"):
                await device.power_on(timeout_s=1)
            assert not device.powered

    run(scenario())


def test_a_boot_loop_is_an_error(run):
    async def scenario():
        async with Air(clock=Virtual()) as air:
            source = b"import _host\n_host.halt('reset', None)\n"
            device = await air.device("d", sources={}, files={"/main.py": source}, power=False)
            with pytest.raises(BootLoop):
                await device.power_on(timeout_s=80)
            air.devices.clear()

    run(scenario())


def test_hardware_without_a_board_and_a_broken_host_are_loud(run):
    async def scenario():
        async with Air(clock=Virtual()) as air:
            device = await boot(air, TICKER)
            device.send({"type": "button", "t_ms": 0, "down": True})
            with pytest.raises(DeviceFailed, match=r"board\.json"):
                await device.advance(1)

    with pytest.raises(DeviceFailed):
        run(scenario())


def test_the_heap_is_capped(run):
    async def scenario():
        async with Air(clock=Virtual()) as air:
            device = await boot(
                air, b"import gc\nprint('heap', gc.mem_free() + gc.mem_alloc())\n", heap_kb=64
            )
            return device.lines

    (line,) = run(scenario())
    assert 60_000 < int(line.split()[1]) <= 64 * 1024


def test_only_a_virtual_clock_is_advanced(run):
    async def scenario():
        async with Air(clock=Real()) as air:
            device = await boot(air, TICKER)
            with pytest.raises(SimulatorError):
                await device.advance(1)
        async with Air(clock=Virtual()) as air:
            with pytest.raises(ValueError, match="advance"):
                await air.sleep(1)

    run(scenario())


def test_bluetooth_without_a_model_is_loud(run):
    source = b"""
import asyncio, bluetooth

async def main():
    await asyncio.sleep_ms(100)
    ble = bluetooth.BLE()
    ble.active(True)
    bluetooth._send("<B", 99)
    await asyncio.sleep(3600)

asyncio.run(main())
"""

    async def scenario():
        async with Air(clock=Virtual()) as air:
            device = await boot(air, source)
            await device.advance(1)
            await device.event("never")

    with pytest.raises(UnmodelledHardware, match="frame 99"):
        run(scenario())


def test_a_paced_device_waits_where_its_world_is_not_known_yet(run):
    async def scenario():
        async with Air(clock=Scaled(20)) as air:
            device = await boot(air, TICKER)
            await device.line("tick")

            boot_ms = (await device.event("boot"))["t_ms"]

            def slipped_ms():
                return device.slipped_ms + device._slipping_ms

            def ticked_ms():
                return boot_ms + device.line_times_ms[-1]

            hold_ms = ticked_ms() + 20_000  # a second of the wall's
            device.hold_at(hold_ms)
            while ticked_ms() < hold_ms - 100:  # it ticks every 40 ms
                await asyncio.sleep(0.01)
            enough_ms = slipped_ms() + 5000
            while slipped_ms() < enough_ms:
                await asyncio.sleep(0.01)
            assert ticked_ms() <= hold_ms
            device.hold_at(None)
            while ticked_ms() <= hold_ms:
                await asyncio.sleep(0.01)

    run(scenario())
