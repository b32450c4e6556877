"""The whole story through Feishu only; with events that come twice or in another order, and with a house that dies between the acts."""

from collections import Counter
from pathlib import Path

from kuaihui.emulators.feishu.docx import walk, words
from kuaihui.emulators.feishu.faults import EventFault
from kuaihui.emulators.feishu.office import ALERT_GROUP, APP_ID
from kuaihui.incident.fact import HOUSE, Fact
from kuaihui.incident.holders import holders
from kuaihui.incident.learning import LateOneCaughtUp
from kuaihui.incident.pages import Acknowledged, Sent
from kuaihui.incident.phases import Phase
from kuaihui.incident.repair import HotfixFinished, ProposalChosen, Reported
from kuaihui.incident.room import MeetingJoined, MessagePosted, PulledIn, Reacted
from kuaihui.incident.timeline import Timeline
from kuaihui.language import say
from tests.integrations.feishu.story import ACTS, CAST
from tests.integrations.feishu.whole_house import Team, at_work, furnished, running, whole_house


def by(timeline: Timeline, kind: type[Fact]) -> set[str]:
    return {fact.by for fact in timeline.all(kind)}


async def it_went_as_in_the_story(us: Team) -> None:
    """What the timeline knows, and what the tenant shows."""
    timeline = await us.timeline()
    assert len(await us.house.journal.summaries()) == 1
    assert timeline.phase is Phase.CLOSED
    assert [value for _, value in timeline.series][:2] == [0.10, 0.15]
    assert timeline.all(Sent)[0].person == "axin"
    assert by(timeline, Acknowledged) == {"dazhuang"}
    held = holders(timeline)
    assert (held["incident-lead"], held["recovery-lead"], held["communicator"]) == ("amao", "xiaomei", "dazhuang")
    assert by(timeline, MeetingJoined) == {"dazhuang", "amao", "xiaomei", "ayi", "xiaoshuai"}
    assert {"ayi", "xiaoshuai"} <= {fact.person for fact in timeline.all(PulledIn)}
    assert [(fact.by, fact.proposal) for fact in timeline.all(ProposalChosen)] == [("amao", "1")]
    assert timeline.has(HotfixFinished)
    assert timeline.has(Reported)
    assert [(fact.by) for fact in timeline.all(LateOneCaughtUp)] == ["axin"]
    assert {fact.message for fact in timeline.all(Reacted) if fact.by == "axin"} == {"topic", "document"}
    the_tenant_shows_it(us, timeline)


def the_tenant_shows_it(us: Team, timeline: Timeline) -> None:
    world = us.tenant.world
    group = world.chats[ALERT_GROUP]
    assert {f"ou_{one}" for one in ("dazhuang", "axin", "amao", "xiaomei", "ayi", "xiaoshuai")} <= set(group.members)
    (document,) = [one for one in world.documents.values() if one.title.startswith("IR-20230311-配置中心500")]
    written = "\n".join(words(block) for block in walk(document, document.token))
    for told in ("影响：读取配置约 15% 返回 500", "读路径加进程内缓存", "大壮"):
        assert told in written
    (review,) = [one for one in world.documents.values() if one.title.startswith("复盘-20230311-配置中心500")]
    assert "读路径加进程内缓存" in "\n".join(words(block) for block in walk(review, review.token))
    assert group.top_notice
    assert {task.summary for task in world.tasks.values()}
    # What the house has said stands in the timeline, each word once: nothing was said twice.
    told = [fact.message for fact in timeline.all(MessagePosted) if fact.by == HOUSE]
    assert len(told) == len(set(told))
    assert {one.message_id for one in world.messages.values() if one.sender == APP_ID and one.kind == "text"} <= set(told)
    said = Counter(say(fact.words, "zh") for fact in timeline.all(MessagePosted) if fact.by in CAST)
    assert max(said.values()) == 1
    # Sources of evidence are not set up, and the document is pinned once the group has been told of it: nothing else was in the way.
    assert {fault for fault in us.house.loop.faults if not fault.startswith("nobody ")} <= {"feishu PinDocument"}


async def test_the_whole_story_through_feishu_only(tmp_path: Path) -> None:
    async with whole_house(tmp_path) as us:
        for act in ACTS:
            await act(us)
        await it_went_as_in_the_story(us)


async def test_the_story_with_every_event_sent_twice(tmp_path: Path) -> None:
    async with whole_house(tmp_path) as us:
        us.tenant.world.faults.events.append(EventFault(kind="duplicate", times=10_000))
        for act in ACTS:
            await act(us)
        await it_went_as_in_the_story(us)


async def test_the_story_with_events_that_come_later_than_those_after_them(tmp_path: Path) -> None:
    async with whole_house(tmp_path) as us:
        late = ("im.message.message_read_v1", "vc.meeting.join_meeting_v1", "im.message.reaction.*", "im.chat.member.*")
        for act in ACTS:
            us.tenant.world.faults.events += [EventFault(kind="reorder", event_type=kind, times=2) for kind in late]
            await act(us)
        await it_went_as_in_the_story(us)


async def test_the_story_with_a_house_that_dies_between_the_acts(tmp_path: Path) -> None:
    async with running(furnished()) as tenant:
        for act in ACTS:
            async with at_work(tmp_path, tenant, journal=f"sqlite:///{tmp_path}/kuaihui.db") as us:
                await act(us)
                if act is ACTS[-1]:
                    await it_went_as_in_the_story(us)
