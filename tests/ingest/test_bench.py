"""The ingest benchmark runs, and finds each step of the path by the function that does it."""

from pathlib import Path

import pytest

from repbeat_tools.bench import ingest


def test_every_step_of_the_path_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPBEAT_KEY_FILE", str(tmp_path / "key"))
    out = ingest.run(tmp_path, 2, lambda *_: None)
    assert out["sessions_per_s"] > 0
    assert out["raw_sqlite_sessions_per_s"] > 0
    assert {"check_each_record", "pack_and_seal", "derive_rows", "commit"} < set(out["spent"])
    assert out["bytes_per_session"] > 0
