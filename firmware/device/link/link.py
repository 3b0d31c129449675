"""The device on the air, put together: services, the sender, advertising, the strap."""

from device.link.advertising import Advertiser
from device.link.auth import Trust
from device.link.battery import Battery
from device.link.bonds import Bonds
from device.link.current_time import CurrentTime
from device.link.gatt import COMPANIONS, MTU, Gatt
from device.link.heart_rate import HeartRate
from device.link.information import Information
from device.link.keys import Keys
from device.link.live import Live
from device.link.log_reader import LogReader
from device.link.own import Own
from device.link.pairing import Pairing
from device.link.running import RunningCadence
from device.link.sender import Sender
from device.link.strap import Strap
from device.link.sync import Sync
from device.link.transfer import Transfer
from device.link.window import Window


class Link:
    """What the rest of the firmware knows of Bluetooth.

    `heart_rate`, `battery`, `live` take values by `update`; `strap` gives measurements; `window` lets
    a companion in; `wake()` says that the log has grown; `tasks` are (name, coroutine function)
    to be kept running.
    """

    def __init__(
        self,
        ble,
        name,
        model,
        device_id,
        log,
        slots,
        plans,
        clock,
        set_time,
        fault,
        refused,
        strap_wanted,
        settings,
        erase,
        calibrate,
        display,
        step_mm=0,
    ) -> None:
        """`slots`: transfer.Slot by kind; `set_time`, `fault`, `refused`: Sync, Transfer.

        `settings`: Keys, Bonds; `erase`, `calibrate`: Trust; `display`: Pairing.
        `step_mm`: length of a step, to offer Running Speed and Cadence; 0 leaves the service out.
        """
        self.heart_rate = HeartRate()
        self.battery = Battery()
        self.live = Live()
        self.sync = Sync(log, [LogReader(log) for _ in range(COMPANIONS)], MTU - 3, set_time, fault)
        transfer = Transfer(slots, COMPANIONS, clock, refused)
        time = CurrentTime(clock, set_time)
        self.window = Window(clock)
        trust = Trust(Keys(settings), device_id, self.window, COMPANIONS, erase, calibrate)
        own = Own(self.sync, transfer, self.live, trust, log, plans, clock, device_id)
        # The order is the layout: a change of it changes repbeat_protocol.gatt.LAYOUT
        services = (self.heart_rate, self.battery, Information(model, device_id), time, own)
        sources = (self.heart_rate, self.live, trust, transfer, time, self.battery, self.sync)
        self.running = None
        if step_mm:
            self.running = RunningCadence(step_mm)
            services += (self.running,)  # last: the others' handles are the same with it and without
            sources = sources[:2] + (self.running,) + sources[2:]
        pairing = Pairing(ble, Bonds(settings, self.window), self.window, display, clock)
        self._server = Gatt(ble, name, services, pairing)
        trust.drop = lambda connection: self._server.drop(connection.handle)
        trust.pairing = pairing
        self._sender = Sender(self._server, sources)
        self.strap = Strap(ble, strap_wanted, clock)
        self._server.central_irq = self.strap.irq
        self.wake = self._sender.wake
        self.tasks = (
            ("gatt", self._server.run),
            ("sender", self._sender.run),
            ("pairing", pairing.run),
            ("advertising", Advertiser(ble, self._server, name).run),
            ("strap", self.strap.run),
        )

    def off(self) -> None:
        """The radio off, for a deep sleep: whoever is connected sees a lost link."""
        self._server.off()

    @property
    def proved(self) -> bool:
        """Whether a companion is connected that has proved its key."""
        return any(connection.is_open and connection.trusted for connection in self._server.connections)

    @property
    def companions(self) -> int:
        """How many centrals are connected."""
        return sum([connection.is_open for connection in self._server.connections])
