"""RepBeat's own service: CONTROL, DATA, TRANSFER, INFO, LIVE (protocol/gatt.md)."""

from device.link.service import NOTIFY, READ, WRITE, WRITE_MAX, Service
from repbeat_protocol import frames, gatt, live

CONTROL_SIZE = 32  # the longest control frame has 13 bytes; a longer one must be seen to be refused
INFO_SIZE = 33
INFO_STEADY_MS = 300  # a long read comes in pieces: the value stays the same while they follow each other


class Own(Service):
    """Binds Sync, Transfer and Live to their characteristics; INFO is made when read."""

    UUID = gatt.SERVICE
    CHARACTERISTICS = (
        (gatt.CONTROL, WRITE, CONTROL_SIZE),
        (gatt.DATA, NOTIFY, 20),
        (gatt.TRANSFER, WRITE | NOTIFY, WRITE_MAX),
        (gatt.INFO, READ, INFO_SIZE),
        (gatt.LIVE, READ | NOTIFY, live.SIZE),
    )
    FRESH = True

    def __init__(self, sync, transfer, live_value, log, plans, clock, device_id: int) -> None:
        self._sync = sync
        self._transfer = transfer
        self._live = live_value
        self._log = log
        self._plans = plans
        self._clock = clock
        self._device_id = device_id
        self._read_ms = -INFO_STEADY_MS

    def bind(self, server, attributes: tuple[int, ...]) -> None:
        self._server = server
        self._control, self._sync.attribute, self._transfer.attribute, self._info, self._live.attribute = (
            attributes
        )
        self.refresh(self._info)
        self.refresh(self._live.attribute)

    def opened(self, connection) -> None:
        for part in (self._sync, self._transfer, self._live):
            part.opened(connection)

    def closed(self, connection) -> None:
        for part in (self._sync, self._transfer, self._live):
            part.closed(connection)

    def written(self, connection, attribute: int, data: memoryview) -> None:
        if attribute == self._control:
            self._sync.control(connection, data)
        else:
            self._transfer.message(connection, data)

    def refresh(self, attribute: int) -> None:
        if attribute == self._live.attribute:
            self._server.write(attribute, self._live.value())
            return
        now = self._clock.uptime_ms()
        if now - self._read_ms >= INFO_STEADY_MS:
            log = self._log
            plan = self._plans.current
            value = frames.pack_info(
                gatt.LAYOUT,
                log.log_id,
                log.oldest,
                log.next_seq,
                log.boot,
                now,
                plan.revision if plan else 0,
                self._device_id,
            )
            self._server.write(attribute, value)
        self._read_ms = now
