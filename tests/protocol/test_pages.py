"""The pages are what the code says, and suffice to write another client."""

import hashlib
import hmac
import json
import re
import zlib
from pathlib import Path

import pytest

from repbeat_tools import protocol_pages

PROTOCOL = Path(__file__).parents[2] / "protocol"
PAGES = sorted(PROTOCOL.glob("*.md"))
WIDTH = {"u8": 1, "u16": 2, "i16": 2, "u32": 4, "i32": 4, "i64": 8, "u64": 8}


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


def one_table(page: str, name: str) -> list[tuple[int, str, str]]:
    """Rows of the table that has this mark."""
    (part,) = re.findall(
        rf"<!-- table: {name} -->\n(.*?)<!-- end -->", (PROTOCOL / page).read_text(), re.DOTALL
    )
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \| ([^|]+) \|", part, flags=re.MULTILINE)
    return [(int(offset), field, kind.strip()) for offset, field, kind in rows]


def vectors_of(file: str, check: str) -> list[dict]:
    return [one for one in json.loads((PROTOCOL / "vectors" / file).read_text()) if one["check"] == check]


def test_info_and_live_can_be_read_from_the_page_alone() -> None:
    (info,) = vectors_of("frames_v1.json", "info")
    fields = read_fields(one_table("frames.md", "info"), bytes.fromhex(info["value"]))
    fields["uptime_ms"] = fields.pop("uptime_low") | fields.pop("uptime_high") << 32
    assert fields == info["fields"]
    table = one_table("frames.md", "live")
    for vector in vectors_of("frames_v1.json", "live"):
        value = bytes.fromhex(vector["value"])
        assert read_fields([row for row in table if row[0] < len(value)], value) == vector["fields"]


def test_data_frames_can_be_put_together_from_the_page_alone() -> None:
    """Whole records follow each other; a piece says where in its record it belongs; the known is skipped."""
    (part,) = re.findall(
        r"^## DATA.*?(?=^## )", (PROTOCOL / "frames.md").read_text(), re.DOTALL | re.MULTILINE
    )
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \| ([^|]+) \|", part, flags=re.MULTILINE)
    head = [(int(offset), field, kind.strip()) for offset, field, kind in rows]
    for vector in vectors_of("frames_v1.json", "data"):
        wanted, held, got = vector["since"], b"", []
        for frame in map(bytes.fromhex, vector["frames"]):
            fields = read_fields(head, frame)
            seq, data = fields["seq"], frame[6:]
            if (seq, fields["offset"]) == (wanted, len(held)) or (seq < wanted and not fields["offset"]):
                held = data if seq < wanted else held + data
                while len(held) >= 3 and len(held) >= held[2] + 14:
                    raw, held = held[: held[2] + 14], held[held[2] + 14 :]
                    if seq >= wanted:
                        got.append([seq, raw.hex()])
                        wanted = seq + 1
                    seq += 1
        assert got == vector["records"], vector["name"]


def test_a_transfer_can_be_made_from_the_page_alone() -> None:
    (vector,) = vectors_of("transfer_v1.json", "transfer")
    content = bytes.fromhex(vector["content"])
    digest = hashlib.sha256(content).digest()
    begin = bytes.fromhex(vector["begin"])
    assert begin[0] == 0x11
    fields = read_fields(one_table("transfer.md", "begin"), begin)
    assert (fields["content"], fields["id"], fields["length"]) == (vector["kind"], vector["id"], len(content))
    assert begin[10:] == digest[:8]
    assert bytes.fromhex(vector["blob"]) == digest + content
    state = read_fields(one_table("transfer.md", "state"), bytes.fromhex(vector["state"]))
    assert [state[name] for name in ("content", "id", "next", "status", "reason")] == vector["state_values"]


def test_plans_can_be_read_from_the_page_alone() -> None:
    head, all_of_item = one_table("plan.md", "plan"), one_table("plan.md", "item")
    vectors = vectors_of("plan_v1.json", "plan") + vectors_of("plan_v2.json", "plan")
    for vector in vectors:
        wire = bytes.fromhex(vector["wire"])
        item = [row for row in all_of_item if wire[1] == 2 or not row[1].startswith("angle_")]
        size = 1 + max(offset for offset, _, _ in item)
        assert zlib.crc32(wire[:-4]) == int.from_bytes(wire[-4:], "little")
        fields = read_fields(head, wire)
        name = wire[23 : 23 + wire[22]].decode()
        items = [read_fields(item, wire[at : at + size]) for at in range(23 + wire[22], len(wire) - 4, size)]
        for one in items:
            one["load_g"] = 10 * one.pop("load_dag")
        assert len(items) == fields.pop("items")
        del fields["magic"], fields["version"]
        assert {**fields, "name": name, "items": items} == vector["plan"], vector["name"]
    assert vectors


def test_a_connection_can_be_proved_and_sealed_from_the_page_alone() -> None:
    (vector,) = vectors_of("trust_v1.json", "trust")

    def mac(key: bytes, message: bytes) -> bytes:
        return hmac.digest(key, message, "sha256")

    nonces = bytes.fromhex(vector["companion_nonce"] + vector["device_nonce"])
    told = bytes((1, vector["slot"])) + vector["device_id"].to_bytes(8, "little")
    key = mac(bytes.fromhex(vector["key"]), b"RepBeat trust" + told + nonces)
    assert mac(key, b"companion")[:16].hex() == vector["companion_proof"]
    assert mac(key, b"device")[:16].hex() == vector["device_proof"]
    for counter, one in enumerate(vector["sealed"], start=1):
        frame, count = bytes.fromhex(one["frame"]), counter.to_bytes(4, "little")
        seal = count + mac(key, b"seal" + bytes((one["channel"],)) + count + frame)[:8]
        assert (frame + seal).hex() == one["bytes"]


def test_every_test_that_the_threat_model_names_is_there() -> None:
    tests = "".join(path.read_text() for path in (PROTOCOL.parent / "tests").glob("*/test_*.py"))
    named = re.findall(r"`(test_\w+)`", (PROTOCOL / "trust.md").read_text())
    assert named
    assert [name for name in named if f"def {name}(" not in tests] == []
