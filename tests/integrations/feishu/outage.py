"""
A short outage lived in the tenant, and what must be true of it afterwards, whatever went wrong on the way.

    python -m tests.integrations.feishu.outage FIRST STEP

kills the house at the calls FIRST, FIRST+STEP, … before and after each, until an outage has fewer calls than that; prints one line a night.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, cast

import httpx

from kuaihui.app.acted import pass_until, settle
from kuaihui.briefing.document import Paper
from kuaihui.emulators.feishu import docx
from kuaihui.emulators.feishu.office import APP_ID
from kuaihui.incident.alerts import Alert
from kuaihui.incident.pages import Answered, Ordered, Sent
from kuaihui.incident.phases import Phase
from kuaihui.incident.room import DocumentCreated, DocumentKept, MessagePosted, TopicOpened
from kuaihui.incident.timeline import Timeline
from kuaihui.intake import signals
from kuaihui.intake.deeds import understand
from kuaihui.intake.ringing import Ringing
from kuaihui.integrations.feishu import Workplace
from kuaihui.integrations.feishu.paper import lines_of
from kuaihui.journal.journal import Append, Journal
from kuaihui.journal.memory import Memory
from kuaihui.orders import Page
from tests.integrations.feishu.team import Team, at_work, restarted, workplace_of
from tests.nights.night import SATURDAY

WRITTEN = "约 15% 的请求失败"
BEFORE, AFTER = "before", "after"
Step = tuple[timedelta, Callable[[Team], Awaitable[None]]]


async def _rings(team: Team, value: float, *, firing: bool = True) -> None:
    alert = Alert("gateway", "Gateway5xxRatioHigh", {"service": "config-center"}, SATURDAY, value)
    await team.reception.hear([Ringing(alert, firing)])


async def _does(team: Team, deed: signals.AnyDeed) -> None:
    await team.loop.hear(await team.incident(), lambda timeline: understand(deed, timeline, team.catalog, team.now))


async def _writes(team: Team) -> None:
    """Somebody fills in the impact in the document itself."""
    document = written_in(team, await team.timeline())
    if document and WRITTEN not in "".join(docx.words(one) for one in document.blocks.values()):
        page = document.blocks[document.token]
        top = [document.blocks[one] for one in docx.children(page)]
        at = next(place for place, block in enumerate(top) if docx.words(block) == "影响") + 1
        block = docx.put(team.world, document, page, {"block_type": 2, "text": {"elements": [{"text_run": {"content": WRITTEN}}]}})
        docx.place(page, [cast("str", block["block_id"])], at)


STEPS: Sequence[Step] = (
    (timedelta(0), lambda team: _rings(team, 0.10)),
    (timedelta(minutes=1, seconds=10), lambda team: _rings(team, 0.15)),
    (timedelta(minutes=1, seconds=30), lambda team: _does(team, signals.Acknowledge(person="dazhuang"))),
    (timedelta(minutes=2), _writes),
    (timedelta(minutes=2, seconds=30), lambda team: _does(team, signals.TakeRole(person="amao", role="incident-lead"))),
    (timedelta(minutes=4), lambda team: _rings(team, 0.0, firing=False)),
    (timedelta(minutes=5), lambda team: _does(team, signals.Mitigate(person="xiaomei", reason="已回滚"))),
    (timedelta(minutes=20), lambda team: _does(team, signals.Resolve(person="amao"))),
    (timedelta(minutes=35), lambda _: asyncio.sleep(0)),
)


async def live(team: Team, done: list[int]) -> None:
    """The outage from the step it has got to, to its end."""
    for after, step in STEPS[len(done) :]:
        await pass_until(team.loop, team.reception, team.clock, SATURDAY + after)
        with suppress(Exception):  # what is refused the second time was heard the first time
            await step(team)
        done.append(len(done))
    await settle(team.loop, team.reception, team.clock)


# -- dying ---------------------------------------------------------------------------------------------------------------------------------


class Life:
    """One process's life: it ends at its n-th call to Feishu, before it leaves or after it was done; then nothing of it goes on."""

    def __init__(self, ends_at: int = 0, when: str = BEFORE) -> None:
        self.ends_at, self.when, self.calls, self.over = ends_at, when, 0, asyncio.Event()

    async def comes_to(self, call: int, when: str) -> None:
        """A call gets this far, unless the process is dead by then."""
        if (call, when) == (self.ends_at, self.when):
            self.over.set()
        await self.goes_on()

    async def goes_on(self) -> None:
        """Return only to the living."""
        if self.over.is_set():
            await asyncio.get_running_loop().create_future()


class Mortal:
    """A journal that a dead process cannot write to any more."""

    def __init__(self, journal: Journal, life: Life) -> None:
        self._journal, self._life = journal, life

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    async def append(self, appends: Sequence[Append]) -> list[bool]:
        await self._life.goes_on()
        return await self._journal.append(appends)


class Line(httpx.AsyncHTTPTransport):
    """The line to Feishu, which is cut when the process dies."""

    def __init__(self, life: Life) -> None:
        super().__init__()
        self._life = life

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._life.calls += 1
        this = self._life.calls
        await self._life.comes_to(this, BEFORE)
        answer = await super().handle_async_request(request)
        await answer.aread()
        await self._life.comes_to(this, AFTER)
        return answer


