"""Messages, receipts, reactions, pins and uploads, called by the vendor's own client."""

import asyncio
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from lark_oapi.api.im.v1 import (
    CreateFileRequest,
    CreateFileRequestBody,
    CreateImageRequest,
    CreateImageRequestBody,
    CreateMessageReactionRequest,
    CreateMessageReactionRequestBody,
    CreateMessageRequest,
    CreateMessageRequestBody,
    CreatePinRequest,
    CreatePinRequestBody,
    DeleteMessageReactionRequest,
    DeleteMessageRequest,
    DeletePinRequest,
    Emoji,
    GetMessageRequest,
    GetMessageResourceRequest,
    ListMessageReactionRequest,
    ListMessageRequest,
    ListPinRequest,
    PatchMessageRequest,
    PatchMessageRequestBody,
    ReadUsersMessageRequest,
    ReplyMessageRequest,
    ReplyMessageRequestBody,
    UpdateMessageRequest,
    UpdateMessageRequestBody,
    UrgentAppMessageRequest,
    UrgentPhoneMessageRequest,
    UrgentReceivers,
    UrgentSmsMessageRequest,
)

from kuaihui.emulators.feishu.server import Emulated
from tests.emulators.feishu.tenant import People, Sdk

CARD = {
    "schema": "2.0",
    "config": {"update_multi": True},
    "header": {"title": {"tag": "plain_text", "content": "P1"}, "template": "red"},
    "body": {"elements": [{"tag": "markdown", "content": "<at id=ou_axin></at> 5xx 12 %"}]},
}


def create(to: str = "oc_alerts", kind: str = "text", content: Any = None, uuid: str = "", by: str = "chat_id") -> CreateMessageRequest:
    said = json.dumps(content or {"text": "5xx 12 %"})
    body = CreateMessageRequestBody.builder().receive_id(to).msg_type(kind).content(said).uuid(uuid).build()
    return CreateMessageRequest.builder().receive_id_type(by).request_body(body).build()


async def sent(sdk: Sdk, **said: Any) -> str:
    return (await sdk(sdk.client.im.v1.message.create, create(**said))).message_id


def reply(message_id: str, text: str = "on it", in_thread: bool = False) -> ReplyMessageRequest:
    body = ReplyMessageRequestBody.builder().msg_type("text").content(json.dumps({"text": text})).reply_in_thread(in_thread).build()
    return ReplyMessageRequest.builder().message_id(message_id).request_body(body).build()


def history(container: str) -> ListMessageRequest:
    kind = "thread" if container.startswith("omt_") else "chat"
    return ListMessageRequest.builder().container_id_type(kind).container_id(container).page_size(50).build()


async def test_a_message_is_sent_and_read_back_with_the_people_it_names(sdk: Sdk) -> None:
    message_id = await sent(sdk, content={"text": '<at user_id="ou_axin">x</at> please look'})

    (found,) = (await sdk(sdk.client.im.v1.message.get, GetMessageRequest.builder().message_id(message_id).build())).items
    assert json.loads(found.body.content) == {"text": "@_user_1 please look"}
    assert [(each.key, each.id, each.name) for each in found.mentions] == [("@_user_1", "ou_axin", "阿新")]
    assert (found.sender.id, found.sender.sender_type) == ("cli_kuaihui", "app")


async def test_a_reply_in_a_thread_opens_a_topic_whose_replies_stay_out_of_the_chats_history(sdk: Sdk) -> None:
    root = await sent(sdk)
    first = await sdk(sdk.client.im.v1.message.reply, reply(root, in_thread=True))
    second = await sdk(sdk.client.im.v1.message.reply, reply(first.message_id))

    assert first.thread_id.startswith("omt_")
    assert (second.thread_id, second.root_id, second.parent_id) == (first.thread_id, root, first.message_id)
    in_chat = (await sdk(sdk.client.im.v1.message.list, history("oc_alerts"))).items
    assert [each.message_id for each in in_chat] == [root]
    in_thread = (await sdk(sdk.client.im.v1.message.list, history(first.thread_id))).items
    assert [each.message_id for each in in_thread] == [root, first.message_id, second.message_id]


