"""The pages and the API, tried on a whole house in acted time."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.app.web.acted import Acted, acted


@pytest.fixture
async def stage() -> AsyncIterator[Acted]:
    """An open house at the story's beginning, before anything has happened."""
    async with acted() as made:
        yield made
