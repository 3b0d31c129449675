"""The golden vectors, on both interpreters: what was once on the air stays readable for ever."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protocol import vector_check
from repbeat_tools.replay.runner import Firmware

HERE = Path(__file__).parent
FILES = sorted((HERE.parents[1] / "protocol/vectors").glob("*.json"))
DRIVER = (HERE / "vector_check.py").read_text() + (
    "\n\ndef begin(options):\n    import json\n    emit(check(json.loads(options['vectors'])))\n"
    "\n\ndef sample(x):\n    pass\n\n\ndef end():\n    pass\n"
)


def load(path: Path) -> list[dict[str, Any]]:
    vectors: list[dict[str, Any]] = json.loads(path.read_text())
    return vectors


def test_every_record_type_has_a_vector() -> None:
    from repbeat_protocol import records

    seen = {(v["type"], v["version"]) for v in load(HERE.parents[1] / "protocol/vectors/records_v1.json")}
    assert set(records.LAYOUTS) <= seen


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_cpython(path: Path) -> None:
    assert vector_check.check(load(path)) > 0


def test_micropython() -> None:
    with Firmware(DRIVER, timeout_s=30) as firmware:
        for path in FILES:
            vectors = load(path)
            run = firmware.replay(np.zeros((1, 1), dtype=np.int32), {"vectors": path.read_text()})
            assert run.emitted == [len(vectors)]
