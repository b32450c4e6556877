"""Browsers on a house in acted time."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.app.web.acted import Acted, acted, served
from tests.nights.evidence import Saturday, with_sources


@pytest.fixture
async def stage(free_port: int) -> AsyncIterator[Acted]:
    """A house at the story's beginning, its pages served on loopback."""
    async with acted(port=free_port) as made, served(made):
        yield made


@pytest.fixture
async def looking(free_port: int) -> AsyncIterator[Acted]:
    """The same, with sources that show what the story's Saturday would have shown."""
    async with acted(port=free_port, integrations=[Saturday()]) as made, served(made):
        made.house.shelf.catalog = with_sources()
        yield made
