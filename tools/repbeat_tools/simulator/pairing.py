"""Security manager of one life of a radio: Bumble's pairing, with NimBLE's habits and the firmware's secrets.

The firmware keeps the bonds, so this end asks it (events 29, 30) as NimBLE does from its stack; the answers
come back as frames. Sources: extmod/nimble/modbluetooth_nimble.c; NimBLE's ble_sm.c, ble_store.c,
ble_store_util.c and ble_gap.c.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import struct
from typing import TYPE_CHECKING, Any

from bumble import hci, smp
from bumble.keys import KeyStore, PairingKeys
from bumble.pairing import PairingConfig, PairingDelegate

if TYPE_CHECKING:
    from repbeat_tools.simulator.radio import _Life

log = logging.getLogger(__name__)

PAIR, PASSKEY, SECRET = 23, 24, 25
GET_SECRET, SET_SECRET = 0xA4, 0xA5
ENCRYPTION_UPDATE, PASSKEY_ACTION = 28, 31
INPUT, DISPLAY, COMPARE = 2, 3, 4  # passkey actions
OUR_SECRET, PEER_SECRET = 1, 2
ANSWER_S = 30.0  # Core 5.4 Vol 3 Part H 3.4: SMP times out after that
KEY_SIZE = 16
MOST_BONDS = 64  # more are none: the firmware does not delete what it is told to

# Like struct ble_store_value_sec: peer address, key size, EDIV, random number, then LTK, IRK and CSRK each
# with "present", authenticated, secure connections, padded. The firmware has no business in it.
VALUE = struct.Struct("<7sBHQ16sB16sB16sBBB9x")


def address_key(address: Any) -> bytes:
    """struct ble_addr_t: the type, then the address, least significant byte first."""
    random = address.address_type in (hci.Address.RANDOM_DEVICE_ADDRESS, hci.Address.RANDOM_IDENTITY_ADDRESS)
    return bytes((int(random),)) + bytes(address)


def pack_secret(address: bytes, key: PairingKeys.Key, irk: PairingKeys.Key | None, sc: bool) -> bytes:
    """A secret as it is handed to the firmware."""
    rand = int.from_bytes(key.rand or b"", "little")
    identity = (irk.value, 1) if irk else (bytes(16), 0)
    fields = (key.value, 1, *identity, bytes(16), 0, int(key.authenticated), int(sc))
    return VALUE.pack(address, KEY_SIZE, key.ediv or 0, rand, *fields)


class Delegate(PairingDelegate):  # type: ignore[misc]
    """Asks the firmware for passkeys; its answer comes by `gap_passkey`."""

    def __init__(self, pairing: Pairing, connection: int, io: int, address: bytes) -> None:
        super().__init__(PairingDelegate.IoCapability(io))
        self._pairing = pairing
        self._connection = connection
        self._address = address

    async def accept(self) -> bool:
        """A pairing with a bond of this peer there: the bond goes first (BLE_GAP_EVENT_REPEAT_PAIRING)."""
        if await self._pairing.read(PEER_SECRET, 0, self._address) is not None:
            await self._pairing.forget(self._address)
        return True

    async def generate_passkey(self) -> int:
        return await self._pairing.passkey(self._connection, DISPLAY, 0)

    async def get_number(self) -> int | None:
        return await self._pairing.passkey(self._connection, INPUT, 0)

    async def compare_numbers(self, number: int, digits: int) -> bool:
        return bool(await self._pairing.passkey(self._connection, COMPARE, number))


class SecretStore(KeyStore):  # type: ignore[misc]
    """What Bumble asks for when a bonded peer wants to encrypt. It is filled by `Pairing` alone."""

    def __init__(self, pairing: Pairing) -> None:
        self._pairing = pairing

    async def get(self, name: str) -> PairingKeys | None:
        return await self._pairing.bond(hci.Address(name))


class Pairing:
    """`configure` as BLE.config(); the radio tells of connections and passes the firmware's frames on."""

    def __init__(self, life: _Life) -> None:
        self._life = life
        self._bond = self._mitm = self._le_secure = False
        self._io = int(PairingDelegate.NO_OUTPUT_NO_INPUT)
        self._tokens = itertools.count(1)
        self._answers: dict[int, asyncio.Future[tuple[bool, bytes]]] = {}
        self._passkeys: dict[tuple[int, int], asyncio.Future[int]] = {}
        self._secure: dict[int, tuple[bool, bool]] = {}  # encrypted, authenticated
        self._restored: dict[Any, bool] = {}  # of the bond that was last asked for: authenticated?
        life.device.pairing_config_factory = self._config
        life.device.keystore = SecretStore(self)

    def configure(self, bond: int, mitm: int, io: int, le_secure: int) -> None:
        """For pairings that begin from now on."""
        self._bond, self._mitm, self._io, self._le_secure = bool(bond), bool(mitm), io, bool(le_secure)

    def security(self, connection: int) -> tuple[bool, bool]:
        """(encrypted, authenticated): what attributes with such flags ask for."""
        return self._secure.get(connection, (False, False))

    # -- connections ------------------------------------------------------------------------------

    def connected(self, connection: int, bumble: Any) -> None:
        self._secure[connection] = (False, False)
        bumble.on("connection_encryption_change", lambda: self._encrypted(connection, bumble))
        bumble.on("pairing", lambda keys: self._paired(connection, bumble, keys))
        bumble.on("pairing_failure", lambda reason: self._failed(connection, bumble))

    def disconnected(self, connection: int) -> None:
        self._secure.pop(connection, None)
        for key in [key for key in self._passkeys if key[0] == connection]:
            self._passkeys.pop(key).cancel()

    def _encrypted(self, connection: int, bumble: Any) -> None:
        """By a bond. In a pairing the link is encrypted before the keys are exchanged: NimBLE tells later."""
        session = self._session(bumble)
        if session is not None and not session.completed:
            self._secure[connection] = (bool(bumble.is_encrypted), session.pairing_method != _JUST_WORKS)
            return
        authenticated = bool(bumble.is_encrypted) and self._restored.get(bumble.peer_address, False)
        self._update(connection, bool(bumble.is_encrypted), authenticated, bonded=True)

    def _paired(self, connection: int, bumble: Any, keys: PairingKeys) -> None:
        session = self._session(bumble)
        session.on_disconnection(0)  # Bumble would hand the next pairing of this link to the finished session
        if connection in self._secure:
            self._update(connection, True, session.pairing_method != _JUST_WORKS, session.bonding)
        if session.bonding:
            self._life.spawn(self._keep(bumble.peer_address, keys, session.sc))

    def _failed(self, connection: int, bumble: Any) -> None:
        session = self._session(bumble)
        if session is not None:
            session.on_disconnection(0)  # likewise
        if connection in self._secure:
            self._update(connection, *self._secure[connection], bonded=False)

    def _update(self, connection: int, encrypted: bool, authenticated: bool, bonded: bool) -> None:
        self._secure[connection] = (encrypted, authenticated)
        size = KEY_SIZE if encrypted else 0
        self._life.tell(ENCRYPTION_UPDATE, "HBBBB", connection, encrypted, authenticated, bonded, size)

    def _session(self, bumble: Any) -> Any:
        return self._life.device.smp_manager.sessions.get(bumble.handle)

    def _config(self, bumble: Any) -> PairingConfig:
        delegate = Delegate(self, bumble.handle - 1, self._io, address_key(bumble.peer_address))
        return PairingConfig(
            sc=self._le_secure,
            mitm=self._mitm,
            bonding=self._bond,
            delegate=delegate,
            identity_address_type=PairingConfig.AddressType.PUBLIC,
        )

    # -- from the firmware ------------------------------------------------------------------------

    def on_frame(self, kind: int, payload: bytes) -> None:
        if kind == SECRET:
            token, yes = struct.unpack_from("<HB", payload, 1)
            answer = self._answers.pop(token, None)
            if answer is not None and not answer.done():
                answer.set_result((bool(yes), payload[4:]))
        elif kind == PASSKEY:
            connection, action, number = struct.unpack_from("<HBI", payload, 1)
            asked = self._passkeys.pop((connection, action), None)
            if asked is not None and not asked.done():
                asked.set_result(number)
        else:
            (connection,) = struct.unpack_from("<H", payload, 1)
            bumble = self._life.connections.get(connection)
            if bumble is not None and bumble.role != hci.Role.PERIPHERAL:
                raise NotImplementedError("gap_pair towards a peripheral has no model")
            if bumble is not None:
                self._life.device.request_pairing(bumble)

    async def passkey(self, connection: int, action: int, number: int) -> int:
        """Ask the firmware to show, enter or compare; TimeoutError as the pairing's own."""
        asked: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._passkeys[connection, action] = asked
        self._life.tell(PASSKEY_ACTION, "HBI", connection, action, number)
        async with asyncio.timeout(self._life.link.world.wall_s(ANSWER_S)):
            return await asked

    async def _ask(self, frame: int, layout: str, *fields: Any, data: bytes) -> tuple[bool, bytes]:
        token = next(self._tokens) & 0xFFFF
        answer: asyncio.Future[tuple[bool, bytes]] = asyncio.get_running_loop().create_future()
        self._answers[token] = answer
        self._life.tell(frame, "H" + layout, token, *fields, data=data)
        return await answer

    # -- bonds, as ble_store.c sees them ----------------------------------------------------------

    async def read(self, kind: int, index: int, key: bytes) -> bytes | None:
        """The secret of a peer, or without a key the one at an index."""
        found, value = await self._ask(GET_SECRET, "BB", kind, index, data=key)
        return value if found and len(value) == VALUE.size else None

    async def bond(self, address: Any) -> PairingKeys | None:
        """The keys shared with a peer."""
        value = await self.read(OUR_SECRET, 0, address_key(address))
        if value is None:
            return None
        _, _, ediv, rand, ltk, _, _, _, _, _, authenticated, sc = VALUE.unpack(value)
        key = PairingKeys.Key(ltk, bool(authenticated), ediv, rand.to_bytes(8, "little"))
        self._restored[address] = bool(authenticated)
        return PairingKeys(ltk=key) if sc else PairingKeys(ltk_peripheral=key)

    async def _keep(self, address: Any, keys: PairingKeys, sc: bool) -> None:
        key = address_key(address)
        ours, theirs = keys.ltk or keys.ltk_central, keys.ltk or keys.ltk_peripheral
        for kind, ltk, irk in ((OUR_SECRET, ours, None), (PEER_SECRET, theirs, keys.irk)):
            if not await self._write(kind, key, pack_secret(key, ltk, irk, sc)):
                log.info("%s: the firmware keeps no bond with %s", self._life.name, address)
                return

    async def _write(self, kind: int, key: bytes, value: bytes) -> bool:
        """What the firmware refuses is tried again with the oldest peer's bond gone, until none is left."""
        for _ in range(MOST_BONDS):
            kept, _ = await self._ask(SET_SECRET, "BB", kind, len(key), data=key + value)
            oldest = None if kept else await self.read(PEER_SECRET, 0, b"")
            if oldest is None:
                return kept
            await self.forget(oldest[:7])
        raise NotImplementedError(
            "the firmware refuses bonds and does not delete any: NimBLE would hang here"
        )

    async def forget(self, key: bytes) -> None:
        """ble_store_util_delete_peer: each kind again and again, until there is no such secret."""
        for kind in (OUR_SECRET, PEER_SECRET):
            for _ in range(MOST_BONDS):
                deleted, _ = await self._ask(SET_SECRET, "BB", kind, len(key), data=key)
                if not deleted:
                    break
            else:
                raise NotImplementedError("a deleted secret is deleted without end: NimBLE would hang here")


_JUST_WORKS = smp.PairingMethod.JUST_WORKS
