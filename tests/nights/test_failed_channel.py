"""A channel fails: the next channel of the same person is called at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from kuaihui.carrying import Carry
from kuaihui.catalog.catalog import Catalog
from kuaihui.errors import GiveUp
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Answered
from kuaihui.incident.timeline import Timeline
from kuaihui.language import text
from kuaihui.orders import Order, Page
from tests.nights.night import Night


class Broken:
    """A telephone that never works."""

    name = "telephone"
    channels = frozenset({"phone"})

    def __init__(self) -> None:
        self.carries: Mapping[type[Order], Carry] = {Page: self.page}

    async def page(self, order: Page, timeline: Timeline, now: datetime) -> list[Fact]:
        raise GiveUp(text("the line is dead"))


def _with_phone(catalog: Catalog) -> Catalog:
    axin = catalog.people["axin"].model_copy(update={"reach": ("phone",)})
    return catalog.model_copy(update={"people": {**catalog.people, "axin": axin}})


async def test_a_dead_line_calls_the_inbox_in_the_same_moment() -> None:
    night = Night(integrations=[Broken()])
    night.edits(_with_phone)
    await night.rings(0.10)

    assert [(at, page.channel) for at, page in await night.pages()] == [("11:00:00", "phone"), ("11:00:00", "inbox")]


async def test_a_channel_nobody_carries_is_said_in_plain_sight_and_the_next_is_called() -> None:
    night = Night()
    night.edits(_with_phone)
    await night.rings(0.10)

    answers = [fact.outcome for fact in (await night.timeline()).all(Answered) if fact.identity.startswith("Page")]
    assert answers == ["nobody", "done"]
