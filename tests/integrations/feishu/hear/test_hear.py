"""What people do in Feishu is heard as what they do on our own pages: from the alert in the group to the last like."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from kuaihui.emulators.feishu.control import add_person
from kuaihui.emulators.feishu.records import Person
from kuaihui.incident.alerts import AlertFired
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Acknowledged, Escalated, Read, Sent
from kuaihui.incident.recovery import Closed
from kuaihui.incident.roles import RoleTaken
from kuaihui.incident.room import MessagePosted, PulledIn, Reacted, TopicOpened, Visited
from tests.integrations.feishu.whole_house import ALERT_GROUP, BEGINS, Team, furnished, whole_house

FIRST, SECOND = "Gateway5xxRatioHigh 网关 5xx 占比 10%", "Gateway5xxRatioHigh 网关 5xx 占比 15%"


@pytest.fixture
async def us(tmp_path: Path) -> AsyncIterator[Team]:
    async with whole_house(tmp_path) as made:
        yield made


async def by(us: Team, kind: type[Fact]) -> list[str]:
    return [fact.by for fact in (await us.timeline()).all(kind)]


async def topic(us: Team) -> TopicOpened:
    found = (await us.timeline()).last(TopicOpened)
    assert found is not None
    return found


async def test_an_alert_of_another_bot_opens_an_incident_with_its_value_and_its_topic_on_it(us: Team) -> None:
    first = await us.alarm(FIRST)
    timeline = await us.timeline()
    (alert,) = timeline.all(AlertFired)[0].alerts
    assert (alert.message, alert.chat, alert.value, alert.labels["service"]) == (first, ALERT_GROUP, 0.10, "config-center")
    assert (await topic(us)).reference == first

    await us.until(minutes=1)
    second = await us.alarm(SECOND)
    timeline = await us.timeline()
    assert timeline.value == 0.15
    assert timeline.all(AlertFired)[-1].alerts[0].message == second
    assert len(await us.house.journal.summaries()) == 1


async def test_an_alert_is_taken_once_however_often_its_history_is_read(us: Team) -> None:
    await us.alarm(FIRST)
    before = len((await us.timeline()).all(AlertFired))
    await us.look()
    await us.look()
    assert len((await us.timeline()).all(AlertFired)) == before


async def test_an_alert_that_its_bot_calls_recovered_is_over(us: Team) -> None:
    await us.alarm(FIRST)
    await us.until(minutes=2)
    await us.alarm("[已恢复] Gateway5xxRatioHigh 网关 5xx 占比 0%")
    assert not (await us.timeline()).firing


async def test_talk_of_another_bot_that_no_pattern_fits_is_no_alert(us: Team) -> None:
    await us.alarm("今日天气晴")
    assert await us.house.journal.summaries() == []


async def test_a_page_is_read_when_its_card_is_read_in_private(us: Team) -> None:
    await us.alarm(FIRST)
    card = await us.last_card("axin")
    await us.does("axin", "read", message_id=card)
    timeline = await us.timeline()
    assert [fact.person for fact in timeline.all(Read)] == ["axin"]
    assert timeline.all(Read)[0].identity == timeline.all(Sent)[0].identity


async def test_pressing_take_it_on_acknowledges_and_is_answered_at_once(us: Team) -> None:
    await us.alarm(FIRST)
    card = await us.last_card("axin")
    assert "已接手" in await us.presses("axin", card, "acknowledge")
    assert await by(us, Acknowledged) == ["axin"]
    assert "已接手" in await us.presses("axin", card, "acknowledge")
    assert await by(us, Acknowledged) == ["axin"]


async def test_pressed_twice_the_next_level_is_called_once(us: Team) -> None:
    await us.alarm(FIRST)
    card = await us.last_card("axin")
    await us.presses("axin", card, "escalate")
    await us.presses("axin", card, "escalate")
    assert await by(us, Escalated) == ["axin"]


async def test_a_refusal_is_told_in_the_toast(us: Team) -> None:
    await us.alarm(FIRST)
    card = await us.last_card("axin")
    await us.does("axin", "say_to_bot", app_id="cli_kuaihui", text="误报")
    assert isinstance((await us.timeline()).last(Closed), Closed)
    assert "已关闭" in await us.presses("axin", card, "acknowledge")


async def test_what_is_said_in_the_topic_reaches_the_timeline_once_with_whom_it_names(us: Team) -> None:
    await us.alarm(FIRST)
    hangs_on = (await topic(us)).reference
    await us.does("dazhuang", "say", reply_to=hangs_on, in_thread=True, text='<at user_id="ou_amao"></at> 看一下')
    said = [fact for fact in (await us.timeline()).all(MessagePosted) if fact.by == "dazhuang"]
    assert [(fact.words.values["words"], fact.mentions) for fact in said] == [("@阿茂 看一下", ("amao",))]


async def test_a_command_in_the_topic_is_said_and_done_and_nodded_at(us: Team) -> None:
    await us.alarm(FIRST)
    hangs_on = (await topic(us)).reference
    said = await us.does("dazhuang", "say", reply_to=hangs_on, in_thread=True, text="拉 @阿义 看 Redis")
    assert [fact.person for fact in (await us.timeline()).all(PulledIn)] == ["ayi"]
    assert "dazhuang" in await by(us, MessagePosted)
    (reaction,) = us.tenant.world.messages[said["message_id"]].reactions
    assert reaction.emoji == "DONE"


async def test_a_command_that_is_refused_stays_said_and_is_answered(us: Team) -> None:
    await us.alarm(FIRST)
    hangs_on = (await topic(us)).reference
    said = await us.does("dazhuang", "say", reply_to=hangs_on, in_thread=True, text="/没有这个命令")
    answers = [m for m in us.tenant.world.messages.values() if m.parent_id == said["message_id"]]
    assert "没有" in answers[0].content
    assert "dazhuang" in await by(us, MessagePosted)


async def test_in_private_only_commands_are_taken_and_talk_stays_private(us: Team) -> None:
    await us.alarm(FIRST)
    await us.does("axin", "say_to_bot", app_id="cli_kuaihui", text="我手机刚才没电了")
    assert "axin" not in await by(us, MessagePosted)
    assert "话题" in (await us.inbox("axin"))[-1]["says"]
    await us.does("axin", "say_to_bot", app_id="cli_kuaihui", text="接手")
    assert await by(us, Acknowledged) == ["axin"]


async def test_on_the_topic_a_thumb_is_applause_and_on_it_takes_it_on(us: Team) -> None:
    await us.alarm(FIRST)
    hangs_on = (await topic(us)).reference
    await us.does("dazhuang", "react", message_id=hangs_on, emoji="THUMBSUP")
    assert [(fact.by, fact.emoji) for fact in (await us.timeline()).all(Reacted)] == [("dazhuang", "👍")]
    assert await by(us, Acknowledged) == []
    await us.does("dazhuang", "react", message_id=hangs_on, emoji="OnIt")
    assert await by(us, Acknowledged) == ["dazhuang"]


async def test_on_the_page_itself_a_thumb_takes_it_on(us: Team) -> None:
    await us.alarm(FIRST)
    await us.does("axin", "react", message_id=await us.last_card("axin"), emoji="THUMBSUP")
    assert await by(us, Acknowledged) == ["axin"]


async def test_who_has_read_the_topic_is_asked_and_told_once(us: Team) -> None:
    await us.alarm(FIRST)
    await us.until(seconds=20)
    await us.does("amao", "read", message_id=(await topic(us)).card)
    await us.look()
    assert await by(us, Visited) == ["amao"]
    await us.until(seconds=50)
    await us.look()
    assert await by(us, Visited) == ["amao"]


async def test_who_is_added_to_the_group_by_somebody_is_pulled_in(us: Team) -> None:
    await us.alarm(FIRST)
    await us.does("amao", "invite", chat_id=ALERT_GROUP, people=["ou_director"])
    assert [(fact.by, fact.person) for fact in (await us.timeline()).all(PulledIn)] == [("amao", "laozhou")]


async def test_a_role_is_taken_on_the_card(us: Team) -> None:
    await us.alarm(FIRST)
    await us.presses("axin", await us.last_card("axin"), "acknowledge")
    await us.until(seconds=30)
    card = (await topic(us)).card
    (shown,) = [message for message in await us.chat(ALERT_GROUP) if message["message_id"] == card]
    button = next(one["name"] for one in shown["buttons"] if one["name"].startswith("take-role"))
    assert "角色" in await us.presses("amao", card, button)
    assert [(fact.by, fact.role) for fact in (await us.timeline()).all(RoleTaken)] == [("amao", button.split()[1])]


async def test_a_stranger_is_told_so_and_changes_nothing(us: Team) -> None:
    await us.alarm(FIRST)
    add_person(us.tenant.world, Person("ou_stranger", "路人", mobile="13900000000", email="stranger@example.com"))
    await us.does("amao", "invite", chat_id=ALERT_GROUP, people=["ou_stranger"])
    card = (await topic(us)).card
    before = len(await us.timeline())
    assert "名录" in await us.presses("stranger", card, "acknowledge")
    assert len(await us.timeline()) == before


async def test_nothing_of_this_depends_on_when_the_clock_began(tmp_path: Path) -> None:
    async with whole_house(tmp_path, furnished(BEGINS + timedelta(days=400))) as later:
        await later.alarm(FIRST)
        assert (await later.timeline()).opened.at == BEGINS + timedelta(days=400)
