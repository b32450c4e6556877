"""A first look taken by a whole house at a real stage, for the test and for the bench."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.resources import as_file, files
from pathlib import Path

from kuaihui.app.drill.house import open_house, somewhere
from kuaihui.app.drill.sources import stage_catalog, stage_hooks, stage_settings
from kuaihui.app.drill.stage.description import Description
from kuaihui.app.drill.stage.stage import Stage
from kuaihui.app.settings_sections import Server
from kuaihui.app.wiring import House
from kuaihui.diagnosis.hypotheses import weigh
from kuaihui.duties.take_the_first_look import ASKER
from kuaihui.incident.room import MessagePosted
from kuaihui.incident.thinking import GuideConcluded, HypothesisConfirmed, HypothesisRaised
from kuaihui.incident.timeline import Timeline
from kuaihui.language import say
from kuaihui.orders import Look

HOT = "config-center-500"
# The stages, and the cause that is true of each.
CAUSES = {
    HOT: "redis-hot-key",
    "slow-command": "redis-slow-command",
    "bad-deploy": "bad-deploy",
    "slow-dependency": "pool-full-redis-calm",
    "redis-down": "redis-down",
    "overload": "overload",
    "connection-leak": "pool-full-redis-calm",
}
HOT_KEY = CAUSES[HOT]
PATIENCE = timedelta(seconds=90)


@dataclass
class Seen:
    """What a house had found when its first look was over."""

    timeline: Timeline
    confirmed_in: float | None  # seconds from the opening to the first confirmation
    ranked: list[tuple[str, float]] = field(default_factory=list[tuple[str, float]])
    confirmed: set[str] = field(default_factory=set[str])
    raised: set[str] = field(default_factory=set[str])
    pictures: int = 0
    said: list[str] = field(default_factory=list[str])

    @property
    def first(self) -> str:
        return self.ranked[0][0] if self.ranked else ""

    @property
    def hot_key_claimed(self) -> bool:
        return HOT_KEY in self.confirmed | self.raised


@dataclass
class Staged:
    """A stage, and the place where a house that looks at it listens."""

    stage: Stage
    server: Server
    catalog: Path

    async def look(self, level: int | None = None) -> Seen:
        """
        A house that knows nothing opens its doors; what it has found once the alert has come and the look is over.

        `level` is turned to once the house can hear of it.
        """
        async with open_house(stage_settings(self.stage.addresses, self.catalog, self.server)) as built:
            if level is not None:
                await self.stage.heat(level)
            return await _looked(built)


@asynccontextmanager
async def on_stage(description: Description, folder: Path, *, own_parts: bool = False, seed: int = 1) -> AsyncGenerator[Staged]:
    """A stage whose alerts and changes go to a house that may come and go."""
    server = somewhere()
    with as_file(files("kuaihui.samples") / "config_center") as sample:
        catalog = stage_catalog(sample, folder / "catalog")
    async with Stage(description, folder=folder / "stage", hooks=stage_hooks(server), own_parts=own_parts, seed=seed) as stage:
        yield Staged(stage, server, catalog)


async def _looked(built: House) -> Seen:
    async with asyncio.timeout(PATIENCE.total_seconds()):
        while not (timeline := await _timeline(built)) or not _over(timeline):  # noqa: ASYNC110  what is waited for happens in other processes
            await asyncio.sleep(0.1)
    timeline = await _told(built)
    confirmed = timeline.all(HypothesisConfirmed)
    return Seen(
        timeline,
        (confirmed[0].at - timeline.opened.at).total_seconds() if confirmed else None,
        [(weighed.known.id, round(weighed.score, 2)) for weighed in weigh(timeline)],
        {fact.hypothesis for fact in confirmed},
        {fact.hypothesis for fact in timeline.all(HypothesisRaised)},
        sum(len(fact.pictures) for fact in timeline.all(MessagePosted)),
        [f"+{(fact.at - timeline.opened.at).total_seconds():.1f} {say(fact.words, 'en')}" for fact in timeline.all(MessagePosted)],
    )


async def _told(built: House) -> Timeline:
    """The timeline once the last words and pictures have been posted."""
    timeline = await _timeline(built)
    for _ in range(100):
        await asyncio.sleep(0.1)
        timeline = await _timeline(built)
        if timeline is not None and all(one in timeline.answers for one in timeline.orders):
            break
    assert timeline is not None
    return timeline


async def _timeline(built: House) -> Timeline | None:
    found = await built.journal.summaries(limit=1)
    return await built.loop.timeline(found[0].incident) if found else None


def _over(timeline: Timeline) -> bool:
    """Every look of the first look has its answer, and the guide is at its end."""
    looks = [fact.order for fact in timeline.orders.values() if isinstance(fact.order, Look) and fact.order.asked_by == ASKER]
    answers = [timeline.answers.get(look.identity) for look in looks]
    return bool(looks) and all(one is not None and one.outcome != "later" for one in answers) and timeline.has(GuideConcluded)
