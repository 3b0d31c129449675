"""An attribute server with NimBLE's layout and refusals; values are the firmware's, asked for over frames.

Bumble's own server allows what a chip refuses (forbidden reads and writes) and may answer out of order with
notifications, so the attribute protocol (Core 5.4, Vol 3 Part F) is done here: one PDU in, one PDU or one
question to the firmware out, nothing awaited.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar

PRIMARY_SERVICE = b"\x00\x28"
CHARACTERISTIC = b"\x03\x28"
CCCD = b"\x02\x29"
GAP, GATT = b"\x00\x18", b"\x01\x18"

READ, WRITE_COMMAND, WRITE, NOTIFY, INDICATE = 0x02, 0x04, 0x08, 0x10, 0x20
READ_ENCRYPTED, READ_AUTHENTICATED = 0x0200, 0x0400
WRITE_ENCRYPTED, WRITE_AUTHENTICATED = 0x1000, 0x2000
READ_AUTHORIZED, WRITE_AUTHORIZED = 0x0800, 0x4000

INVALID_HANDLE, READ_NOT_PERMITTED, WRITE_NOT_PERMITTED, INVALID_PDU = 0x01, 0x02, 0x03, 0x04
INSUFFICIENT_AUTHENTICATION, NOT_SUPPORTED, INVALID_OFFSET, NOT_AUTHORIZED = 0x05, 0x06, 0x07, 0x08
NOT_FOUND, INVALID_LENGTH, INSUFFICIENT_ENCRYPTION, UNSUPPORTED_GROUP = 0x0A, 0x0D, 0x0F, 0x10

VALUE_MAX = 512
DEFAULT_MTU = 23
ALL_CONNECTIONS = 0xFFFF


class AttError(Exception):
    def __init__(self, code: int, handle: int = 0) -> None:
        super().__init__(code, handle)
        self.code = code
        self.handle = handle


@dataclass
class Attribute:
    """`value` is None for one whose value the firmware keeps. `flags` as MicroPython gives them."""

    handle: int
    type: bytes
    flags: int = READ
    value: bytes | None = None
    end: int = 0
    """Last handle of the group, for a service."""
    of: int = 0
    """The value that this client configuration belongs to."""


@dataclass
class Bearer:
    """What the server knows about one connection."""

    mtu: int = DEFAULT_MTU
    subscriptions: dict[int, int] = field(default_factory=dict)
    waiting: tuple[int, int, int] | None = None
    """The request that the firmware is answering: opcode, handle, offset."""
    prepared: list[tuple[int, int, bytes]] = field(default_factory=list)
    to_execute: list[tuple[int, bytes]] = field(default_factory=list)


class AttributeServer:
    """Serves every connection of one radio."""

    def __init__(
        self,
        send: Callable[[int, bytes], None],
        read: Callable[[int, int], None],
        write: Callable[[int, int, bool, bytes], None],
        security: Callable[[int], tuple[bool, bool]],
        mtu_exchanged: Callable[[int, int], None],
        confirmed: Callable[[int], None],
    ) -> None:
        """send(connection, pdu); read(connection, handle) and write(connection, handle, wants_answer, value)
        ask the firmware, which answers through `answer`; security(connection) → (encrypted, authenticated).
        """
        self._send = send
        self._read = read
        self._write = write
        self._security = security
        self._mtu_exchanged = mtu_exchanged
        self._confirmed = confirmed
        self.max_mtu = 256
        self.bearers: dict[int, Bearer] = {}
        self._attributes: dict[int, Attribute] = {}
        self.name = b""
        self.register(b"")

    # -- the table --------------------------------------------------------------------------------

    def set_name(self, name: bytes) -> None:
        self.name = name
        self._attributes[3].value = name

    def register(self, table: bytes) -> None:
        """Take the firmware's services after GAP and GATT, with the handles that it gave them."""
        self._attributes = {}
        self._service(1, GAP)
        self._characteristic(3, b"\x00\x2a", READ, self.name)
        self._characteristic(5, b"\x01\x2a", READ, bytes(2))  # appearance
        self._characteristic(7, b"\xa6\x2a", READ, b"\x01")  # central address resolution
        self._service(8, GATT)
        self._characteristic(10, b"\x05\x2a", INDICATE, bytes(4))  # service changed
        self._characteristic(13, b"\x3a\x2b", READ, b"\x00")  # server supported features
        self._characteristic(15, b"\x29\x2b", READ, b"\x00")  # client supported features
        self._characteristic(17, b"\x2a\x2b", READ, bytes(16))  # database hash
        at = 0
        while at < len(table):
            kind, handle, flags, size = struct.unpack_from("<BHHB", table, at)
            uuid = table[at + 6 : at + 6 + size]
            at += 6 + size
            if kind == 0:
                self._service(handle, uuid)
            elif kind == 1:
                self._characteristic(handle, uuid, flags, None)
            else:
                self._add(Attribute(handle, uuid, flags))

    def _add(self, attribute: Attribute) -> None:
        self._attributes[attribute.handle] = attribute
        services = [a for a in self._attributes.values() if a.type == PRIMARY_SERVICE]
        if services:
            services[-1].end = attribute.handle

    def _service(self, handle: int, uuid: bytes) -> None:
        self._add(Attribute(handle, PRIMARY_SERVICE, READ, uuid))

    def _characteristic(self, handle: int, uuid: bytes, flags: int, value: bytes | None) -> None:
        self._add(
            Attribute(handle - 1, CHARACTERISTIC, READ, struct.pack("<BH", flags & 0xFF, handle) + uuid)
        )
        self._add(Attribute(handle, uuid, flags, value))
        if flags & (NOTIFY | INDICATE):
            self._add(Attribute(handle + 1, CCCD, READ | WRITE, of=handle))

    def _between(self, start: int, end: int) -> Iterator[Attribute]:
        if start == 0 or start > end:
            raise AttError(INVALID_HANDLE, start)
        return (a for h, a in sorted(self._attributes.items()) if start <= h <= end)

    # -- from the peer ----------------------------------------------------------------------------

    def on_pdu(self, connection: int, pdu: bytes) -> None:
        bearer = self.bearers[connection]
        opcode = pdu[0]
        try:
            handler = self._handlers.get(opcode)
            if handler is None:
                raise AttError(NOT_SUPPORTED)
            answer = handler(self, connection, bearer, pdu)
        except (struct.error, IndexError):
            answer = struct.pack("<BBHB", 0x01, opcode, 0, INVALID_PDU)
        except AttError as error:
            answer = struct.pack("<BBHB", 0x01, opcode, error.handle, error.code)
            if opcode & 0x40:
                return  # commands are never answered
        if answer is not None:
            self._send(connection, answer)
        if opcode == 0x02:
            self._mtu_exchanged(connection, bearer.mtu)

    def _exchange_mtu(self, connection: int, bearer: Bearer, pdu: bytes) -> bytes:
        (client,) = struct.unpack_from("<H", pdu, 1)
        bearer.mtu = max(DEFAULT_MTU, min(client, self.max_mtu))
        return struct.pack("<BH", 0x03, self.max_mtu)

    def _find_information(self, connection: int, bearer: Bearer, pdu: bytes) -> bytes:
        start, end = struct.unpack_from("<HH", pdu, 1)
        found = list(self._between(start, end))
        if not found:
            raise AttError(NOT_FOUND, start)
        size = len(found[0].type)
        answer = bytes((0x05, 1 if size == 2 else 2))
        for attribute in found:
            if len(attribute.type) != size or len(answer) + 2 + size > bearer.mtu:
                break
            answer += struct.pack("<H", attribute.handle) + attribute.type
        return answer

    def _find_by_type_value(self, connection: int, bearer: Bearer, pdu: bytes) -> bytes:
        start, end = struct.unpack_from("<HH", pdu, 1)
        wanted, value = pdu[5:7], pdu[7:]
        answer = b"\x07"
        for attribute in self._between(start, end):
            if attribute.type == wanted and attribute.value == value and len(answer) + 4 <= bearer.mtu:
                answer += struct.pack("<HH", attribute.handle, self._group_end(attribute))
        if len(answer) == 1:
            raise AttError(NOT_FOUND, start)
        return answer

    def _read_by_type(self, connection: int, bearer: Bearer, pdu: bytes) -> bytes | None:
        start, end = struct.unpack_from("<HH", pdu, 1)
        found = [a for a in self._between(start, end) if a.type == pdu[5:]]
        if not found:
            raise AttError(NOT_FOUND, start)
        if found[0].value is None and found[0].type != CCCD:
            self._check_read(connection, found[0])
            return self._ask(connection, bearer, 0x08, found[0].handle, 0)
        values = [(a.handle, self._own_value(bearer, a)[: bearer.mtu - 4]) for a in found]
        size = len(values[0][1])
        answer = bytes((0x09, 2 + size))
        for handle, value in values:
            if len(value) != size or len(answer) + 2 + size > bearer.mtu:
                break
            answer += struct.pack("<H", handle) + value
        return answer

    def _read_by_group_type(self, connection: int, bearer: Bearer, pdu: bytes) -> bytes:
        start, end = struct.unpack_from("<HH", pdu, 1)
        if pdu[5:] != PRIMARY_SERVICE:
            raise AttError(UNSUPPORTED_GROUP, start)
        found = [a for a in self._between(start, end) if a.type == PRIMARY_SERVICE]
        if not found:
            raise AttError(NOT_FOUND, start)
        size = len(found[0].value or b"")
        answer = bytes((0x11, 4 + size))
        for service in found:
            value = service.value or b""
            if len(value) != size or len(answer) + 4 + size > bearer.mtu:
                break
            answer += struct.pack("<HH", service.handle, self._group_end(service)) + value
        return answer

    def _group_end(self, attribute: Attribute) -> int:
        """NimBLE reports 0xFFFF for the last group, to spare the client one more request (ble_att_svr.c)."""
        return 0xFFFF if attribute.end == max(self._attributes) else attribute.end or attribute.handle

    def _read_request(self, connection: int, bearer: Bearer, pdu: bytes) -> bytes | None:
        (handle,) = struct.unpack_from("<H", pdu, 1)
        return self._read_at(connection, bearer, 0x0A, handle, 0)

    def _read_blob(self, connection: int, bearer: Bearer, pdu: bytes) -> bytes | None:
        handle, offset = struct.unpack_from("<HH", pdu, 1)
        return self._read_at(connection, bearer, 0x0C, handle, offset)

    def _read_at(
        self, connection: int, bearer: Bearer, opcode: int, handle: int, offset: int
    ) -> bytes | None:
        attribute = self._find(handle)
        self._check_read(connection, attribute)
        if attribute.value is None and attribute.type != CCCD:
            return self._ask(connection, bearer, opcode, handle, offset)
        return self._value_answer(bearer, opcode, handle, offset, self._own_value(bearer, attribute))

    def _write_request(self, connection: int, bearer: Bearer, pdu: bytes) -> bytes | None:
        (handle,) = struct.unpack_from("<H", pdu, 1)
        attribute = self._find(handle)
        self._check_write(connection, attribute, WRITE)
        if self._subscribe(bearer, attribute, pdu[3:]):
            return b"\x13"
        bearer.waiting = (0x12, handle, 0)
        self._write(connection, handle, True, pdu[3:])
        return None

    def _write_command(self, connection: int, bearer: Bearer, pdu: bytes) -> None:
        (handle,) = struct.unpack_from("<H", pdu, 1)
        attribute = self._find(handle)
        self._check_write(connection, attribute, WRITE_COMMAND)
        if not self._subscribe(bearer, attribute, pdu[3:]):
            self._write(connection, handle, False, pdu[3:])

    def _prepare_write(self, connection: int, bearer: Bearer, pdu: bytes) -> bytes:
        handle, offset = struct.unpack_from("<HH", pdu, 1)
        self._check_write(connection, self._find(handle), WRITE)
        bearer.prepared.append((handle, offset, pdu[5:]))
        return b"\x17" + pdu[1:]

    def _execute_write(self, connection: int, bearer: Bearer, pdu: bytes) -> bytes | None:
        prepared, bearer.prepared = bearer.prepared, []
        if pdu[1] == 0:
            return b"\x19"
        values: dict[int, bytes] = {}
        for handle, offset, part in prepared:
            if offset != len(values.get(handle, b"")):
                raise AttError(INVALID_OFFSET, handle)
            values[handle] = values.get(handle, b"") + part
            if len(values[handle]) > VALUE_MAX:
                raise AttError(INVALID_LENGTH, handle)
        bearer.to_execute = list(values.items())
        return self._execute_next(connection, bearer)

    def _execute_next(self, connection: int, bearer: Bearer) -> bytes | None:
        if not bearer.to_execute:
            return b"\x19"
        handle, value = bearer.to_execute.pop(0)
        bearer.waiting = (0x18, handle, 0)
        self._write(connection, handle, True, value)
        return None

    def _confirmation(self, connection: int, bearer: Bearer, pdu: bytes) -> None:
        self._confirmed(connection)

    _handlers: ClassVar[dict[int, Callable[[AttributeServer, int, Bearer, bytes], bytes | None]]] = {
        0x02: _exchange_mtu,
        0x04: _find_information,
        0x06: _find_by_type_value,
        0x08: _read_by_type,
        0x0A: _read_request,
        0x0C: _read_blob,
        0x10: _read_by_group_type,
        0x12: _write_request,
        0x16: _prepare_write,
        0x18: _execute_write,
        0x1E: _confirmation,
        0x52: _write_command,
    }

    # -- from the firmware ------------------------------------------------------------------------

    def answer(self, connection: int, handle: int, status: int, value: bytes) -> None:
        """The firmware's answer to the read or write that it was asked about."""
        bearer = self.bearers.get(connection)
        if bearer is None or bearer.waiting is None or bearer.waiting[1] != handle:
            return  # the connection that asked has gone
        opcode, _, offset = bearer.waiting
        bearer.waiting = None
        if status:
            bearer.to_execute = []
            pdu: bytes | None = struct.pack("<BBHB", 0x01, opcode, handle, status)
        elif opcode == 0x12:
            pdu = b"\x13"
        elif opcode == 0x18:
            pdu = self._execute_next(connection, bearer)
        else:
            try:
                pdu = self._value_answer(bearer, opcode, handle, offset, value)
            except AttError as error:
                pdu = struct.pack("<BBHB", 0x01, opcode, handle, error.code)
        if pdu is not None:
            self._send(connection, pdu)

    def notify(self, connection: int, handle: int, value: bytes) -> None:
        self._send(connection, struct.pack("<BH", 0x1B, handle) + value)

    def indicate(self, connection: int, handle: int, value: bytes) -> None:
        self._send(connection, struct.pack("<BH", 0x1D, handle) + value)

    # -- helpers ----------------------------------------------------------------------------------

    def _ask(self, connection: int, bearer: Bearer, opcode: int, handle: int, offset: int) -> bytes | None:
        bearer.waiting = (opcode, handle, offset)
        self._read(connection, handle)
        return None

    def _value_answer(self, bearer: Bearer, opcode: int, handle: int, offset: int, value: bytes) -> bytes:
        if offset > len(value):
            raise AttError(INVALID_OFFSET, handle)
        if opcode == 0x08:
            value = value[: bearer.mtu - 4]
            return struct.pack("<BBH", 0x09, 2 + len(value), handle) + value
        return bytes((opcode + 1,)) + value[offset : offset + bearer.mtu - 1]

    def _own_value(self, bearer: Bearer, attribute: Attribute) -> bytes:
        if attribute.type == CCCD:
            return struct.pack("<H", bearer.subscriptions.get(attribute.of, 0))
        return attribute.value or b""

    def _find(self, handle: int) -> Attribute:
        attribute = self._attributes.get(handle)
        if attribute is None:
            raise AttError(INVALID_HANDLE, handle)
        return attribute

    def _subscribe(self, bearer: Bearer, attribute: Attribute, value: bytes) -> bool:
        if attribute.type != CCCD:
            return False
        if len(value) != 2:
            raise AttError(INVALID_LENGTH, attribute.handle)
        bearer.subscriptions[attribute.of] = int.from_bytes(value, "little")
        return True

    def _check_read(self, connection: int, attribute: Attribute) -> None:
        if not attribute.flags & READ:
            raise AttError(READ_NOT_PERMITTED, attribute.handle)
        self._check_security(connection, attribute, READ_ENCRYPTED, READ_AUTHENTICATED, READ_AUTHORIZED)

    def _check_write(self, connection: int, attribute: Attribute, how: int) -> None:
        if not attribute.flags & how:
            raise AttError(WRITE_NOT_PERMITTED, attribute.handle)
        self._check_security(connection, attribute, WRITE_ENCRYPTED, WRITE_AUTHENTICATED, WRITE_AUTHORIZED)

    def _check_security(
        self, connection: int, attribute: Attribute, encrypted: int, authenticated: int, authorized: int
    ) -> None:
        is_encrypted, is_authenticated = self._security(connection)
        if attribute.flags & (encrypted | authenticated) and not is_encrypted:
            raise AttError(INSUFFICIENT_AUTHENTICATION, attribute.handle)
        if attribute.flags & authenticated and not is_authenticated:
            raise AttError(INSUFFICIENT_AUTHENTICATION, attribute.handle)
        if attribute.flags & authorized:
            raise AttError(NOT_AUTHORIZED, attribute.handle)
