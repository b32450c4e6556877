"""Events, taken by the vendor's own client: sealed webhooks, and the long connection with its frames."""

import asyncio
import json
import logging
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import lark_oapi as lark
import lark_oapi.ws.client as sdk_ws
import pytest
import uvicorn
from lark_oapi.core.model import RawRequest
from lark_oapi.event.callback.model.p2_card_action_trigger import P2CardActionTriggerResponse
from lark_oapi.ws.pb.pbbp2_pb2 import Frame as Theirs
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kuaihui.emulators.feishu.control import AppChange, change_app
from kuaihui.emulators.feishu.faults import EventFault
from kuaihui.emulators.feishu.frames import Frame, decode
from kuaihui.emulators.feishu.office import APP_ID, APP_SECRET
from kuaihui.emulators.feishu.posting import Draft, post
from kuaihui.emulators.feishu.server import Emulated
from kuaihui.emulators.listening import listening
from tests.emulators.feishu.tenant import People, Sdk
from tests.emulators.feishu.test_messages_by_sdk import CARD, sent

logging.getLogger("Lark").setLevel(100)
BUTTON = {
    "tag": "button",
    "name": "ack",
    "text": {"tag": "plain_text", "content": "我来处理"},
    "behaviors": [{"type": "callback", "value": {"op": "ack"}}],
}
PRESSABLE = {**CARD, "body": {"elements": [BUTTON]}}


class Ear:
    """What the vendor's dispatcher heard, in order."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []
        builder: Any = lark.EventDispatcherHandler.builder("ekey", "vtoken")
        for name, what in (
            ("im_message_receive_v1", lambda event: event.message.message_id),
            ("im_message_message_read_v1", lambda event: event.message_id_list),
            ("im_message_reaction_created_v1", lambda event: event.reaction_type.emoji_type),
            ("im_message_reaction_deleted_v1", lambda event: event.reaction_type.emoji_type),
            ("im_message_recalled_v1", lambda event: event.message_id),
            ("im_chat_member_user_added_v1", lambda event: [each.user_id.open_id for each in event.users]),
            ("im_chat_member_user_deleted_v1", lambda event: [each.user_id.open_id for each in event.users]),
            ("application_bot_menu_v6", lambda event: event.event_key),
            ("im_chat_access_event_bot_p2p_chat_entered_v1", lambda event: event.operator_id.open_id),
        ):
            builder = getattr(builder, f"register_p2_{name}")(self._noting(name, what))
        self.dispatcher = builder.register_p2_card_action_trigger(self._pressed).build()

    def _noting(self, name: str, what: Callable[[Any], Any]) -> Callable[[Any], None]:
        return lambda said: self.heard.append((name, what(said.event)))

    def _pressed(self, said: Any) -> P2CardActionTriggerResponse:
        self.heard.append(("pressed", (said.event.operator.open_id, said.event.action.value, said.event.context.open_message_id)))
        answered = {**CARD, "header": {"title": {"tag": "plain_text", "content": "acknowledged"}}}
        return P2CardActionTriggerResponse({"toast": {"type": "success", "content": "已认领"}, "card": {"type": "raw", "data": answered}})

    def names(self) -> list[str]:
        return [name for name, _ in self.heard]


@asynccontextmanager
async def webhook(ear: Ear, status: list[int]) -> AsyncGenerator[str]:
    """An address that gives what it gets to the vendor's dispatcher; `status` are answers to give instead, first to last."""

    async def take(request: Request) -> Response:
        raw = RawRequest()
        raw.uri, raw.body = "/event", await request.body()
        names = ("X-Lark-Request-Timestamp", "X-Lark-Request-Nonce", "X-Lark-Signature")
        raw.headers = {name: request.headers[name] for name in names if name in request.headers}
        if status and b"challenge" not in raw.body and "x-lark-signature" in request.headers:
            return Response(status_code=status.pop(0))
        done = await asyncio.to_thread(ear.dispatcher.do, raw)
        return Response(done.content, done.status_code)

    app = Starlette(routes=[Route("/event", take, methods=["POST"])])
    async with listening(uvicorn.Config(app, host="127.0.0.1", port=0, lifespan="off", log_level="critical")) as port:
        yield f"http://127.0.0.1:{port}/event"


@pytest.fixture
async def ear() -> Ear:
    return Ear()


async def heard_by_webhook(tenant: Emulated, url: str) -> None:
    change = AppChange(app_id=APP_ID, encrypt_key="ekey", verification_token="vtoken", events_url=url)
    assert await tenant.webhook.challenge(change_app(tenant.world, change))