def on(line: Line, workplace: Workplace) -> None:
    """Let this workplace call over this line."""
    caller = workplace.desk.feishu.messages._caller
    for client in (caller._client, caller._first):
        client._transport = line
        client._mounts.clear()


async def killed_once(ends_at: int, when: str) -> tuple[int, list[str]]:
    """The outage with one death in it; how many calls it took until then, and what is wrong afterwards."""
    journal, done = Memory(), list[int]()
    first, second = Life(ends_at, when), Life()
    async with at_work(journal=cast("Journal", Mortal(journal, first)), patience=timedelta(0)) as team:
        on(Line(first), team.workplace)
        if await _dies(team, done, first):
            async with workplace_of(team.tenant, team.catalog, team.workplace.desk.places, patience=timedelta(0)) as workplace:
                on(Line(second), workplace)
                team.journal = journal
                again = await restarted(team, workplace)
                await live(again, done)
                return first.calls, await wrongs(again)
        return first.calls, await wrongs(team)


async def _dies(team: Team, done: list[int], life: Life) -> bool:
    """Live until the end or death, whichever comes first; no task of the dead process lives on."""
    living, death = asyncio.create_task(live(team, done)), asyncio.create_task(life.over.wait())
    await asyncio.wait({living, death}, return_when=asyncio.FIRST_COMPLETED)
    tasks = [living, death, *team.loop._carrying, *team.loop._listening.values()]
    died = life.over.is_set()
    for task in tasks if died else [death]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if not died:
        living.result()
    return died


# -- what must be true ---------------------------------------------------------------------------------------------------------------------


async def wrongs(team: Team) -> list[str]:
    """Everything that is not as it must be at the end of an outage; nothing where all is well."""
    timeline = await team.timeline()
    return [*_unpaged(team, timeline), *_said_twice(team, timeline), *_document(team, timeline), *_unfinished(timeline)]


def _unpaged(team: Team, timeline: Timeline) -> list[str]:
    """Everybody who was to be paged has the page, in Feishu, exactly once."""
    pages = {fact.order.identity: fact.order for fact in timeline.all(Ordered) if isinstance(fact.order, Page)}
    levels = {page.person for page in pages.values()}
    wrong = [f"{person} is to be paged and was not" for person in ("axin", "dazhuang") if person not in levels]
    for identity, page in pages.items():
        cards = [message for message in team.sent_to(page.person) if f'"{identity}"' in message.content]
        if len(cards) != 1:
            wrong.append(f"{identity} stands {len(cards)} times")
    return wrong


def _said_twice(team: Team, timeline: Timeline) -> list[str]:
    """Every message of ours stands in the timeline, and every one there was sent: so none was sent twice."""
    sent = {message.message_id for message in team.world.messages.values() if message.sender == APP_ID}
    told = [fact.reference for fact in timeline.all(Sent) if fact.by == "feishu"]
    told += [fact.message for fact in timeline.all(MessagePosted) if fact.message.startswith("om_")]
    told += [fact.card for fact in timeline.all(TopicOpened) if fact.by == "feishu"]
    wrong = [f"{one} is told {count} times" for one, count in Counter(told).items() if count > 1]
    return wrong + [f"nobody knows of {one}" for one in sent - set(told)] + [f"{one} was never sent" for one in set(told) - sent]


def written_in(team: Team, timeline: Timeline) -> docx.Document | None:
    created = timeline.last(DocumentCreated)
    return team.world.documents.get(created.reference) if created else None


def _document(team: Team, timeline: Timeline) -> list[str]:
    """The document tells every line that the timeline's does, once, and what a person wrote in it stands in both."""
    document = written_in(team, timeline)
    if document is None or not timeline.has(DocumentKept):
        return ["there is no document in Feishu"]
    there = Counter(docx.words(block).strip() for block in docx.walk(document, document.token) if docx.words(block).strip())
    sections = Paper(timeline, team.catalog).sections()
    wanted = Counter(line.words for section in sections for line in lines_of(section.words))
    wrong = [
        f"“{words}” stands {there[words]} times in the document, not {count}" for words, count in wanted.items() if there[words] != count
    ]
    wrong += [f"{section.name} has no heading" for section in sections if there[section.name] != 1]
    if there[WRITTEN] != 1 or wanted[WRITTEN] != 1:
        wrong.append(f"what a person wrote stands {there[WRITTEN]} times in the document and {wanted[WRITTEN]} times in the timeline")
    return wrong


def _unfinished(timeline: Timeline) -> list[str]:
    wrong = [] if timeline.phase is Phase.CLOSED else [f"the incident is {timeline.phase}"]
    gone = [fact for fact in timeline.all(Answered) if fact.by == "feishu" and fact.outcome == "gave up"]
    return wrong + [f"{fact.identity} was given up: {fact.reason}" for fact in gone]


async def _main(first: int, step: int) -> None:
    number = first
    while True:
        for when in (BEFORE, AFTER):
            calls, wrong = await killed_once(number, when)
            sys.stdout.write(f"{number} {when} {calls} {wrong}\n")
            sys.stdout.flush()
        if calls < number:
            return
        number += step


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), int(sys.argv[2])))
