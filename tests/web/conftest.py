"""The pages' own fixtures; the filled store is in sample.py, shared with the browser tests."""

import pytest
from flask.testing import FlaskClient
from web.sample import DEVICE, LOG

from repbeat.hub import State
from repbeat.store import Database
from repbeat.store.sessions import Key
from repbeat.web.access import Open
from repbeat.web.app import create_app


@pytest.fixture
def session_key() -> Key:
    return Key(DEVICE, LOG, 2)


@pytest.fixture
def live() -> dict[str, State]:
    return {}


@pytest.fixture
def client(trained: Database, live: dict[str, State]) -> FlaskClient:
    return create_app(trained, lambda: live, access=Open("test")).test_client()
