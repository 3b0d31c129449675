"""main.py of a device that tells its live heap: with the code loaded, and with everything running."""

import asyncio
import gc
import json

import bluetooth  # noqa: F401 - the stand-ins' share of the heap is taken off by counting from here
import esp32  # noqa: F401
import machine  # noqa: F401


async def live():
    for _ in range(3):
        gc.collect()
        await asyncio.sleep_ms(20)
    return gc.mem_alloc()


async def main():
    before = await live()
    import device.drivers.lsm6dso
    import device.drivers.max30102  # noqa: F401 - the board's drivers are loaded on demand: count them as code
    from device.system import app

    code = await live()
    with open("/board.json") as file:
        band = app.App(json.load(file))
    running = asyncio.create_task(band.run())
    await asyncio.sleep_ms(30000)
    state = await live()
    band.session.press(0)
    await asyncio.sleep_ms(10000)
    in_session = await live()
    running.cancel()
    told = {"code": code - before, "idle": state - code, "in_session": in_session - code}
    print("heap", json.dumps(told))  # noqa: T201


asyncio.run(main())
