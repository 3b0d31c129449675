"""What no test need pay anew: templates are compiled once a worker, and passwords cost next to nothing."""

from collections.abc import Iterator

import argon2
import pytest
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from repbeat.people import passwords

CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


class Compiled(BytecodeCache):
    """Every application of a test has an environment of its own; the templates are the same."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if found := self.kept.get(bucket.key):
            bucket.bytecode_from_string(found)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


@pytest.fixture(scope="session", autouse=True)
def _economy() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "jinja_options", {**Flask.jinja_options, "bytecode_cache": Compiled()})
        patch.setattr(passwords, "_HASHER", CHEAP)
        patch.setattr(passwords, "_NOBODYS", CHEAP.hash("no account has this password"))
        yield
