"""The keys of the companions that this device trusts: up to four, kept in the settings, never printed.

Setting `key<slot>` is 64 hex digits and the companion's name.
"""

from binascii import hexlify, unhexlify

from repbeat_protocol import auth

_HEX = 2 * auth.KEY_SIZE


class Keys:
    """Settings as in device/store/settings.py; writing may raise its StoreError."""

    def __init__(self, settings) -> None:
        self._settings = settings

    def _entry(self, slot: int) -> str:
        return self._settings.get("key%d" % slot, "")

    def key(self, slot: int) -> bytes | None:
        """The key in a slot, None when there is none."""
        entry = self._entry(slot) if slot < auth.SLOTS else ""
        return unhexlify(entry[:_HEX]) if entry else None

    def name(self, slot: int) -> str:
        """The companion's name; "" for a free slot."""
        return self._entry(slot)[_HEX:]

    def find(self, key: bytes) -> int:
        """The slot that holds this key; -1 when none does."""
        for slot in range(auth.SLOTS):
            kept = self.key(slot)
            if kept is not None and auth.same(kept, key):
                return slot
        return -1

    def add(self, key: bytes, name: str) -> int:
        """Keep a key; its slot, -1 when all are used."""
        for slot in range(auth.SLOTS):
            if not self._entry(slot):
                self._settings.set("key%d" % slot, hexlify(key).decode() + name)
                return slot
        return -1

    def revoke(self, slot: int) -> None:
        """Forget a key."""
        self._settings.set("key%d" % slot, None)
