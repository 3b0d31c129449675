"""The device. Everything is in device/system/app.py."""

import asyncio

from device.system import app

asyncio.run(app.main())
