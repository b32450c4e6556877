"""Browsers on a house in acted time."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.app.web.acted import Acted, acted, served


@pytest.fixture
async def stage(free_port: int) -> AsyncIterator[Acted]:
    """A house at the story's beginning, its pages served on loopback."""
    async with acted(port=free_port) as made, served(made):
        yield made
