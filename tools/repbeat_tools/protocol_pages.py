"""Tables of the protocol pages, made from the code and protocol/meanings.toml.

`python -m repbeat_tools.protocol_pages` rewrites what stands between `<!-- table: NAME -->` and
`<!-- end -->` in protocol/*.md; a test fails when a page differs from what this writes.
"""

from __future__ import annotations

import re
import struct
import tomllib
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from repbeat_protocol import auth, frames, gatt, live, plan, records, transfer

FOLDER = Path(__file__).resolve().parents[2] / "protocol"
TABLE = re.compile(r"(<!-- table: (\w+(?:\.\w+)?) -->\n).*?(<!-- end -->)", re.DOTALL)

TRUST_FORMS = {**auth.FORMS, auth.CLAIM: auth.CLAIM_HEAD + "*", auth.KEY: auth.KEY_HEAD + "*"}
TYPES = {
    "B": "u8",
    "H": "u16",
    "h": "i16",
    "I": "u32",
    "i": "i32",
    "q": "i64",
    "Q": "u64",
    "8s": "8 bytes",
    "16s": "16 bytes",
    "32s": "32 bytes",
    "*": "the rest",
}


class MeaningMissing(KeyError):
    """A field of the protocol has no line in meanings.toml: add it there."""


def meanings() -> dict[str, dict[str, str]]:
    """meanings.toml, with dotted tables flattened to `control.FETCH`."""
    out: dict[str, dict[str, str]] = {}
    for name, table in tomllib.loads((FOLDER / "meanings.toml").read_text()).items():
        if all(isinstance(value, str) for value in table.values()):
            out[name] = table
        else:
            out.update({f"{name}.{inner}": fields for inner, fields in table.items()})
    return out


def codes(form: str) -> list[str]:
    """The struct codes of a format such as `<BI8s`."""
    return re.findall(r"\d*[A-Za-z]|\*", form.lstrip("<"))


def rows(name: str, fields: Iterable[tuple[str, str]], known: dict[str, dict[str, str]]) -> list[str]:
    """Markdown table of (field, struct code) pairs; MeaningMissing names a field without a meaning."""
    lines = ["| offset | field | type | meaning |", "|---|---|---|---|"]
    offset = 0
    for field, code in fields:
        try:
            meaning = known[name][field]
        except KeyError as error:
            raise MeaningMissing(f"[{name}] {field} in protocol/meanings.toml") from error
        lines.append(f"| {offset} | `{field}` | {TYPES[code]} | {meaning} |")
        offset += 0 if code == "*" else struct.calcsize("<" + code)
    return lines


def record_tables(known: dict[str, dict[str, str]]) -> list[str]:
    lines: list[str] = []
    for (kind, version), layout in records.LAYOUTS.items():
        name = records.NAMES[kind]
        lines += [f"### {name} (type {kind}, version {version})", "", known[name]["_"], ""]
        lines += [*rows(name, layout, known), ""]
    return lines


def frame_tables(
    known: dict[str, dict[str, str]], side: str, forms: dict[int, str], module: ModuleType = frames
) -> list[str]:
    lines: list[str] = []
    for section, fields in known.items():
        if not section.startswith(side + "."):
            continue
        name = section.partition(".")[2]
        first = getattr(module, name)
        names = [field for field in fields if field != "_"]
        lines += [f"### {name} (0x{first:02x})", "", fields["_"], ""]
        if names:
            listed = zip(names, codes(forms[first])[1:], strict=True)
            lines += [*_shifted(section, listed, known), ""]
    return lines


def _shifted(section: str, listed: Iterable[tuple[str, str]], known: dict[str, dict[str, str]]) -> list[str]:
    """Rows of a frame: the first byte, its kind, is said in the heading."""
    with_kind = {section: {"kind": "as in the heading", **known[section]}}
    return rows(section, [("kind", "B"), *listed], with_kind)


def limits_table() -> list[str]:
    lines = ["| field | lowest | highest |", "|---|---|---|"]
    return lines + [f"| `{field}` | {low} | {high} |" for field, (low, high) in plan.LIMITS.items()]


def reasons_table() -> list[str]:
    lines = ["| reason | error | meaning |", "|---|---|---|"]
    return lines + [
        f"| {cause.reason} | `{cause.__name__}` | {plan.reason_text(cause.reason)} |"
        for cause in plan.REASONS
    ]


def gatt_table() -> list[str]:
    lines = ["| name | UUID |", "|---|---|"]
    for name, value in vars(gatt).items():
        if name.isupper() and name != "LAYOUT":
            lines.append(f"| {name} | `{value if isinstance(value, str) else f'0x{value:04X}'}` |")
    return lines


def tables() -> dict[str, list[str]]:
    """Every table by the name its page uses."""
    known = meanings()

    def listed(name: str, form: str) -> list[str]:
        return rows(name, zip(known[name], codes(form), strict=True), known)

    header = zip(known["header"], [*codes(records.HEADER), "*", "I"], strict=True)
    return {
        "header": rows("header", header, known),
        "records": record_tables(known),
        "control": frame_tables(known, "control", frames._CONTROL),
        "answer": frame_tables(known, "answer", frames._ANSWER),
        "info": listed("info", frames.INFO),
        "live": listed("live", live.ANGLE_FORM),
        "plan": listed("plan", plan.HEAD),
        "item": listed("item", plan.ANGLE_ITEM),
        "limits": limits_table(),
        "reasons": reasons_table(),
        "begin": _shifted("begin", zip(known["begin"], codes(transfer.BEGIN_FORM)[1:], strict=True), known),
        "chunk": _shifted("chunk", [("offset", "I"), ("bytes", "*")], known),
        "state": _shifted("state", zip(known["state"], codes(transfer.STATE_FORM)[1:], strict=True), known),
        "gatt": gatt_table(),
        "trust": frame_tables(known, "trust", TRUST_FORMS, auth),
    }


def render(text: str, made: dict[str, list[str]]) -> str:
    """A page with its tables as the code has them; KeyError for a table that nobody makes."""
    return TABLE.sub(lambda found: found[1] + "\n".join(made[found[2]]).rstrip() + "\n" + found[3], text)


def main() -> None:
    made = tables()
    for page in sorted(FOLDER.glob("*.md")):
        page.write_text(render(page.read_text(), made))


if __name__ == "__main__":
    main()