async def test_the_same_uuid_within_an_hour_sends_once(sdk: Sdk, tenant: Emulated) -> None:
    first = await sent(sdk, uuid="IR-1:page")
    assert await sent(sdk, uuid="IR-1:page") == first
    tenant.world.clock.pass_by(timedelta(minutes=61))
    assert await sent(sdk, uuid="IR-1:page") != first


async def test_texts_are_edited_and_cards_are_replaced(sdk: Sdk) -> None:
    text, card = await sent(sdk), await sent(sdk, kind="interactive", content=CARD)
    body = UpdateMessageRequestBody.builder().msg_type("text").content('{"text": "now 15 %"}').build()
    edited = await sdk(sdk.client.im.v1.message.update, UpdateMessageRequest.builder().message_id(text).request_body(body).build())
    assert edited.updated

    new = json.dumps({**CARD, "header": {"title": {"tag": "plain_text", "content": "P0"}}})
    patch = PatchMessageRequest.builder().message_id(card).request_body(PatchMessageRequestBody.builder().content(new).build()).build()
    await sdk(sdk.client.im.v1.message.patch, patch)
    get = GetMessageRequest.builder().message_id(card).build()
    assert "P0" in (await sdk(sdk.client.im.v1.message.get, get)).items[0].body.content


@pytest.mark.parametrize(
    "broken",
    [
        {**CARD, "config": {}},
        {**CARD, "body": {"elements": [{"tag": "action", "actions": []}]}},
        {**CARD, "body": {"elements": [{"tag": "hr"}] * 201}},
        {**CARD, "header": {"title": {"tag": "plain_text", "content": "x"}, "template": "pink"}},
        {"schema": "2.0"},
    ],
    ids=["not for all", "1.0 container", "201 components", "no such colour", "no body"],
)
async def test_a_card_that_feishu_refuses_is_refused(sdk: Sdk, broken: Any) -> None:
    card = await sent(sdk, kind="interactive", content=CARD)
    body = PatchMessageRequestBody.builder().content(json.dumps(broken)).build()
    patch = PatchMessageRequest.builder().message_id(card).request_body(body).build()
    assert await sdk.code(sdk.client.im.v1.message.patch, patch) in {230001, 230099}


async def test_who_read_a_message_is_told_to_its_sender_for_seven_days(sdk: Sdk, people: People, tenant: Emulated) -> None:
    message_id = await sent(sdk)
    ask = ReadUsersMessageRequest.builder().message_id(message_id).user_id_type("open_id").page_size(50).build()
    assert not (await sdk(sdk.client.im.v1.message.read_users, ask)).items

    await people("dazhuang", "read", message_id=message_id)
    assert [each.user_id for each in (await sdk(sdk.client.im.v1.message.read_users, ask)).items] == ["ou_dazhuang"]

    said = await people("dazhuang", "say", chat_id="oc_alerts", text="I look")
    others = ReadUsersMessageRequest.builder().message_id(said["message_id"]).user_id_type("open_id").build()
    assert await sdk.code(sdk.client.im.v1.message.read_users, others) == 230012

    tenant.world.clock.pass_by(timedelta(days=7, minutes=1))
    assert await sdk.code(sdk.client.im.v1.message.read_users, ask) in {99991663, 230033}
    fresh = Sdk(tenant)
    assert await fresh.code(fresh.client.im.v1.message.read_users, ask) == 230033


async def test_people_are_buzzed_by_every_means(sdk: Sdk, tenant: Emulated) -> None:
    message_id = await sent(sdk)
    who = UrgentReceivers.builder().user_id_list(["ou_axin", "ou_nobody"]).build()
    for means, request in (("app", UrgentAppMessageRequest), ("sms", UrgentSmsMessageRequest), ("phone", UrgentPhoneMessageRequest)):
        ask = request.builder().message_id(message_id).user_id_type("open_id").request_body(who).build()
        done = await sdk(getattr(sdk.client.im.v1.message, f"urgent_{means}"), ask)
        assert done.invalid_user_id_list == ["ou_nobody"]
    assert [(buzz.kind, buzz.person) for buzz in tenant.world.messages[message_id].buzzes] == [
        ("app", "ou_axin"),
        ("sms", "ou_axin"),
        ("phone", "ou_axin"),
    ]
    assert tenant.world.buzzes_left["phone"] == 99


