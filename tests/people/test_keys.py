"""Heart data under a key per athlete: sealed, bound to its place, and gone with its key."""

import contextlib
import stat
from pathlib import Path

import pytest

from repbeat.people import keys, master
from repbeat.people.errors import ArchiveError, KeyUnavailable
from repbeat.people.keys import KeyRing
from repbeat.store import Database, StoreCorrupt

PLAIN = b"71 72 73 74"


@pytest.fixture(autouse=True)
def own_key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REPBEAT_KEY_FILE", str(tmp_path / "key"))
    return tmp_path / "key"


def test_what_is_sealed_opens_in_its_place_alone(either: Database) -> None:
    ring = KeyRing(either)
    sealed = ring.seal("ann", PLAIN, "d/1/0")
    assert PLAIN not in sealed
    assert sealed != ring.seal("ann", PLAIN, "d/1/0")
    assert KeyRing(either).open(sealed, "d/1/0") == PLAIN
    assert ring.is_of(sealed, "ann")
    assert not ring.is_of(sealed, "ben")
    with pytest.raises(StoreCorrupt):
        ring.open(sealed, "d/1/1")
    with pytest.raises(StoreCorrupt):
        ring.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), "d/1/0")
    with pytest.raises(StoreCorrupt):
        ring.open(PLAIN, "d/1/0")


def test_forgetting_a_key_forgets_what_it_sealed_and_nothing_else(either: Database) -> None:
    ring = KeyRing(either)
    anns, bens, pool = (ring.seal(who, PLAIN, "p") for who in ("ann", "ben", None))
    assert ring.forget("ann") == 1
    assert ring.open(anns, "p") is None
    assert KeyRing(either).open(anns, "p") is None
    assert ring.open(bens, "p") == ring.open(pool, "p") == PLAIN
    assert ring.open(ring.seal("ann", PLAIN, "p"), "p") == PLAIN  # who comes again has another key


def test_another_process_notices_soon(store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = KeyRing(store), KeyRing(store)
    sealed = here.seal("ann", PLAIN, "p")
    assert there.open(sealed, "p") == PLAIN
    here.forget("ann")
    now = keys.time.monotonic()
    monkeypatch.setattr(keys.time, "monotonic", lambda: now + keys.TRUST_S)
    assert there.open(sealed, "p") is None


def test_a_key_whose_making_was_rolled_back_is_not_used(store: Database) -> None:
    ring = KeyRing(store)
    with contextlib.suppress(RuntimeError), store.atomic():
        ring.seal("ann", PLAIN, "p")
        raise RuntimeError
    assert KeyRing(store).open(ring.seal("ann", PLAIN, "p"), "p") == PLAIN


def test_the_database_alone_opens_nothing(
    store: Database, own_key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = KeyRing(store).seal("ann", PLAIN, "p")
    own_key_file.unlink()
    with pytest.raises(KeyUnavailable, match="master key is not the one"):
        KeyRing(store).open(sealed, "p")


def test_the_key_file_is_the_owners_alone(own_key_file: Path) -> None:
    key = master.of_file(own_key_file)
    assert stat.S_IMODE(own_key_file.stat().st_mode) == 0o600
    assert master.of_file(own_key_file) == key
    own_key_file.chmod(0o644)
    with pytest.raises(KeyUnavailable, match="chmod 600"):
        master.of_file(own_key_file)
    own_key_file.chmod(0o600)
    own_key_file.write_bytes(b"short")
    with pytest.raises(KeyUnavailable, match="no key file"):
        master.of_file(own_key_file)


def test_a_passphrase_makes_the_same_key_again(store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPBEAT_KEY", "passphrase")
    with pytest.raises(KeyUnavailable, match="REPBEAT_PASSPHRASE_FILE"):
        KeyRing(store).seal("ann", PLAIN, "p")
    monkeypatch.setenv("REPBEAT_PASSPHRASE", "four words and more")
    sealed = KeyRing(store).seal("ann", PLAIN, "p")
    assert KeyRing(store).open(sealed, "p") == PLAIN
    monkeypatch.setenv("REPBEAT_PASSPHRASE", "four words and less")
    with pytest.raises(KeyUnavailable):
        KeyRing(store).open(sealed, "p")


def test_the_keyring_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring

    kept: dict[tuple[str, str], str] = {}
    monkeypatch.setattr(keyring, "get_password", lambda *name: kept.get(name))
    monkeypatch.setattr(keyring, "set_password", lambda *put: kept.update({put[:2]: put[2]}))
    assert master.of_keyring("db") == master.of_keyring("db")
    assert master.of_keyring("db") != master.of_keyring("another")


def test_backups_lose_their_heart_data_with_the_key(store: Database, tmp_path: Path) -> None:
    ring = KeyRing(store)
    sealed = ring.seal("ann", PLAIN, "p")
    saved = tmp_path / "heart-keys.json"
    keys.save(store, saved)
    ring.forget("ann")
    keys.load(store, saved, 1)
    assert ring.open(sealed, "p") == PLAIN
    keys.forget_saved(saved, "ann")
    ring.forget("ann")
    keys.load(store, saved, 1)
    assert ring.open(sealed, "p") is None
    saved.write_bytes(b"{")
    with pytest.raises(ArchiveError):
        keys.load(store, saved, 1)


def test_small_secrets_are_wrapped_too(store: Database) -> None:
    ring = KeyRing(store)
    wrapped = ring.wrap(b"secret", "webhook/1")
    assert b"secret" not in wrapped
    assert KeyRing(store).unwrap(wrapped, "webhook/1") == b"secret"
    with pytest.raises(KeyUnavailable):
        ring.unwrap(wrapped, "webhook/2")
    assert ring.subkey("web") == KeyRing(store).subkey("web") != ring.subkey("other")
