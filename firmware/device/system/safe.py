"""Safe mode: link, log and update, and nothing else. Where a device waits that has crashed again and again.

Records can be collected and a mended bundle brought; no sensor is touched. Switching it off and on, or a
bundle that was accepted, makes the device try its application again.
"""

import asyncio

from device.drivers.board import hold, led_of
from device.system import faults as codes
from device.system.core import Core, read_board

BEAT_MS = 1000
LED_SAFE = (500, 500)


class Safe(Core):
    """The device without sensors."""

    SAFE = True

    def __init__(self, board_settings: dict, running: int, crashes) -> None:
        hold(board_settings)
        super().__init__(board_settings, running, crashes)
        self.faults.record(codes.SAFE_MODE, "after %d crashes" % crashes.count)
        self.link = self.make_link(lambda *refused: None, lambda: "", 0)
        self._led = led_of(board_settings.get("led"))
        self._beats = 0

    async def run(self) -> None:
        """Run for ever."""
        tasks = [("beat", self._beat), ("updates", self.updates.run)]
        if self._led:
            self._led.blink(LED_SAFE)
            tasks.append(("led", self._led.run))
        tasks.extend(self.link.tasks)
        await self.run_tasks(tasks, lambda: self._beats)

    async def _beat(self) -> None:
        while True:
            self._beats += 1
            await asyncio.sleep_ms(BEAT_MS)


async def main(running: int, crashes) -> None:
    """Start the device in safe mode."""
    await Safe(read_board(), running, crashes).run()
