"""The pages are what the code says, and suffice to write another client."""

import json
import re
import zlib
from pathlib import Path

import pytest

from repbeat_tools import protocol_pages

PROTOCOL = Path(__file__).parents[2] / "protocol"
PAGES = sorted(PROTOCOL.glob("*.md"))
WIDTH = {"u8": 1, "u16": 2, "i16": 2, "u32": 4, "i64": 8, "u64": 8}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page_is_what_the_code_says(page: Path) -> None:
    text = page.read_text()
    message = f"{page.name} is stale: run `python -m repbeat_tools.protocol_pages`"
    assert protocol_pages.render(text, protocol_pages.tables()) == text, message


def test_no_meaning_is_left_over() -> None:
    from repbeat_protocol import records

    known = set(protocol_pages.meanings())
    others = {"header", "info", "live", "plan", "item", "begin", "chunk", "state"}
    named = set(records.NAMES.values()) | others
    assert {name for name in known if "." not in name} == named


def page_tables(page: str, heading: str) -> dict[tuple[int, int], list[tuple[int, str, str]]]:
    """(type, version) → rows (offset, field, type), read from the page's text alone."""
    out: dict[tuple[int, int], list[tuple[int, str, str]]] = {}
    for part in re.split(r"^###? ", (PROTOCOL / page).read_text(), flags=re.MULTILINE)[1:]:
        found = re.match(heading, part)
        if found:
            rows = re.findall(r"^\| (\d+) \| `(\w+)` \| ([^|]+) \|", part, flags=re.MULTILINE)
            out[int(found[1], 0), int(found[2]) if found.lastindex == 2 else 0] = [
                (int(offset), field, kind.strip()) for offset, field, kind in rows
            ]
    return out


def read_fields(rows: list[tuple[int, str, str]], data: bytes) -> dict[str, int]:
    fields = {}
    for offset, field, kind in rows:
        if kind in WIDTH:
            part = data[offset : offset + WIDTH[kind]]
            fields[field] = int.from_bytes(part, "little", signed=kind.startswith("i"))
    return fields


def test_records_can_be_read_from_the_page_alone() -> None:
    tables = page_tables("records.md", r"\w+ \(type (\d+), version (\d+)\)")
    vectors = json.loads((PROTOCOL / "vectors/records_v1.json").read_text())
    read = 0
    for vector in vectors:
        raw = bytes.fromhex(vector["raw"])
        kind, version, length = raw[:3]
        assert int.from_bytes(raw[3:5], "little") == vector["boot"]
        assert int.from_bytes(raw[5:10], "little") == vector["uptime_ms"]
        crc = zlib.crc32(vector["seq"].to_bytes(4, "little") + raw[: 10 + length])
        assert int.from_bytes(raw[10 + length :], "little") == crc
        if (kind, version) in tables:
            assert read_fields(tables[kind, version], raw[10 : 10 + length]) == vector["fields"]
            read += 1
    assert read == len(vectors) - 1  # all but the unknown type


def test_heart_codes_can_be_read_from_the_page_alone() -> None:
    codes = {"0": 0, "10": 1, "110": 2, "1110": 4, "1111": 11}
    for vector in json.loads((PROTOCOL / "vectors/heart_v1.json").read_text()):
        if vector["check"] != "heart":
            continue
        data = bytes.fromhex(vector["payload"])
        bits = "".join(f"{byte:08b}" for byte in data[6:])
        got: list[list[int]] = []
        bpm = state = 0
        while len(got) < data[4]:
            prefix = next(p for p in codes if bits.startswith(p))
            extra, bits = bits[len(prefix) : len(prefix) + codes[prefix]], bits[len(prefix) + codes[prefix] :]
            if prefix == "1111":
                state, bpm = int(extra[:3], 2), int(extra[3:], 2)
            elif prefix != "0":
                size = {"10": 1, "110": 2, "1110": 4}[prefix] + int("0" + extra[:-1], 2)
                bpm += -size if extra[-1] == "1" else size
            got.append([bpm, state])
        assert got == vector["samples"], vector["name"]


def test_control_frames_and_answers_can_be_read_from_the_page_alone() -> None:
    tables = page_tables("frames.md", r"\w+ \((0x\w+)\)")
    read = 0
    for vector in json.loads((PROTOCOL / "vectors/frames_v1.json").read_text()):
        if vector["check"] in ("control", "answer"):
            frame = bytes.fromhex(vector["frame"])
            rows = tables[frame[0], 0]
            fields = read_fields(rows, frame) if rows else {"kind": frame[0]}
            assert list(fields.values()) == vector["values"], vector["name"]
            read += 1
    assert read == 7
