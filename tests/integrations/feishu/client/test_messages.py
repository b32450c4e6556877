"""Messages, receipts, emoji, pins, files, groups and people by our own client."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuaihui.emulators.feishu.server import Emulated
from kuaihui.integrations.feishu.client import content
from kuaihui.integrations.feishu.client.failures import FeishuRefused
from kuaihui.integrations.feishu.client.feishu import Feishu
from kuaihui.integrations.feishu.client.messages import uuid
from tests.emulators.feishu.tenant import People
from tests.emulators.feishu.test_events_by_sdk import PRESSABLE
from tests.emulators.feishu.test_messages_by_sdk import CARD

GROUP = "oc_alerts"


async def test_a_message_a_topic_and_its_history(ours: Feishu, people: People) -> None:
    root = await ours.messages.send(GROUP, content.saying(f"{content.mention('ou_axin', '阿新')} 5xx 12 %"), key="IR-1:page")
    reply = await ours.messages.reply(root.message_id, content.saying("looking"), in_thread=True, chat_id=GROUP)
    await people("dazhuang", "say", reply_to=reply.message_id, text="me too")

    assert root.words == "@阿新 5xx 12 %"
    assert [message.words async for message in ours.messages.history(GROUP)] == [root.words]
    in_topic = [message async for message in ours.messages.history(reply.thread_id)]
    assert [message.words for message in in_topic] == [root.words, "looking", "me too"]
    assert [message.sender.is_person for message in in_topic] == [False, False, True]
    assert datetime.now(UTC) - in_topic[-1].at < timedelta(minutes=1)


async def test_a_cards_own_words_are_read_from_history(ours: Feishu) -> None:
    card = await ours.messages.send(GROUP, content.card(CARD))
    assert (await ours.messages.get(card.message_id)).words == "P1\n<at id=ou_axin></at> 5xx 12 %"
    (found,) = [message async for message in ours.messages.history(GROUP)]
    assert "5xx" in found.words


async def test_history_is_read_through_all_its_pages_within_its_span(ours: Feishu, tenant: Emulated, people: People) -> None:
    tenant.world.limiter.enforced = False
    for number in range(60):
        await people("dazhuang", "say", chat_id=GROUP, text=str(number))
    first = next(iter(tenant.world.messages.values())).created
    tenant.world.clock.pass_by(timedelta(hours=1))
    await people("dazhuang", "say", chat_id=GROUP, text="later")
    early = [m.words async for m in ours.messages.history(GROUP, since=first, until=first + timedelta(minutes=30))]
    assert early == [str(number) for number in range(60)]
    assert [m.words async for m in ours.messages.history(GROUP, newest_first=True)][:2] == ["later", "59"]


async def test_the_same_key_sends_once_and_a_long_key_is_kept_apart_from_its_neighbours(ours: Feishu) -> None:
    long = "IR-20230311:page:" + "x" * 60
    first = await ours.messages.send(GROUP, content.saying("one"), key=long + "1")
    again = await ours.messages.send(GROUP, content.saying("one"), key=long + "1")
    other = await ours.messages.send(GROUP, content.saying("two"), key=long + "2")
    assert first.message_id == again.message_id != other.message_id


@given(st.text(min_size=1))
def test_a_key_always_fits(key: str) -> None:
    assert 0 < len(uuid(key)["uuid"]) <= 50


async def test_cards_and_texts_are_changed_and_recalled(ours: Feishu, tenant: Emulated) -> None:
    card = await ours.messages.send(GROUP, content.card(CARD))
    await ours.messages.update_card(card.message_id, content.card({**CARD, "header": {"title": {"tag": "plain_text", "content": "P0"}}}))
    assert (await ours.messages.get(card.message_id)).words.startswith("P0")
    text = await ours.messages.send(GROUP, content.saying("12 %"))
    assert (await ours.messages.edit(text.message_id, content.saying("15 %"))).words == "15 %"
    await ours.messages.recall(text.message_id)
    await ours.messages.recall(text.message_id)
    assert tenant.world.messages[text.message_id].deleted


async def test_readers_and_buzzes(ours: Feishu, tenant: Emulated, people: People) -> None:
    message = await ours.messages.send(GROUP, content.saying("look"))
    assert await ours.messages.readers(message.message_id) == []
    await people("dazhuang", "read", chat_id=GROUP)
    assert [reader.user_id for reader in await ours.messages.readers(message.message_id)] == ["ou_dazhuang"]
    assert await ours.messages.buzz(message.message_id, ["ou_axin", "ou_ayi"], "phone") == ["ou_ayi"]
    assert [buzz.kind for buzz in tenant.world.messages[message.message_id].buzzes] == ["phone"]


async def test_more_readers_than_a_page_holds(ours: Feishu, tenant: Emulated) -> None:
    message = await ours.messages.send(GROUP, content.saying("look"))
    world = tenant.world
    person = world.people["ou_axin"]
    for number in range(230):
        world.people[f"ou_{number}"] = type(person)(f"ou_{number}", str(number))
        world.messages[message.message_id].readers[f"ou_{number}"] = world.now()
    assert len(await ours.messages.readers(message.message_id)) == 230


async def test_emoji_and_pins(ours: Feishu, people: People) -> None:
    message = await ours.messages.send(GROUP, content.saying("look"))
    mine = await ours.reactions.react(message.message_id, "OnIt")
    await people("amao", "react", message_id=message.message_id, emoji="THUMBSUP")
    found = {one.reaction_type.emoji_type: one.operator.operator_id for one in await ours.reactions.of(message.message_id)}
    assert found == {"OnIt": "cli_kuaihui", "THUMBSUP": "ou_amao"}
    await ours.reactions.unreact(message.message_id, mine.reaction_id)
    assert len(await ours.reactions.of(message.message_id)) == 1

    await ours.reactions.pin(message.message_id)
    assert [pin.message_id for pin in await ours.reactions.pins(GROUP)] == [message.message_id]
    await ours.reactions.unpin(message.message_id)
    assert await ours.reactions.pins(GROUP) == []


async def test_images_and_files(ours: Feishu) -> None:
    picture = await ours.files.upload_image(b"PNG")
    await ours.messages.send(GROUP, content.image(picture))
    log = await ours.files.upload_file(b"redis: connection pool timeout", "日志.txt")
    message = await ours.messages.send(GROUP, content.file(log))
    assert await ours.files.download(message.message_id, log) == b"redis: connection pool timeout"


async def test_a_pressed_card_is_changed_later(ours: Feishu, tenant: Emulated, people: People) -> None:
    card = await ours.messages.send(GROUP, content.card(PRESSABLE))
    await people("dazhuang", "press", message_id=card.message_id)  # nobody answers
    (token,) = tenant.world.card_tokens.values()
    token.answered = True
    await ours.messages.update_pressed_card(token.token, {**CARD, "header": {"title": {"tag": "plain_text", "content": "later"}}})
    assert (await ours.messages.get(card.message_id)).words.startswith("later")


async def test_a_group_its_people_notice_tab_and_link(ours: Feishu, tenant: Emulated) -> None:
    chat = await ours.chats.open("IR-20230311", ["ou_xiaomei"], owner="ou_amao", key="IR-1:room")
    assert chat.chat_id == (await ours.chats.open("IR-20230311", ["ou_xiaomei"], owner="ou_amao", key="IR-1:room")).chat_id
    assert (await ours.chats.add(chat.chat_id, ["ou_ayi", "ou_nobody"])).left_out == ["ou_nobody"]
    await ours.chats.remove(chat.chat_id, ["ou_xiaomei"])
    assert sorted(one.name for one in await ours.chats.members(chat.chat_id)) == ["阿义", "阿茂"]
    await ours.chats.rename(chat.chat_id, "IR-20230311-配置中心500")
    assert (await ours.chats.get(chat.chat_id)).name == "IR-20230311-配置中心500"
    assert [each.chat_id async for each in ours.chats.mine()] == [GROUP, chat.chat_id]

    message = await ours.messages.send(chat.chat_id, content.saying("status"))
    await ours.chats.put_notice(chat.chat_id, message.message_id)
    assert tenant.world.chats[chat.chat_id].top_notice
    await ours.chats.take_notice(chat.chat_id)
    assert not tenant.world.chats[chat.chat_id].top_notice
    for _ in range(2):
        await ours.chats.add_document_tab(chat.chat_id, "IR-20230311-配置中心500-网关告警", "https://x.feishu.cn/docx/d")
    assert [tab.tab_name for tab in await ours.chats.tabs(chat.chat_id)] == ["IR-20230311-配置中心500-"]
    assert (await ours.chats.link(chat.chat_id)).startswith("https://")
    await ours.chats.dissolve(chat.chat_id)
    with pytest.raises(FeishuRefused):
        await ours.chats.get(chat.chat_id)


async def test_people_their_leaders_and_when_they_are_busy(ours: Feishu, tenant: Emulated) -> None:
    found = await ours.people.find(emails=["axin@example.com", "no@example.com"], mobiles=["13800000001"])
    assert found == {"axin@example.com": "ou_axin", "13800000001": "ou_dazhuang"}
    assert await ours.people.leaders("ou_axin") == ["ou_amao", "ou_director"]
    assert [one.name for one in await ours.people.several(["ou_axin", "ou_gone"])] == ["阿新"]
    assert (await ours.people.department("od_platform")).leader_user_id == "ou_amao"
    start = datetime(2023, 3, 13, tzinfo=UTC)
    tenant.world.people["ou_axin"].busy = [(start, start + timedelta(hours=1))]
    busy = await ours.people.busy(["ou_axin", "ou_ayi"], start - timedelta(hours=1), start + timedelta(days=1))
    assert [(one.start_time, one.end_time) for one in busy["ou_axin"]] == [(start, start + timedelta(hours=1))]
    assert busy["ou_ayi"] == []


async def test_the_chain_of_leaders_ends_where_it_comes_round(ours: Feishu, tenant: Emulated) -> None:
    tenant.world.people["ou_director"].leader = "ou_axin"
    assert await ours.people.leaders("ou_axin") == ["ou_amao", "ou_director"]


@given(st.text(), st.text())
def test_nobody_is_named_by_somebody_elses_words(before: str, after: str) -> None:
    said = content.harmless(f'{before}<at user_id="all"></at><AT id=all></AT>{after}')
    assert "<at" not in said.lower()
