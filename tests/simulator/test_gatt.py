"""The attribute server against the protocol's own words (Core 5.4, Vol 3 Part F), without a link."""

import struct

import pytest

from repbeat_tools.simulator.gatt import (
    INDICATE,
    NOTIFY,
    READ,
    READ_ENCRYPTED,
    WRITE,
    WRITE_COMMAND,
    AttributeServer,
    Bearer,
)

HEART, OWN = b"\x0d\x18", bytes(range(16))
MEASUREMENT, VALUE, SECRET, CONFIRMED = 21, 24, 26, 28


class Fake:
    """A server whose firmware answers at once from a dictionary."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.values = {VALUE: b"", SECRET: b"secret", MEASUREMENT: b""}
        self.commands: list[bytes] = []
        self.encrypted = False
        self.server = AttributeServer(
            send=lambda connection, pdu: self.sent.append(pdu),
            read=lambda connection, handle: self.server.answer(connection, handle, 0, self.values[handle]),
            write=self._write,
            security=lambda connection: (self.encrypted, False),
            mtu_exchanged=lambda connection, mtu: None,
            confirmed=lambda connection: None,
        )
        self.server.register(
            struct.pack("<BHHB", 0, 19, 0, 2)
            + HEART
            + struct.pack("<BHHB", 1, MEASUREMENT, NOTIFY, 2)
            + b"\x37\x2a"
            + struct.pack("<BHHB", 1, VALUE, READ | WRITE | WRITE_COMMAND, 16)
            + OWN
            + struct.pack("<BHHB", 1, SECRET, READ | READ_ENCRYPTED, 2)
            + b"\x01\x2b"
            + struct.pack("<BHHB", 1, CONFIRMED, INDICATE, 2)
            + b"\x02\x2b"
        )
        self.server.bearers[0] = Bearer()

    def _write(self, connection: int, handle: int, wants_answer: bool, value: bytes) -> None:
        self.values[handle] = value
        if wants_answer:
            self.server.answer(connection, handle, 0, b"")
        else:
            self.commands.append(value)

    def ask(self, layout: str, *fields: int, data: bytes = b"") -> bytes:
        self.sent.clear()
        self.server.on_pdu(0, struct.pack("<" + layout, *fields) + data)
        return b"".join(self.sent)


@pytest.fixture
def fake() -> Fake:
    return Fake()


def error(opcode: int, handle: int, code: int) -> bytes:
    return struct.pack("<BBHB", 0x01, opcode, handle, code)


def test_services_are_discovered_as_nimble_lays_them_out(fake):
    assert fake.ask("BHH", 0x10, 1, 0xFFFF, data=b"\x00\x28") == (
        b"\x11\x06"
        + struct.pack("<HHH", 1, 7, 0x1800)
        + struct.pack("<HHH", 8, 17, 0x1801)
        + struct.pack("<HHH", 19, 0xFFFF, 0x180D)
    )
    assert fake.ask("BHHH", 0x06, 1, 0xFFFF, 0x2800, data=HEART) == struct.pack("<BHH", 0x07, 19, 0xFFFF)
    assert fake.ask("BHH", 0x10, 20, 0xFFFF, data=b"\x00\x28") == error(0x10, 20, 0x0A)


def test_characteristics_and_descriptors(fake):
    found = fake.ask("BHH", 0x08, 19, 0xFFFF, data=b"\x03\x28")
    assert found == b"\x09\x07" + struct.pack("<HBH", 20, NOTIFY, MEASUREMENT) + b"\x37\x2a"
    assert fake.ask("BHH", 0x04, 22, 22) == b"\x05\x01" + struct.pack("<HH", 22, 0x2902)
    assert fake.ask("BHH", 0x04, 5, 4) == error(0x04, 5, 0x01)


def test_reads_follow_mtu_offset_and_permission(fake):
    fake.values[VALUE] = bytes(range(50))
    assert fake.ask("BH", 0x0A, VALUE) == b"\x0b" + bytes(range(22))
    assert fake.ask("BHH", 0x0C, VALUE, 44) == b"\x0d" + bytes(range(44, 50))
    assert fake.ask("BHH", 0x0C, VALUE, 51) == error(0x0C, VALUE, 0x07)
    assert fake.ask("BH", 0x0A, MEASUREMENT) == error(0x0A, MEASUREMENT, 0x02)
    assert fake.ask("BH", 0x0A, 999) == error(0x0A, 999, 0x01)
    assert fake.ask("BH", 0x0A, SECRET) == error(0x0A, SECRET, 0x05)
    fake.encrypted = True
    assert fake.ask("BH", 0x0A, SECRET) == b"\x0bsecret"


def test_mtu_is_the_smaller_of_both_and_never_below_23(fake):
    assert fake.ask("BH", 0x02, 517) == struct.pack("<BH", 0x03, 256)
    assert fake.server.bearers[0].mtu == 256
    fake.ask("BH", 0x02, 5)
    assert fake.server.bearers[0].mtu == 23


def test_writes_commands_and_refusals(fake):
    assert fake.ask("BH", 0x12, VALUE, data=b"abc") == b"\x13"
    assert fake.values[VALUE] == b"abc"
    assert fake.ask("BH", 0x52, VALUE, data=b"d") == b""
    assert fake.commands == [b"d"]
    assert fake.ask("BH", 0x12, SECRET, data=b"x") == error(0x12, SECRET, 0x03)
    assert fake.ask("BH", 0x52, SECRET, data=b"x") == b""


def test_a_long_write_is_prepared_and_executed_as_one(fake):
    assert fake.ask("BHH", 0x16, VALUE, 0, data=b"abc")[:1] == b"\x17"
    fake.ask("BHH", 0x16, VALUE, 3, data=b"def")
    assert fake.values[VALUE] == b""
    assert fake.ask("BB", 0x18, 1) == b"\x19"
    assert fake.values[VALUE] == b"abcdef"
    fake.ask("BHH", 0x16, VALUE, 0, data=b"zzz")
    assert fake.ask("BB", 0x18, 0) == b"\x19"  # cancelled
    assert fake.values[VALUE] == b"abcdef"
    fake.ask("BHH", 0x16, VALUE, 7, data=b"gap")
    assert fake.ask("BB", 0x18, 1) == error(0x18, VALUE, 0x07)


def test_subscriptions_belong_to_the_connection(fake):
    assert fake.ask("BH", 0x0A, MEASUREMENT + 1) == b"\x0b\x00\x00"
    assert fake.ask("BH", 0x12, MEASUREMENT + 1, data=b"\x01\x00") == b"\x13"
    assert fake.ask("BH", 0x0A, MEASUREMENT + 1) == b"\x0b\x01\x00"
    fake.server.bearers[0] = Bearer()  # another connection
    assert fake.ask("BH", 0x0A, MEASUREMENT + 1) == b"\x0b\x00\x00"
    assert fake.ask("BH", 0x12, MEASUREMENT + 1, data=b"\x01") == error(0x12, MEASUREMENT + 1, 0x0D)


def test_short_and_unknown_pdus_are_answered(fake):
    assert fake.ask("B", 0x0A) == error(0x0A, 0, 0x04)
    assert fake.ask("B", 0x0E) == error(0x0E, 0, 0x06)
