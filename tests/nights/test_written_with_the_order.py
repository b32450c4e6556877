"""A page in our own inbox is kept in one piece with its order: whoever sees the one sees the other, and nothing is carried in between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from kuaihui.carrying import Carry, Written
from kuaihui.errors import GiveUp
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Answered, Delivered, Ordered, Sent
from kuaihui.incident.timeline import Timeline
from kuaihui.journal.journal import Append
from kuaihui.journal.memory import Memory
from kuaihui.language import text
from kuaihui.orders import Order, Page
from tests.nights.night import Night


class Kept(Memory):
    """A journal that notes what was kept together."""

    def __init__(self) -> None:
        super().__init__()
        self.commits: list[Sequence[Fact]] = []

    async def append(self, appends: Sequence[Append]) -> list[bool]:
        self.commits += [one.facts for one in appends]
        return await super().append(appends)


class Broken:
    """Pages by writing them down, and cannot."""

    name = "broken"
    channels = frozenset({"inbox"})

    def __init__(self) -> None:
        self.asked = 0
        self.carries: Mapping[type[Order], Carry] = {Page: Written(self.page)}

    def page(self, order: Page, timeline: Timeline, now: datetime) -> Sequence[Fact]:
        self.asked += 1
        raise GiveUp(text("the document is not there yet"))


async def test_a_page_in_the_inbox_and_its_receipts_are_kept_with_the_order() -> None:
    journal = Kept()
    night = Night(journal=journal)
    await night.rings()

    [(place, commit)] = [(facts.index(fact), facts) for facts in journal.commits for fact in facts if isinstance(fact, Sent)]
    assert [type(fact) for fact in commit[place - 2 : place + 2]] == [Ordered, Answered, Sent, Delivered]


async def test_what_cannot_be_written_down_is_told_as_of_any_other_carrier_and_the_next_one_has_it() -> None:
    night, broken = Night(), Broken()
    night.carried_by(broken, *night.loop.integrations)
    await night.rings()

    timeline = await night.timeline()
    [first, second] = [fact for fact in timeline.all(Answered) if fact.identity.startswith("Page/")]
    assert (first.by, first.outcome, second.by, second.outcome) == ("broken", "gave up", "builtin", "done")
    assert broken.asked == 2
    assert len(timeline.all(Sent)) == 1
