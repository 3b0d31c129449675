"""The device. Which application runs is chosen in device/system/start.py."""

import asyncio

from device.system import start

asyncio.run(start.main())
