"""The topic: on the alert's own message or on our card, which is kept as it stands; what is said and shown in it."""

from __future__ import annotations

from kuaihui.emulators.feishu import content
from kuaihui.emulators.feishu.control import NewGroup, add_group
from kuaihui.emulators.feishu.deeds import Recall, Say
from kuaihui.emulators.feishu.office import ALERT_GROUP, APP_ID
from kuaihui.emulators.feishu.records import Message
from kuaihui.incident.alerts import Alert
from kuaihui.incident.pages import Answered
from kuaihui.incident.room import MessagePosted, TopicOpened
from kuaihui.intake import signals
from kuaihui.intake.ringing import Ringing
from kuaihui.integrations.feishu.desk import Places
from tests.integrations.feishu.team import Team, at_work
from tests.integrations.feishu.test_page import presses


async def told_in_the_group(team: Team, value: float = 0.1) -> str:
    """Somebody tells an alert in the group; the message's id."""
    said = Say(chat_id=ALERT_GROUP, text=f"网关 5xx {value:.0%}").do(team.world, team.world.person("ou_dazhuang"))
    message = str(said["message_id"])
    alert = Alert("gateway", "Gateway5xxRatioHigh", {"service": "config-center"}, team.now, value, message=message, chat=ALERT_GROUP)
    await team.reception.hear([Ringing(alert, True)])
    await team.passes(seconds=1)
    return message


def card_of(team: Team, timeline_card: str) -> Message:
    return team.world.messages[timeline_card]


async def topic(team: Team) -> TopicOpened:
    found = (await team.timeline()).last(TopicOpened)
    assert found
    return found


async def test_it_hangs_on_the_message_that_told_the_alert(team: Team) -> None:
    message = await told_in_the_group(team)
    opened = await topic(team)
    card = card_of(team, opened.card)

    assert (opened.by, opened.reference, opened.chat) == ("feishu", message, ALERT_GROUP)
    assert (card.root_id, card.thread_id, card.sender) == (message, opened.thread, APP_ID)
    assert opened.thread
    assert all(one.thread_id == opened.thread for one in team.in_group() if one.sender == APP_ID)


async def test_where_that_message_was_recalled_our_own_card_does(team: Team) -> None:
    said = Say(chat_id=ALERT_GROUP, text="网关 5xx 10%").do(team.world, team.world.person("ou_dazhuang"))
    message = str(said["message_id"])
    Recall(message_id=message).do(team.world, team.world.person("ou_dazhuang"))
    alert = Alert("gateway", "Gateway5xxRatioHigh", {"service": "config-center"}, team.now, 0.1, message=message, chat=ALERT_GROUP)
    await team.reception.hear([Ringing(alert, True)])
    await team.passes(seconds=1)
    opened = await topic(team)

    assert opened.by == "feishu"
    assert opened.reference == opened.card != message


async def test_the_card_shows_the_incident_as_it_stands(team: Team) -> None:
    await team.rings(0.10)
    card = card_of(team, (await topic(team)).card)
    at_first = [press.op for press in presses(card)]
    await team.passes(minutes=1)
    await team.rings(0.15)
    await team.acks("dazhuang")
    await team.passes(seconds=10)
    engaged, shown = [press.op for press in presses(card)], content.shown(card)
    await team.does(signals.Mitigate(person="xiaomei"))
    await team.passes(seconds=10)

    assert at_first == ["acknowledge", "escalate", "mitigate", "false-alarm"]
    assert "acknowledge" not in engaged
    assert "take-role" in engaged
    assert "10 % → 15 %" in shown
    assert "大壮：已接手" in shown
    assert [press.op for press in presses(card)] == ["resolve", "doubt"]


async def test_a_storm_changes_the_card_no_more_often_than_every_few_seconds(team: Team) -> None:
    await team.rings(0.10)
    for step in range(30):
        await team.rings(0.10 + step / 50)
        await team.passes(seconds=0.2)
    await team.passes(seconds=10)
    patched = [call for call in team.world.calls if call.operation == "im.v1.message.patch"]

    assert len(patched) <= 6
    assert "62 %" in content.shown(card_of(team, (await topic(team)).card))


async def test_whoever_is_named_in_the_topic_is_let_into_the_group_first(team: Team) -> None:
    await team.rings(0.10)
    await team.acks("axin")
    await team.does(signals.CallIn(person="axin", whom="ayi", reason="看 Redis"))
    await team.passes(seconds=5)

    assert "ou_ayi" in team.world.chats[ALERT_GROUP].members
    assert len([one for one in team.sent_to("ayi") if "看 Redis" in content.shown(one)]) == 1
    assert any(mention.id == "ou_ayi" for one in team.in_group() for mention in one.mentions)


async def test_what_an_alert_says_names_nobody(team: Team) -> None:
    words = '<at user_id="all"></at> <at id=all></at>'
    alert = Alert("gateway", "Gateway5xxRatioHigh", {"service": "config-center"}, team.now, 0.1, summary=words)
    await team.reception.hear([Ringing(alert, True)])
    await team.passes(seconds=5)

    ours = [one for one in team.world.messages.values() if one.sender == APP_ID]
    assert ours
    assert not [one for one in ours if '<at user_id=\\"all' in one.content or "<at id=all" in one.content]


async def test_an_incident_may_have_a_group_of_its_own() -> None:
    async with at_work(places=Places(own_chat_from=2)) as team:
        await team.rings(0.10)
        await team.passes(seconds=5)
        opened = await topic(team)
        chat = team.world.chats[opened.chat]

        assert opened.chat != ALERT_GROUP
        assert await team.incident() in chat.name
        assert {"ou_axin", "ou_xiaomei", "ou_amao"} <= set(chat.members)


async def test_without_any_group_our_own_workplace_has_the_topic() -> None:
    async with at_work(places=Places(chat="oc_nowhere")) as team:
        await team.rings(0.10)
        await team.passes(seconds=5)
        timeline = await team.timeline()
        opened = await topic(team)

        assert opened.by == "builtin"
        assert timeline.last(MessagePosted)
        assert [fact.by for fact in timeline.all(Answered) if fact.identity == "OpenTopic/0"] == ["feishu", "builtin"]
        assert len(team.sent_to("axin")) == 1


async def test_another_service_may_have_another_group() -> None:
    async with at_work(places=Places(chat=ALERT_GROUP, chats={"config-center": "oc_config"})) as team:
        add_group(team.world, NewGroup(chat_id="oc_config", name="配置中心", people=["ou_xiaomei"], bots=[APP_ID]))
        await team.rings(0.10)

        assert (await topic(team)).chat == "oc_config"


async def test_the_index_knows_every_id_also_after_a_restart(team: Team) -> None:
    await team.rings(0.10)
    await team.acks("axin")
    await team.passes(seconds=5)
    opened, (card, *_) = await topic(team), team.sent_to("axin")
    found = await team.index.find(opened.reference, team.now)
    page = await team.index.find(card.message_id, team.now)

    assert found
    assert page
    assert (found.incident, found.kind) == (await team.incident(), "topic")
    assert (page.kind, page.person, page.identity) == ("word", "axin", "Page/0/axin/1/feishu/1")
    assert await team.index.find("om_of_somebody_else", team.now) is None
