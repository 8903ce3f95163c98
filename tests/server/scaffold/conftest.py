"""One workshop a run."""

from __future__ import annotations

import pytest
from workshop import Workshop, opened


@pytest.fixture(scope="session")
def workshop() -> Workshop:
    return opened()
