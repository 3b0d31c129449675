"""A session's signed summary: anybody sees whether it is as it was signed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from web.sample import DEVICE, LOG

from repbeat.community import summary
from repbeat.community.command import summary as summary_command
from repbeat.community.command import verify as verify_command
from repbeat.community.errors import CommunityError
from repbeat.community.shared.identity import Identity
from repbeat.community.summary import NotSigned
from repbeat.store import Database
from repbeat.store.sessions import Key

KEY = Key(DEVICE, LOG, 2)


def test_a_summary_is_as_it_was_signed(trained: Database) -> None:
    me = Identity(b"k" * 32)
    content = summary.signed(trained, KEY, "Fox", me)
    found, key = summary.verify(content)
    assert key == me.public
    assert [(one.exercise, one.reps, one.load_g) for one in found.sets] == [("squat", 10, 60_000)] * 3
    assert found.name == "Fox"
    assert "Athlete A" not in content.decode()


@pytest.mark.parametrize(
    ("old", "new"), [('"reps":10', '"reps":11'), ("Fox", "Owl"), ('"load_g":60000', '"load_g":90000')]
)
def test_any_change_is_seen(trained: Database, old: str, new: str) -> None:
    content = summary.signed(trained, KEY, "Fox", Identity(b"k" * 32)).decode()
    assert old in content
    with pytest.raises(NotSigned, match="changed"):
        summary.verify(content.replace(old, new, 1).encode())


def test_another_key_or_no_summary_is_refused(trained: Database) -> None:
    content = json.loads(summary.signed(trained, KEY, "Fox", Identity(b"k" * 32)))
    content["key"] = Identity(b"z" * 32).public
    with pytest.raises(NotSigned):
        summary.verify(json.dumps(content, separators=(",", ":")).encode())
    for text in (b"", b"{}", b'{"summary": {}, "key": "", "signature": ""}', b"\xff"):
        with pytest.raises(NotSigned):
            summary.verify(text)


def test_a_session_without_a_date_has_none(trained: Database) -> None:
    trained.run("UPDATE sessions SET start_ms = NULL")
    with pytest.raises(CommunityError, match="sync"):
        summary.signed(trained, KEY, "", Identity(b"k" * 32))


def test_the_commands(trained: Database, tmp_path: Path) -> None:
    where, to = str(tmp_path / "repbeat.sqlite3"), str(tmp_path / "s.json")
    made = CliRunner().invoke(summary_command, ["Athlete A", "--to", to, "--database", where])
    assert made.exit_code == 0, made.output
    seen = CliRunner().invoke(verify_command, [to, "--json"])
    assert json.loads(seen.output)["valid"] is True
    Path(to).write_text(Path(to).read_text().replace('"reps":10', '"reps":12'))
    seen = CliRunner().invoke(verify_command, [to])
    assert seen.exit_code == 1
    assert "do not believe it" in seen.output
