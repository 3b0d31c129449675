"""What every service of the device answers to; each overrides what it needs."""

READ = 0x02
WRITE = 0x08
NOTIFY = 0x10
WRITE_MAX = 512  # bytes of the longest attribute value


class Service:
    """UUID, CHARACTERISTICS: ((uuid, properties, buffer bytes), …). FRESH: values are made when read."""

    UUID = 0
    CHARACTERISTICS = ()
    FRESH = False

    def bind(self, server, attributes: tuple[int, ...]) -> None:
        """The attribute handles, in the order of CHARACTERISTICS."""

    def opened(self, connection) -> None:
        """A central connected."""

    def closed(self, connection) -> None:
        """A central is gone."""

    def written(self, connection, attribute: int, data: memoryview) -> None:
        """A central wrote `data`, valid during this call only."""

    def refresh(self, attribute: int) -> None:
        """A central is about to read (only with FRESH; on the radio's stack: be short)."""


class LatestValue(Service):
    """A service that notifies one value, the latest: what was not sent in time is replaced.

    `value` is the buffer to send; `changed()` marks it for every central. As a source of the sender it
    has `attribute`, `next(connection)` and `sent(connection)`.
    """

    def __init__(self) -> None:
        self.attribute = 0
        self.wake = None  # called when there is something to send
        self._due = 0  # a bit for each connection

    def changed(self) -> None:
        """The value is new: send it to every central."""
        self._due = 0xFF
        if self.wake:
            self.wake()

    def opened(self, connection) -> None:
        """A central that has just come cannot have subscribed: it gets the next change."""
        self._due &= ~(1 << connection.index)

    def value(self) -> memoryview | None:
        """What to send; None: nothing at present."""
        raise NotImplementedError

    def next(self, connection) -> memoryview | None:
        """The notification due for this central, or None."""
        return self.value() if self._due >> connection.index & 1 else None

    def sent(self, connection) -> None:
        """The notification is with the radio."""
        self._due &= ~(1 << connection.index)
