"""RepBeat's own service: CONTROL, DATA, TRANSFER, INFO, LIVE, TRUST (protocol/gatt.md).

Only sealed frames of a trusted companion reach Sync and Transfer; INFO alone is for everyone.
"""

from device.link.service import NOTIFY, READ, WRITE, WRITE_MAX, Service
from repbeat_protocol import auth, frames, gatt, live

CONTROL_SIZE = 48  # the longest control frame has 29 bytes, sealed; a longer one must be seen to be refused
TRUST_SIZE = 64  # the longest message is a CLAIM of 49 bytes
INFO_SIZE = 33
INFO_STEADY_MS = 300  # a long read comes in pieces: the value stays the same while they follow each other


class Own(Service):
    """Binds Sync, Transfer, Live and Trust to their characteristics; INFO is made when read."""

    UUID = gatt.SERVICE
    CHARACTERISTICS = (
        (gatt.CONTROL, WRITE, CONTROL_SIZE),
        (gatt.DATA, NOTIFY, 20),
        (gatt.TRANSFER, WRITE | NOTIFY, WRITE_MAX),
        (gatt.INFO, READ, INFO_SIZE),
        (gatt.LIVE, READ | NOTIFY, live.ANGLE_SIZE),
        (gatt.TRUST, WRITE | NOTIFY, TRUST_SIZE),
    )
    FRESH = True

    def __init__(self, sync, transfer, live_value, trust, log, plans, clock, device_id: int) -> None:
        self._sync = sync
        self._transfer = transfer
        self._live = live_value
        self._trust = trust
        self._log = log
        self._plans = plans
        self._clock = clock
        self._device_id = device_id
        self._read_ms = -INFO_STEADY_MS

    def bind(self, server, attributes: tuple[int, ...]) -> None:
        self._server = server
        self._control, self._sync.attribute, self._transfer.attribute = attributes[:3]
        self._info, self._live.attribute, self._trust.attribute = attributes[3:]
        server.guard(self._live.attribute)
        self.refresh(self._info)
        self.refresh(self._live.attribute)

    def opened(self, connection) -> None:
        for part in (self._sync, self._transfer, self._live, self._trust):
            part.opened(connection)

    def closed(self, connection) -> None:
        for part in (self._sync, self._transfer, self._live, self._trust):
            part.closed(connection)

    def written(self, connection, attribute: int, data: memoryview) -> None:
        if attribute == self._trust.attribute:
            self._trust.message(connection, data)
            return
        control = attribute == self._control
        frame = self._trust.open(connection, auth.ON_CONTROL if control else auth.ON_TRANSFER, data)
        if frame is None:
            self._sync.refuse_stranger(connection, data)
        elif control:
            self._sync.control(connection, frame)
        else:
            self._transfer.message(connection, frame)

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
