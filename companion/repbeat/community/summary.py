"""A session's result as a signed file: anybody can see that it was not changed, and how it was measured.

The companion signs with its own key (Ed25519); it vouches that the sets came off a device's log, and names
the digest of its records. What it cannot vouch for is who wore the device: the file says so.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec

from repbeat.community.errors import CommunityError
from repbeat.community.shared.identity import Identity, verified
from repbeat.store import Database, records, sessions
from repbeat.store.sessions import Key
from repbeat_protocol import exercises

FORMAT, VERSION = "repbeat-summary", 1
MEASURED = "counted by the device, read from its log"
VOUCHED = "that these sets stand in the device's log; not who wore the device"


class NotSigned(CommunityError):
    """A summary that was changed after it was signed, or never was one."""


class SetDone(msgspec.Struct, frozen=True, kw_only=True):
    """One set."""

    exercise: str
    reps: int
    load_g: int
    duration_ms: int


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What is signed. `name`: what the athlete wants to be called; `records_sha256`: of the raw records."""

    format: str
    version: int
    name: str
    start: str
    duration_s: int
    sets: list[SetDone]
    provenance: str
    vouched: str
    records_sha256: str


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """The file: the summary's own bytes, whose key, and the signature, both in base64url."""

    summary: msgspec.Raw
    key: str
    signature: str


def signed(db: Database, key: Key, name: str, identity: Identity) -> bytes:
    """A dated, finished session's file; CommunityError for another."""
    session = sessions.get(db, key)
    if session.start_ms is None or session.duration_s is None:
        raise CommunityError("the session has no date or no end yet: sync the device once more")
    kept = records.present(db, key.device_id, key.log_id, session.first_seq, session.last_seq + 1)
    digest = hashlib.sha256(b"".join(kept[seq] for seq in sorted(kept))).hexdigest()
    content = msgspec.json.encode(
        Summary(
            format=FORMAT,
            version=VERSION,
            name=name,
            start=datetime.fromtimestamp(session.start_ms / 1000, UTC).isoformat(timespec="seconds"),
            duration_s=session.duration_s,
            sets=[
                SetDone(
                    exercise=exercises.slug(row.exercise),
                    reps=row.reps,
                    load_g=row.load_g,
                    duration_ms=row.duration_ms,
                )
                for row in sessions.sets(db, key)
            ],
            provenance=MEASURED,
            vouched=VOUCHED,
            records_sha256=digest,
        )
    )
    signature = identity.sign(_signed_part(content))
    return msgspec.json.encode(Signed(summary=msgspec.Raw(content), key=identity.public, signature=signature))


def verify(content: bytes) -> tuple[Summary, str]:
    """(summary, the signing companion's key); NotSigned for anything that is not as it was signed."""
    try:
        found = msgspec.json.decode(content, type=Signed)
        summary = msgspec.json.decode(found.summary, type=Summary)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise NotSigned(f"this is no signed summary: {error}") from error
    if (summary.format, summary.version) != (FORMAT, VERSION):
        raise NotSigned(f"{summary.format} {summary.version} is not known here: update RepBeat")
    if not verified(found.key, found.signature, _signed_part(bytes(found.summary))):
        raise NotSigned("this summary was changed after it was signed: do not believe it")
    return summary, found.key


def shown(summary: Summary, key: str) -> dict[str, Any]:
    """For the command line."""
    fingerprint = hashlib.sha256(base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))).hexdigest()[:16]
    return {"valid": True, "companion": fingerprint, **msgspec.to_builtins(summary)}


def _signed_part(content: bytes) -> bytes:
    """With the format before it, so that no other message's signature can stand here."""
    return f"{FORMAT} {VERSION}\n".encode() + content
