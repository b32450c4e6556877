"""A short outage lived in the tenant, and what must be true of it afterwards, whatever went wrong on the way (`troubles`)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Literal, cast

from kuaihui.app.acted import pass_until, settle
from kuaihui.briefing.document import Paper
from kuaihui.briefing.review_template import REVIEW
from kuaihui.emulators.feishu import docx
from kuaihui.emulators.feishu.office import APP_ID
from kuaihui.incident.alerts import Alert
from kuaihui.incident.learning import ReviewDrafted
from kuaihui.incident.pages import Answered, Ordered, Sent
from kuaihui.incident.phases import Phase
from kuaihui.incident.room import AskedInDocument, DocumentCreated, DocumentKept, MessagePosted, TopicOpened
from kuaihui.incident.timeline import Timeline
from kuaihui.intake import signals
from kuaihui.intake.deeds import understand
from kuaihui.intake.ringing import Ringing
from kuaihui.integrations.feishu.paper import lines_of
from kuaihui.orders import Page
from tests.integrations.feishu.team import Team
from tests.nights.night import SATURDAY

WRITTEN = "约 15% 的请求失败"
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
    (timedelta(minutes=40), lambda _: asyncio.sleep(0)),
)


async def live(team: Team, done: list[int]) -> None:
    """The outage from the step it has got to, to its end."""
    for after, step in STEPS[len(done) :]:
        await pass_until(team.loop, team.reception, team.clock, SATURDAY + after)
        with suppress(Exception):  # what is refused the second time was heard the first time
            await step(team)
        done.append(len(done))
    await settle(team.loop, team.reception, team.clock)


# -- what must be true ---------------------------------------------------------------------------------------------------------------------


async def wrongs(team: Team) -> list[str]:
    """Everything that is not as it must be at the end of an outage; nothing where all is well."""
    timeline = await team.timeline()
    papers = [*_paper(team, timeline, ""), *_paper(team, timeline, REVIEW), *_written_by_people(team, timeline), *_asked(team, timeline)]
    return [*_unpaged(team, timeline), *_said_twice(team, timeline), *papers, *_unfinished(timeline)]


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


def _paper(team: Team, timeline: Timeline, of: Literal["", "review"]) -> list[str]:
    """The document tells every line that the timeline's does, once; so does the review."""
    made = timeline.last(ReviewDrafted if of else DocumentCreated)
    document = team.world.documents.get(made.reference) if made else None
    if made is None or document is None or not any(fact.reference == made.reference for fact in timeline.all(DocumentKept)):
        return [f"there is no {of or 'document'} in Feishu"]
    there = _lines(document)
    sections = Paper(timeline, team.catalog, of).sections()
    wanted = Counter(line.words for section in sections for line in lines_of(section.words))
    wrong = [
        f"“{words}” stands {there[words]} times in the {of or 'document'}, not {count}"
        for words, count in wanted.items()
        if there[words] != count
    ]
    return wrong + [f"{section.name} has no heading in the {of or 'document'}" for section in sections if there[section.name] != 1]


def _written_by_people(team: Team, timeline: Timeline) -> list[str]:
    """What a person wrote stands in Feishu and in the timeline."""
    document = written_in(team, timeline)
    there = _lines(document)[WRITTEN] if document else 0
    told = [line.words for section in Paper(timeline, team.catalog).sections() for line in lines_of(section.words)].count(WRITTEN)
    return [] if there == told == 1 else [f"what a person wrote stands {there} times in the document and {told} times in the timeline"]


def _asked(team: Team, timeline: Timeline) -> list[str]:
    """Each question that the timeline tells of stands in Feishu once, and no other does: the impact is written, the cause is not."""
    told = Counter(fact.comment for fact in timeline.all(AskedInDocument) if fact.by == "feishu")
    there = Counter(one.comment_id for document in team.world.documents.values() for one in document.comments)
    asked = [fact.section for fact in timeline.all(AskedInDocument)]
    return ([] if told == there else [f"asked are {told}, and there stand {there}"]) + (
        [] if asked == ["root-cause"] else [f"asked is for {asked}"]
    )


def _lines(document: docx.Document) -> Counter[str]:
    return Counter(docx.words(block).strip() for block in docx.walk(document, document.token) if docx.words(block).strip())


def _unfinished(timeline: Timeline) -> list[str]:
    wrong = [] if timeline.phase is Phase.CLOSED else [f"the incident is {timeline.phase}"]
    gone = [fact for fact in timeline.all(Answered) if fact.by == "feishu" and fact.outcome == "gave up"]
    return wrong + [f"{fact.identity} was given up: {fact.reason}" for fact in gone]
