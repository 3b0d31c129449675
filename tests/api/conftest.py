"""The API as programs see it: a token's bearer, and the real server."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from web.town import Town

from repbeat.people import accounts, tokens
from repbeat.people.accounts import Account
from repbeat_tools.sample import NOW_MS

PREFIX = "/api/v1"


class Caller:
    """An account's token on the test client; answers are checked to be JSON."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self._client = client
        self.headers = {"Authorization": f"Bearer {token}"}

    def ask(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        """The decoded answer, whose status must be this one."""
        headers = {**self.headers, **more.pop("headers", {})}
        answer = self._client.open(PREFIX + path, method=method, headers=headers, **more)
        assert answer.status_code == status, answer.get_data(as_text=True)
        if status >= 400:
            assert answer.mimetype == "application/problem+json"
        return answer.get_json() if answer.get_data() else None

    def get(self, path: str, status: int = 200, **more: Any) -> Any:
        """GET."""
        return self.ask("GET", path, status, **more)


@pytest.fixture
def caller(town: Town) -> Callable[..., Caller]:
    def of(account: Account, scopes: Any = tokens.SCOPES) -> Caller:
        _, text = tokens.make(town.db, account.account_id, "test", scopes, NOW_MS)
        return Caller(town.client(None), text)

    return of


@pytest.fixture
def athlete_id(town: Town) -> str:
    """Ann's athlete."""
    (found,) = accounts.owned(town.db, town.ann.account_id)
    return found


@pytest.fixture
def ann(town: Town, caller: Callable[..., Caller]) -> Caller:
    return caller(town.ann)
