"""A short run of `repbeat load`: uploaders on the real server, which is killed halfway."""

import json

import pytest
from click.testing import CliRunner

from repbeat_tools.load import load


@pytest.mark.timeout(300)
def test_uploaders_and_a_kill_leave_every_record_once() -> None:
    options = ["--athletes", "12", "--uploaders", "4", "--seconds", "4", "--json"]
    result = CliRunner().invoke(load, options)
    found = json.loads(result.stdout)
    assert result.exit_code == 0, found
    assert (found["errors"], found["lost"], found["duplicates"], found["kills"]) == (0, 0, 0, 1)
    assert found["consistent"]
    assert found["unanswered"] > 0
    assert found["records_in_store"] >= found["records_acknowledged"] > 0
