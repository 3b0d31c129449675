"""Bonds of Bluetooth itself: the secrets that the radio's stack reads and writes (events 29 and 30).

`get` and `set` run on the radio's stack and touch the table only; `save` writes it, as settings `bond0` …,
most recently used first: hex of the peer's address (7 bytes), then for each kind its size u8 and the secret.

NimBLE deletes on its own: a peer's bond when anybody pairs in its name, and the oldest one when a secret is
refused. A stranger could empty the table so; hence a deletion only hides a bond until a link ends.
"""

from binascii import hexlify, unhexlify

BONDS = 4
KINDS = (1, 2)  # our secret, the peer's secret: BLE_STORE_OBJ_TYPE_…
ADDRESS = 7  # type, then six bytes
SECRET_MAX = 128  # NimBLE's struct ble_store_value_sec has some 80


class Bond:
    """One peer: its secrets by kind."""

    def __init__(self, address: bytes) -> None:
        self.address = address
        self.secrets = {}
        self.hidden = 0  # a bit for each kind

    def shown(self, kind: int) -> bytes | None:
        """The secret of this kind."""
        return None if self.hidden >> kind & 1 else self.secrets.get(kind)

    def pack(self) -> str:
        """As it is kept."""
        raw = self.address
        for kind in KINDS:
            secret = self.secrets.get(kind, b"")
            raw += bytes((len(secret),)) + secret
        return hexlify(raw).decode()


def _unpack(text: str) -> Bond:
    raw = unhexlify(text)
    bond = Bond(raw[:ADDRESS])
    at = ADDRESS
    for kind in KINDS:
        end = at + 1 + raw[at]
        if raw[at]:
            bond.secrets[kind] = raw[at + 1 : end]
        at = end
    return bond


class Bonds:
    """At most BONDS; whoever has not been here for longest goes first."""

    def __init__(self, settings, window) -> None:
        self._settings = settings
        self._window = window
        self._dirty = False
        entries = [settings.get("bond%d" % n, "") for n in range(BONDS)]
        self._bonds = [_unpack(entry) for entry in entries if entry]

    # On the radio's stack

    def get(self, kind: int, index: int, address) -> bytes | None:
        """The secret of a peer, or without an address that of the peer at this index."""
        if address is None:
            shown = [bond.shown(kind) for bond in self._bonds if bond.shown(kind)]
            return (
                shown[-1 - index] if index < len(shown) else None
            )  # the stack takes the first for the oldest
        bond = self._find(bytes(address))
        if bond is None:
            return None
        self._bonds.remove(bond)
        self._bonds.insert(0, bond)
        return bond.shown(kind)

    def set(self, kind: int, address, secret) -> bool:
        """Keep a secret while the window is open; without one, forget the peer's. False: not done."""
        address = bytes(address)
        bond = self._find(address)
        if secret is None:
            if bond is None or bond.shown(kind) is None:
                return False
            bond.hidden |= 1 << kind
            return True
        if not self._window.is_open or kind not in KINDS or len(secret) > SECRET_MAX:
            return False
        if bond is None or bond.hidden:
            if bond:
                self._bonds.remove(bond)
            bond = Bond(address)
            self._bonds.insert(0, bond)
            del self._bonds[BONDS:]
        bond.secrets[kind] = bytes(secret)
        self._dirty = True
        return True

    def _find(self, address: bytes) -> Bond | None:
        for bond in self._bonds:
            if bond.address == address:
                return bond
        return None

    # In the task

    def ended(self) -> None:
        """A link is gone, and with it what was deleted for its sake."""
        for bond in self._bonds:
            bond.hidden = 0

    def save(self) -> None:
        """Write what is new. StoreError: it lasts until the power goes."""
        if self._dirty:
            self._dirty = False  # before: more may come meanwhile
            changes = {"bond%d" % n: None for n in range(BONDS)}
            for n, bond in enumerate(self._bonds):
                changes["bond%d" % n] = bond.pack()
            self._settings.update(changes)
