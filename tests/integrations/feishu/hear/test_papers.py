"""Meetings, documents, tasks and pictures: what people do with them in Feishu is heard."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from kuaihui.app.web.acting import act as act_on
from kuaihui.incident.fact import Fact
from kuaihui.incident.room import (
    AskedInDocument,
    DocumentCreated,
    MeetingJoined,
    MeetingLeft,
    MeetingOpened,
    MessagePosted,
    Reacted,
    TopicOpened,
    Visited,
)
from kuaihui.incident.tasks import TaskDone, TaskLinked
from kuaihui.intake.signals import MakeTask, Mitigate
from tests.integrations.feishu.whole_house import Team, whole_house

FIRST = "Gateway5xxRatioHigh 网关 5xx 占比 10%"
PICTURE = b"\x89PNG\r\n\x1a\n" + b"0" * 100


@pytest.fixture
async def us(tmp_path: Path) -> AsyncIterator[Team]:
    async with whole_house(tmp_path) as made:
        await made.alarm(FIRST)
        await made.presses("axin", await made.last_card("axin"), "acknowledge")
        await made.until(seconds=30)
        yield made


async def by(us: Team, kind: type[Fact]) -> list[str]:
    """Whose facts of this kind there are; an event that a busy machine delivers late is waited for."""
    for _ in range(50):
        if (await us.timeline()).all(kind):
            break
        await asyncio.sleep(0.1)
        await us.settle()
    return [fact.by for fact in (await us.timeline()).all(kind)]


async def test_who_joins_and_leaves_the_meeting_is_known(us: Team) -> None:
    opened = (await us.timeline()).last(MeetingOpened)
    assert opened
    await us.does("amao", "join", number=opened.number)
    assert await by(us, MeetingJoined) == ["amao"]
    await us.does("amao", "leave_meeting", number=opened.number)
    assert await by(us, MeetingLeft) == ["amao"]


async def test_who_opens_and_likes_the_document_is_known(us: Team) -> None:
    document = (await us.timeline()).last(DocumentCreated)
    assert document
    await us.does("xiaoshuai", "view", document=document.reference)
    await us.does("xiaoshuai", "like", document=document.reference)
    await us.until(minutes=2)
    await us.look()
    assert [(fact.by, fact.place) for fact in (await us.timeline()).all(Visited)] == [("xiaoshuai", "document")]
    assert [(fact.by, fact.message, fact.emoji) for fact in (await us.timeline()).all(Reacted)] == [("xiaoshuai", "document", "👍")]
    await us.until(minutes=4)
    await us.look()
    assert await by(us, Reacted) == ["xiaoshuai"]


async def test_a_comment_on_the_document_reaches_the_timeline(us: Team) -> None:
    document = (await us.timeline()).last(DocumentCreated)
    assert document
    await us.does("xiaomei", "comment", document=document.reference, text="影响面再补一下")
    said = [fact.words.values["words"] for fact in (await us.timeline()).all(MessagePosted) if fact.by == "xiaomei"]
    assert said == ["影响面再补一下"]


async def test_an_answer_to_our_question_in_the_document_reaches_the_timeline_scrubbed(us: Team) -> None:
    timeline = await us.timeline()
    await act_on(us.house, timeline.incident, Mitigate(person="dazhuang", reason="已回滚"))
    await us.until(minutes=8)
    asked = (await us.timeline()).last(AskedInDocument)
    assert asked
    (paper,) = [one for one in (await us.people.get(f"{us.tenant.url}/papers")).json()["documents"] if one["token"] == asked.reference]
    (comment,) = paper["comments"]
    assert (comment["comment_id"], comment["quote"]) == (asked.comment, "影响")
    whom = us.house.catalog.people[asked.person].name.zh
    assert comment["said"] == [f"Kuaihui: “影响”还没人写，你最清楚：请直接写在这里，或者回复这条批注。@{whom}"]

    text = "约 15% 的登录失败 password=hunter2hunter2"
    await us.does("xiaomei", "comment", document=asked.reference, comment_id=asked.comment, text=text)
    (said,) = [fact.words.values["words"] for fact in (await us.timeline()).all(MessagePosted) if fact.by == "xiaomei"]
    assert "约 15% 的登录失败" in str(said)
    assert "hunter2" not in str(said)


async def test_a_task_that_is_finished_in_feishu_is_done(us: Team) -> None:
    timeline = await us.timeline()
    await act_on(us.house, timeline.incident, MakeTask(person="amao", task="t1", title="查清热 key", owner="xiaomei"))
    assert us.house.listening
    await us.house.listening.subscribe()
    await us.until(minutes=2)
    linked = (await us.timeline()).last(TaskLinked)
    assert linked
    await us.does("xiaomei", "finish", task=linked.reference)
    assert [(fact.by, fact.task) for fact in (await us.timeline()).all(TaskDone)] == [("xiaomei", "t1")]


async def test_a_screenshot_in_the_topic_is_kept(us: Team) -> None:
    assert us.house.feishu
    key = await us.house.feishu.desk.feishu.files.upload_image(PICTURE)
    topic = (await us.timeline()).last(TopicOpened)
    assert topic
    content = msgspec.json.encode({"image_key": key}).decode()
    await us.does("dazhuang", "say", reply_to=topic.reference, in_thread=True, kind="image", content=content)
    (posted,) = [fact for fact in (await us.timeline()).all(MessagePosted) if fact.by == "dazhuang"]
    assert await us.house.journal.artifact(posted.pictures[0]) == (PICTURE, "image/png")
