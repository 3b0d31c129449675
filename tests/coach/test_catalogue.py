"""Every key that the code names is in the catalogue, and none is there that nothing names."""

import re
from pathlib import Path

from repbeat.coach import texts
from repbeat.coach.safety import Clearance
from repbeat.derive.readiness import Signal

ROOM = Path(texts.__file__).parents[1]


def test_keys_and_catalogue_agree() -> None:
    source = "\n".join(file.read_text() for file in ROOM.rglob("*.py"))
    named = set(re.findall(r'"([a-z_]+)"', source))
    named |= {signal.value for signal in Signal} | {f"screen_{one.value}" for one in Clearance}
    keys = set(texts.catalogue())
    assert keys <= named
    for key in re.findall(r'Text\(\s*"([a-z_]+)"', source):
        assert key in keys