async def test_the_vendors_dispatcher_opens_our_seal_and_hears_what_people_do(tenant: Emulated, sdk: Sdk, people: People, ear: Ear) -> None:
    async with webhook(ear, []) as url:
        await heard_by_webhook(tenant, url)
        said = await people("dazhuang", "say", chat_id="oc_alerts", text='<at user_id="ou_axin"></at> look')
        await people("amao", "react", message_id=said["message_id"], emoji="OnIt")
        await people("amao", "take_back", message_id=said["message_id"], emoji="OnIt")
        await people("dazhuang", "recall", message_id=said["message_id"])
        await people("amao", "invite", chat_id="oc_alerts", people=["ou_ayi"])
        await people("ayi", "leave", chat_id="oc_alerts")
        await tenant.settled()
        assert ear.heard == [
            ("im_message_receive_v1", said["message_id"]),
            ("im_message_reaction_created_v1", "OnIt"),
            ("im_message_reaction_deleted_v1", "OnIt"),
            ("im_message_recalled_v1", said["message_id"]),
            ("im_chat_member_user_added_v1", ["ou_ayi"]),
            ("im_chat_member_user_deleted_v1", ["ou_ayi"]),
        ]

        ear.heard.clear()
        private = await sent(sdk, to="ou_axin", by="open_id")
        await people("axin", "read", message_id=private)
        await people("axin", "choose", app_id=APP_ID, event_key="who_is_on_call")
        await people("axin", "open_bot", app_id=APP_ID)
        await tenant.settled()
        assert sorted(ear.heard, key=lambda each: each[0]) == [
            ("application_bot_menu_v6", "who_is_on_call"),
            ("im_chat_access_event_bot_p2p_chat_entered_v1", "ou_axin"),
            ("im_message_message_read_v1", [private]),
        ]


async def test_reading_in_a_group_announces_nothing(tenant: Emulated, sdk: Sdk, people: People, ear: Ear) -> None:
    async with webhook(ear, []) as url:
        await heard_by_webhook(tenant, url)
        await people("axin", "read", message_id=await sent(sdk))
        await tenant.settled()
        assert ear.heard == []


async def test_a_pressed_card_is_answered_with_a_toast_and_a_new_card(tenant: Emulated, sdk: Sdk, people: People, ear: Ear) -> None:
    async with webhook(ear, []) as url:
        await heard_by_webhook(tenant, url)
        card = await sent(sdk, kind="interactive", content=PRESSABLE)
        seen = await people("dazhuang", "press", message_id=card, name="ack")
        assert seen == {"toast": {"type": "success", "content": "已认领"}}
        assert ear.heard == [("pressed", ("ou_dazhuang", {"op": "ack"}, card))]
        assert "acknowledged" in tenant.world.messages[card].content


async def test_a_press_that_nobody_answers_shows_an_error_and_is_not_sent_again(tenant: Emulated, sdk: Sdk, people: People) -> None:
    card = await sent(sdk, kind="interactive", content=PRESSABLE)
    assert (await people("dazhuang", "press", message_id=card))["error"] == "200340"
    assert tenant.desk.deliveries == []


async def test_a_pressed_card_is_changed_later_twice_and_not_before_the_answer(
    tenant: Emulated, sdk: Sdk, people: People, ear: Ear
) -> None:
    async with webhook(ear, []) as url:
        await heard_by_webhook(tenant, url)
        card = await sent(sdk, kind="interactive", content=PRESSABLE)
        await people("dazhuang", "press", message_id=card, name="ack")
        (token,) = tenant.world.card_tokens
        uri = "/open-apis/interactive/v1/card/update"
        later = {**CARD, "header": {"title": {"tag": "plain_text", "content": "later"}}}
        codes = [(await sdk.raw("POST", uri, {"token": token, "card": later})).code for _ in range(3)]
        assert codes[:2] == [0, 0]
        assert codes[2] != 0
        assert "later" in tenant.world.messages[card].content
        assert (await sdk.raw("POST", uri, {"token": "c-unknown", "card": later})).code != 0


async def test_an_event_that_fails_is_sent_again_and_stalls_the_later_ones_of_its_chat(tenant: Emulated, people: People, ear: Ear) -> None:
    async with webhook(ear, [500]) as url:
        await heard_by_webhook(tenant, url)
        first = await people("dazhuang", "say", chat_id="oc_alerts", text="one")
        second = await people("dazhuang", "say", chat_id="oc_alerts", text="two")
        await tenant.settled()
        assert ear.heard == []
        tenant.world.clock.pass_by(timedelta(seconds=15))
        await tenant.settled()
        assert [each for _, each in ear.heard] == [first["message_id"], second["message_id"]]


