"""The team at work, and the outage it works on."""

from collections.abc import AsyncGenerator

import pytest

from tests.integrations.feishu.team import Team, at_work


@pytest.fixture
async def team() -> AsyncGenerator[Team]:
    """The story's team; nothing rings yet."""
    async with at_work() as night:
        yield night
