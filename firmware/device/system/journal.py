"""The one way records are written: tells the link, and survives a log that cannot take them."""

from device.store.flash import StoreError

LOST = 0xFFFFFFFF  # instead of a sequence number: the record could not be kept


class Journal:
    """`append` of device/store/log.py that does not raise; `on_append()` is called after each record."""

    def __init__(self, log) -> None:
        self._log = log
        self.on_append = None
        self.lost = 0  # records that the log did not take since the start
        self.error = None  # why the last one was not taken; None: it was

    @property
    def next_seq(self) -> int:
        """Sequence number of the next record."""
        return self._log.next_seq

    def append(self, kind: int, version: int, payload: bytes, uptime_ms: int) -> int:
        """Sequence number of the record kept, or LOST: training goes on, and what was kept before stays."""
        try:
            seq = self._log.append(kind, version, payload, uptime_ms)
        except StoreError as error:
            self.lost += 1
            self.error = error
            return LOST
        self.error = None
        if self.on_append:
            self.on_append()
        return seq
