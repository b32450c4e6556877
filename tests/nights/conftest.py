"""A fresh night for each story."""

from __future__ import annotations

import pytest

from tests.nights.night import Night


@pytest.fixture
def night() -> Night:
    return Night()