@pytest.mark.parametrize(
    "kind, expected", [("duplicate", ["a", "a", "b"]), ("reorder", ["b", "a"]), ("drop", ["b"])], ids=["twice", "late", "never"]
)
async def test_events_come_twice_late_or_never_when_told_to(
    tenant: Emulated, people: People, ear: Ear, kind: Any, expected: list[str]
) -> None:
    async with webhook(ear, []) as url:
        await heard_by_webhook(tenant, url)
        tenant.world.faults.events.append(EventFault(kind=kind))
        names = {(await people("dazhuang", "say", chat_id="oc_alerts", text=text))["message_id"]: text for text in ("a", "b")}
        await tenant.settled()
        assert [names[each] for _, each in ear.heard] == expected


@pytest.mark.parametrize(
    "scopes, hears",
    [
        ({"im:message.group_msg"}, ["people", "named"]),
        ({"im:message.group_at_msg:readonly"}, ["named"]),
        ({"im:message.group_msg.include_bot:read"}, ["people", "named", "bot"]),
        (set(), []),
    ],
    ids=["all people", "only named", "bots too", "nothing"],
)
async def test_a_bot_hears_what_its_scopes_allow_and_never_itself(
    tenant: Emulated, people: People, ear: Ear, scopes: set[str], hears: list[str]
) -> None:
    async with webhook(ear, []) as url:
        await heard_by_webhook(tenant, url)
        tenant.world.apps[APP_ID].scopes = scopes
        other = change_app(tenant.world, AppChange(app_id="cli_alarm", secret="s"))
        tenant.world.chats["oc_alerts"].bots.add(other.app_id)
        people_said = await people("dazhuang", "say", chat_id="oc_alerts", text="people")
        named = await people("dazhuang", "say", chat_id="oc_alerts", text=f'<at user_id="ou_bot_{APP_ID}"></at> named')
        bot = post_as_bot(tenant, other.app_id)
        names = {people_said["message_id"]: "people", named["message_id"]: "named", bot: "bot"}
        await tenant.settled()
        assert [names[each] for _, each in ear.heard] == hears


def post_as_bot(tenant: Emulated, app_id: str) -> str:
    draft = Draft(app_id, "app", "text", json.dumps({"text": "5xx"}))
    return post(tenant.world, tenant.world.chats["oc_alerts"], draft).message_id


def test_frames_are_read_by_the_vendors_protobuf_and_theirs_by_us() -> None:
    ours = Frame(1, {"type": "event", "sum": "2"}, b"\x00payload" * 99, service=33, sequence=2**40, log=7)
    theirs: Any = Theirs()
    theirs.ParseFromString(ours.encode())
    assert (theirs.method, theirs.SeqID, theirs.service, theirs.payload) == (1, 2**40, 33, ours.payload)
    assert {each.key: each.value for each in theirs.headers} == ours.headers
    theirs.payload_type = "json"
    assert decode(theirs.SerializeToString()) == ours


async def test_the_vendors_long_connection_hears_events_in_parts_and_answers_cards(
    tenant: Emulated, sdk: Sdk, people: People, ear: Ear
) -> None:
    tenant.connections.tuning.part_bytes = 100
    async with long_connection(tenant, ear):
        said = await people("dazhuang", "say", chat_id="oc_alerts", text="看一下" * 100)
        card = await sent(sdk, kind="interactive", content=PRESSABLE)
        assert (await people("dazhuang", "press", message_id=card))["toast"]["content"] == "已认领"
        await tenant.settled()
        assert sorted(ear.names()) == ["im_message_receive_v1", "pressed"]
        assert ("im_message_receive_v1", said["message_id"]) in ear.heard
        assert [each.taken for each in tenant.desk.deliveries] == [1]


async def test_without_a_connection_an_event_waits_for_its_next_try(tenant: Emulated, people: People, ear: Ear) -> None:
    said = await people("dazhuang", "say", chat_id="oc_alerts", text="hello")
    await tenant.settled()
    async with long_connection(tenant, ear):
        tenant.world.clock.pass_by(timedelta(seconds=15))
        await tenant.settled()
        assert ear.heard == [("im_message_receive_v1", said["message_id"])]


@asynccontextmanager
async def long_connection(tenant: Emulated, ear: Ear) -> AsyncGenerator[None]:
    """The vendor's client in its own thread and loop, as it wants it."""
    loop = asyncio.new_event_loop()

    def run() -> None:
        asyncio.set_event_loop(loop)
        sdk_ws.loop = loop
        client = lark.ws.Client(APP_ID, APP_SECRET, event_handler=ear.dispatcher, domain=tenant.url, log_level=lark.LogLevel.CRITICAL)
        client._auto_reconnect = False
        try:
            client.start()
        except RuntimeError:
            for task in asyncio.all_tasks(loop):
                task.cancel()
            loop.run_until_complete(asyncio.sleep(0))
            loop.run_until_complete(client._disconnect())
            loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while not tenant.connections.open:  # noqa: ASYNC110 # another thread connects
        await asyncio.sleep(0.01)
    yield
    loop.call_soon_threadsafe(loop.stop)
    await asyncio.to_thread(thread.join)
