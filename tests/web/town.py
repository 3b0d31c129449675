"""A store with people of every role, and one athlete whose data all of them but herself must not see."""

from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from web.sample import DEVICE, LOG

from repbeat.ingest.batch import ingest
from repbeat.people import accounts, setup, signin, tenants
from repbeat.people.accounts import Account
from repbeat.store import Database, devices
from repbeat.web.access import Accounts
from repbeat.web.app import create_app
from repbeat.web.limits import Limits
from repbeat_tools.sample import NOW_MS, session_log

PASSWORD = "correct horse battery"  # noqa: S105
CODE = "ABCD-EFGH"
OTHER_DEVICE, OTHER_LOG = "00000000000000b2", 0x5EED0002
SECRET_NAMES = ("Athlete A", "Lower body")


class Town(NamedTuple):
    """The store, its application, and who lives there by role. `ann` owns Athlete A."""

    db: Database
    app: Flask
    ann: Account
    people: dict[str, Account]

    def client(self, account: Account | None) -> FlaskClient:
        """A browser that is signed in, or nobody's."""
        client = self.app.test_client()
        if account is not None:
            secret = signin.begin(self.db, account.account_id, "test", NOW_MS)
            with client.session_transaction() as session:
                session["sign_in"] = secret
        return client


@pytest.fixture
def town(trained: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setenv("REPBEAT_KEY_FILE", str(tmp_path / "key"))
    ann = setup.first_account(trained, CODE, CODE, "Ann", PASSWORD, "::1", NOW_MS)
    for role in (tenants.COACH, tenants.OPERATOR):
        tenants.leave(trained, ann.account_id, tenants.HOME, role)
    people = {name: setup.member(trained, name.title(), PASSWORD, NOW_MS) for name in ("coach", "athlete")}
    people["operator"] = accounts.add(trained, "Olga", PASSWORD, NOW_MS)
    people["administrator"] = accounts.add(trained, "Adam", PASSWORD, NOW_MS, administrator=True)
    tenants.join(trained, people["coach"].account_id, tenants.HOME, tenants.COACH, NOW_MS)
    tenants.add_gym(trained, "Elsewhere", "elsewhere")
    tenants.join(trained, people["operator"].account_id, "elsewhere", tenants.OPERATOR, NOW_MS)
    # Another athlete with a device and a session of his own.
    log = session_log()
    devices.seen(
        trained,
        OTHER_DEVICE,
        name="Band 2",
        address="C0:00:00:00:00:02",
        log_id=OTHER_LOG,
        head_seq=len(log.records),
        boot=1,
        plan_revision=0,
        firmware="0.1.0",
        now_ms=NOW_MS,
    )
    (own,) = accounts.owned(trained, people["athlete"].account_id)
    devices.assign(trained, OTHER_DEVICE, OTHER_LOG, own)
    ingest(trained, OTHER_DEVICE, OTHER_LOG, log.records, NOW_MS)
    # A stream says what there is and ends: the walk over all routes reads each answer to its end.
    limits = Limits(stream_s=0.0)
    app = create_app(trained, unix_s=lambda: NOW_MS / 1000, access=Accounts(CODE), limits=limits)
    app.config["WTF_CSRF_ENABLED"] = False  # tests/web/test_guard.py has its own
    return Town(trained, app, ann, people)


ANNS = {"device_id": DEVICE, "log": f"{LOG:08x}", "session_seq": 2}
