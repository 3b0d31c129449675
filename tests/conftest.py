"""What every test shares: no deadline on a noisy machine, and where the recordings are."""

from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = [
    "companion_store.born",
    "web.economy",
    "companion_store.server",
    "web.sample",
    "web.town",
    "api.receiver",
]

# A time is never asserted (machines are noisy): the hard limit a test is pytest-timeout's.
settings.register_profile("repbeat", deadline=None, derandomize=True)
settings.load_profile("repbeat")

RECORDINGS = Path(__file__).resolve().parents[1].parent / "shared" / "data"


@pytest.fixture
def recordings() -> Path:
    """Folder of real recordings with truth, laid out as its README says; skips where it is absent."""
    if not RECORDINGS.is_dir():
        pytest.skip("needs the recordings in ../shared/data, which the project does not ship")
    return RECORDINGS
