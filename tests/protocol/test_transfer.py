"""The transfer operation: cut at every byte, reordered, repeated, and still the same content once."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repbeat_protocol import transfer


class MemorySlot(transfer.Slot):
    """A slot as a device keeps it: what was written stays over a reconnect."""

    limit = 300

    def __init__(self, reason: int = 0) -> None:
        self.name: tuple[int, int, bytes] | None = None
        self.data = bytearray()
        self.accepted: list[bytes] = []
        self.reason = reason

    def resume(self, ident: int, length: int, digest8: bytes) -> int:
        if self.name != (ident, length, bytes(digest8)):
            self.name = (ident, length, bytes(digest8))
            self.data = bytearray()
        return len(self.data)

    def write(self, offset: int, data: memoryview) -> None:
        assert offset == len(self.data)
        self.data += data

    def held(self, size: int) -> bytes:
        return bytes(self.data[:size])

    def digest(self) -> bytes:
        return sha256(self.data[transfer.DIGEST_SIZE :]).digest()

    def accept(self) -> int:
        self.accepted.append(bytes(self.data[transfer.DIGEST_SIZE :]))
        return self.reason


def send(
    receiver: transfer.Receiver, content: bytes, ident: int, step: int, chunks: int | None = None
) -> tuple[int, int]:
    """Push as a companion does, at most `chunks` chunks; (status, reason) of the last STATE."""
    stream = transfer.blob(content)
    state = transfer.unpack_state(receiver.handle(transfer.pack_begin(transfer.PLAN, ident, content)))
    sent = 0
    while state[3] == transfer.WANTED and (chunks is None or sent < chunks):
        offset = state[2]
        state = transfer.unpack_state(
            receiver.handle(transfer.pack_chunk(offset, stream[offset : offset + step]))
        )
        sent += 1
    return state[3], state[4]


@given(st.binary(max_size=300), st.integers(1, 240))
def test_content_arrives_whole(content: bytes, step: int) -> None:
    slot = MemorySlot()
    assert send(transfer.Receiver({transfer.PLAN: slot}), content, 1, step) == (transfer.ACCEPTED, 0)
    assert slot.accepted == [content]


def test_resumes_at_every_byte() -> None:
    content = bytes(range(40))
    for cut in range(len(content) + transfer.DIGEST_SIZE):
        slot = MemorySlot()
        send(transfer.Receiver({transfer.PLAN: slot}), content, 1, 1, chunks=cut)
        held = len(slot.data)
        assert held == cut
        assert send(transfer.Receiver({transfer.PLAN: slot}), content, 1, 7) == (transfer.ACCEPTED, 0)
        assert slot.accepted == [content]


def test_another_content_never_continues_the_old_one() -> None:
    slot = MemorySlot()
    receiver = transfer.Receiver({transfer.PLAN: slot})
    send(receiver, b"a" * 60, 1, 10, chunks=3)
    assert send(receiver, b"b" * 60, 1, 10) == (transfer.ACCEPTED, 0)
    assert slot.accepted == [b"b" * 60]


def test_repeated_and_stray_chunks_only_tell_the_offset() -> None:
    slot = MemorySlot()
    receiver = transfer.Receiver({transfer.PLAN: slot})
    content = b"c" * 60
    stream = transfer.blob(content)
    receiver.handle(transfer.pack_begin(transfer.PLAN, 1, content))
    for chunk in (
        transfer.pack_chunk(0, stream[:20]),
        transfer.pack_chunk(0, stream[:20]),
        transfer.pack_chunk(90, b"x"),
    ):
        assert transfer.unpack_state(receiver.handle(chunk))[2:4] == (20, transfer.WANTED)


def test_a_changed_byte_is_a_wrong_digest_and_not_accepted() -> None:
    slot = MemorySlot()
    receiver = transfer.Receiver({transfer.PLAN: slot})
    content = b"d" * 60
    stream = bytearray(transfer.blob(content))
    stream[70] ^= 1
    receiver.handle(transfer.pack_begin(transfer.PLAN, 1, content))
    state = transfer.unpack_state(receiver.handle(transfer.pack_chunk(0, bytes(stream))))
    assert state[3:] == (transfer.REFUSED, transfer.WRONG_DIGEST)
    assert slot.accepted == []


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (transfer.pack_begin(99, 1, b"x"), transfer.UNKNOWN_KIND),
        (transfer.pack_begin(transfer.PLAN, 1, bytes(301)), transfer.TOO_LONG),
        (transfer.pack_chunk(0, b"x"), transfer.NOT_BEGUN),
        (b"", transfer.BAD_MESSAGE),
        (b"\x12\x00", transfer.BAD_MESSAGE),
    ],
)
def test_refusals_name_their_cause(message: bytes, reason: int) -> None:
    state = transfer.unpack_state(transfer.Receiver({transfer.PLAN: MemorySlot()}).handle(message))
    assert state[3:] == (transfer.REFUSED, reason)


def test_the_slots_own_reason_is_passed_on() -> None:
    receiver = transfer.Receiver({transfer.PLAN: MemorySlot(reason=35)})
    assert send(receiver, b"e", 1, 100) == (transfer.REFUSED, 35)


@given(st.lists(st.binary(max_size=60), max_size=8))
def test_random_messages_never_crash(messages: list[bytes]) -> None:
    receiver = transfer.Receiver({transfer.PLAN: MemorySlot()})
    for message in messages:
        transfer.unpack_state(receiver.handle(message))