async def test_emoji_are_put_listed_and_taken_off(sdk: Sdk) -> None:
    message_id = await sent(sdk)
    emoji = Emoji.builder().emoji_type("OnIt").build()
    body = CreateMessageReactionRequestBody.builder().reaction_type(emoji).build()
    put = CreateMessageReactionRequest.builder().message_id(message_id).request_body(body).build()
    made = await sdk(sdk.client.im.v1.message_reaction.create, put)
    ask = ListMessageReactionRequest.builder().message_id(message_id).build()
    (listed,) = (await sdk(sdk.client.im.v1.message_reaction.list, ask)).items
    assert (listed.reaction_id, listed.operator.operator_type, listed.reaction_type.emoji_type) == (made.reaction_id, "app", "OnIt")

    off = DeleteMessageReactionRequest.builder().message_id(message_id).reaction_id(made.reaction_id).build()
    await sdk(sdk.client.im.v1.message_reaction.delete, off)
    assert not (await sdk(sdk.client.im.v1.message_reaction.list, ask)).items


async def test_messages_are_pinned_once_however_often_asked(sdk: Sdk) -> None:
    message_id = await sent(sdk)
    pin = CreatePinRequest.builder().request_body(CreatePinRequestBody.builder().message_id(message_id).build()).build()
    first, again = await sdk(sdk.client.im.v1.pin.create, pin), await sdk(sdk.client.im.v1.pin.create, pin)
    assert first.pin.create_time == again.pin.create_time
    ask = ListPinRequest.builder().chat_id("oc_alerts").build()
    assert [each.message_id for each in (await sdk(sdk.client.im.v1.pin.list, ask)).items] == [message_id]
    await sdk(sdk.client.im.v1.pin.delete, DeletePinRequest.builder().message_id(message_id).build())
    assert not (await sdk(sdk.client.im.v1.pin.list, ask)).items


async def test_images_and_files_are_uploaded_and_fetched_from_the_message_that_carries_them(sdk: Sdk) -> None:
    picture: Any = ("a.png", io.BytesIO(b"PNG"), "image/png")
    body = CreateImageRequestBody.builder().image_type("message").image(picture).build()
    image = (await sdk(sdk.client.im.v1.image.create, CreateImageRequest.builder().request_body(body).build())).image_key
    log: Any = ("log.txt", io.BytesIO(b"redis: connection pool timeout"), "text/plain")
    body = CreateFileRequestBody.builder().file_type("stream").file_name("log.txt").file(log).build()
    file = (await sdk(sdk.client.im.v1.file.create, CreateFileRequest.builder().request_body(body).build())).file_key
    await sent(sdk, kind="image", content={"image_key": image})
    message_id = await sent(sdk, kind="file", content={"file_key": file})

    get = GetMessageResourceRequest.builder().message_id(message_id).file_key(file).type("file").build()
    done = await asyncio.to_thread(sdk.client.im.v1.message_resource.get, get)
    assert (done.code, done.file.read()) == (0, b"redis: connection pool timeout")


async def test_a_recalled_message_is_gone(sdk: Sdk) -> None:
    message_id = await sent(sdk)
    await sdk(sdk.client.im.v1.message.delete, DeleteMessageRequest.builder().message_id(message_id).build())
    get = GetMessageRequest.builder().message_id(message_id).build()
    assert (await sdk(sdk.client.im.v1.message.get, get)).items[0].deleted
    assert await sdk.code(sdk.client.im.v1.message.reply, reply(message_id)) == 230011


async def test_the_bot_speaks_only_where_it_is_and_reaches_people_in_private(sdk: Sdk, tenant: Emulated) -> None:
    tenant.world.chats["oc_alerts"].bots.clear()
    assert await sdk.code(sdk.client.im.v1.message.create, create()) == 230002
    await sent(sdk, to="axin@example.com", by="email")
    tenant.world.people["ou_axin"].stopped_bots = True
    assert await sdk.code(sdk.client.im.v1.message.create, create(to="ou_axin", by="open_id")) == 230053
