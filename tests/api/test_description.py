"""The description that is served is true: a valid OpenAPI 3.1, and the real server answers as it says."""

import contextlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from api.conftest import PREFIX
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from web.sample import DEVICE, LOG
from web.town import Town

from repbeat.api.routes import EVERY
from repbeat.people import accounts, tenants, tokens
from repbeat.web.access import Accounts
from repbeat.web.app import create_app
from repbeat.web.background import served
from repbeat.web.limits import Limits
from repbeat_tools.sample import NOW_MS

UNHURRIED = Limits(burst=1 << 30, stream_s=0.0)
EXAMPLES = 8  # an operation and mode
# Not among them that all valid data is taken: a name that nobody has, a plan out of bounds are refused.
CHECKS = [
    schemathesis.checks.not_a_server_error,
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
]


class Served:
    """The real server, with a token that may everything, and what it says of itself."""

    def __init__(self, address: str, token: str, ids: dict[str, list[Any]]) -> None:
        self.address = address
        self.headers = {"Authorization": f"Bearer {token}"}
        self.description = httpx.get(f"{address}{PREFIX}/openapi.json").json()
        self.ids = ids


@pytest.fixture
def api(town: Town) -> Iterator[Served]:
    db = town.db
    for role in (tenants.COACH, tenants.OPERATOR):
        tenants.join(db, town.ann.account_id, tenants.HOME, role, NOW_MS)
    _, token = tokens.make(db, town.ann.account_id, "fuzz", tokens.SCOPES, NOW_MS)
    (athlete_id,) = accounts.owned(db, town.ann.account_id)
    # Of each id one that is there and one that is not: random ones would never get past the first look.
    ids: dict[str, list[Any]] = {
        "athlete_id": [athlete_id, "0" * 32],
        "session_id": [f"{DEVICE}-{LOG:08x}-2", f"{DEVICE}-{LOG:08x}-3"],
        "device_id": [DEVICE, "f" * 16],
        "revision": [2, 3],
    }
    app = create_app(db, unix_s=lambda: NOW_MS / 1000, access=Accounts(None), limits=UNHURRIED)
    with served(app) as address:
        yield Served(address, token, ids)


def test_the_description_is_valid_and_whole(api: Served) -> None:
    schemathesis.openapi.from_dict(api.description).validate()
    described = {
        (method.upper(), path) for path, methods in api.description["paths"].items() for method in methods
    }
    assert described == {(one.method, PREFIX + one.path) for one in EVERY}
    names = [one.name for one in EVERY]
    assert len(names) == len(set(names))
    for one in EVERY:
        assert one.summary, one.name


def _narrowed(api: Served) -> Any:
    """The description as it is served, with the ids of this store in its paths."""
    document = api.description
    for methods in document["paths"].values():
        for operation in methods.values():
            for parameter in operation["parameters"]:
                if parameter["in"] == "path" and parameter["name"] in api.ids:
                    parameter["schema"] = {"enum": api.ids[parameter["name"]]}
    found = schemathesis.openapi.from_dict(document)
    found.config.update(base_url=api.address)
    return found


@pytest.mark.timeout(400)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_the_real_server_answers_as_described(api: Served, mode: GenerationMode) -> None:
    asked = set()
    for found in _narrowed(api).get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def answers(case: Any) -> None:
            asked.add(case.operation.label)
            case.call_and_validate(headers=api.headers, checks=CHECKS)

        with contextlib.suppress(Unsatisfiable):  # nothing of it can be wrong
            answers()
    assert len(asked) >= len(EVERY) - 3
