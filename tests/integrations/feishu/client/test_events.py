"""What Feishu tells us: proved, opened, read; by webhook and by the long connection."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kuaihui.emulators.feishu import webhooks
from kuaihui.emulators.feishu.control import AppChange, change_app
from kuaihui.emulators.feishu.faults import EventFault
from kuaihui.emulators.feishu.office import APP_ID, APP_SECRET
from kuaihui.emulators.feishu.server import Emulated
from kuaihui.emulators.listening import listening
from kuaihui.errors import Refused
from kuaihui.integrations.feishu.client import content, events
from kuaihui.integrations.feishu.client.access import Access
from kuaihui.integrations.feishu.client.answers import CardAnswer, NewCard, toast
from kuaihui.integrations.feishu.client.feishu import Feishu
from kuaihui.integrations.feishu.client.long_connection import LongConnection
from kuaihui.integrations.feishu.client.seal import Challenge, opened
from tests.emulators.feishu.tenant import People
from tests.emulators.feishu.test_events_by_sdk import PRESSABLE
from tests.emulators.feishu.test_messages_by_sdk import CARD

NOW = datetime(2023, 3, 11, 3, 0, tzinfo=UTC)
SEALED = Access(app_id="cli_a", secret="s", encrypt_key="ekey", verification_token="vtoken")
PLAIN = Access(app_id="cli_a", secret="s", verification_token="vtoken")
EVENT = b'{"schema":"2.0","header":{"event_id":"e1","event_type":"im.message.receive_v1","token":"vtoken"},"event":{}}'
DONE_CARD = {**CARD, "header": {"title": {"tag": "plain_text", "content": "ok"}}}
ANSWER = CardAnswer(toast=toast("已认领", "taken").toast, card=NewCard(DONE_CARD))


def signed(body: bytes, at: datetime = NOW, key: str = "ekey") -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    seal = hashlib.sha256((stamp + "n" + key).encode() + body).hexdigest()
    return {"X-Lark-Request-Timestamp": stamp, "X-Lark-Request-Nonce": "n", "X-Lark-Signature": seal}


def test_what_is_sealed_signed_and_fresh_is_opened_whatever_the_headers_case() -> None:
    body = webhooks.sealed(EVENT, "ekey")
    assert opened(SEALED, signed(body), body, NOW) == EVENT
    assert opened(SEALED, {name.lower(): value for name, value in signed(body).items()}, body, NOW) == EVENT
    assert opened(PLAIN, {}, EVENT, NOW) == EVENT


@pytest.mark.parametrize("key", ["", "ekey"])
def test_the_challenge_is_answered_unsigned(key: str) -> None:
    asked = b'{"challenge":"word","token":"vtoken","type":"url_verification"}'
    access = SEALED if key else PLAIN
    found = opened(access, {}, webhooks.sealed(asked, key), NOW)
    assert isinstance(found, Challenge)
    assert msgspec.json.decode(found.answer()) == {"challenge": "word"}


BODY = webhooks.sealed(EVENT, "ekey")
STRANGE = webhooks.sealed(EVENT.replace(b"vtoken", b"other"), "ekey")


@pytest.mark.parametrize(
    "headers, body, access",
    [
        (signed(BODY, NOW - timedelta(minutes=6)), BODY, SEALED),
        (signed(BODY, NOW + timedelta(minutes=6)), BODY, SEALED),
        (signed(BODY, key="wrong"), BODY, SEALED),
        (signed(BODY) | {"X-Lark-Signature": ""}, BODY, SEALED),
        ({}, BODY, SEALED),
        (signed(EVENT), EVENT, SEALED),
        (signed(STRANGE), STRANGE, SEALED),
        (signed(BODY), webhooks.sealed(EVENT, "other key"), SEALED),
        ({}, BODY, PLAIN),
        ({}, EVENT.replace(b"vtoken", b"other"), PLAIN),
        ({}, b"not json", PLAIN),
        ({}, b'{"encrypt":"!!!"}', SEALED),
    ],
    ids=[str(number) for number in range(12)],
)
def test_what_is_not_provably_feishus_is_refused(headers: dict[str, str], body: bytes, access: Access) -> None:
    with pytest.raises(Refused) as told:
        opened(access, headers, body, NOW)
    assert told.value.told("zh") != told.value.told("en")


@given(st.binary(max_size=300))
def test_no_body_whatever_does_more_than_be_refused(body: bytes) -> None:
    for access in (SEALED, PLAIN):
        with pytest.raises(Refused):
            opened(access, signed(body), body, NOW)


@given(st.text(max_size=500))
def test_what_is_sealed_is_opened_as_it_was(words: str) -> None:
    plain = msgspec.json.encode({"header": {"token": "vtoken"}, "words": words})
    body = webhooks.sealed(plain, "ekey")
    assert opened(SEALED, signed(body), body, NOW) == plain


def test_an_event_of_a_kind_nobody_uses_is_no_error() -> None:
    plain = EVENT.replace(b"im.message.receive_v1", b"im.some.thing_v9")
    assert isinstance(events.parse(plain).body, events.Unused)


def test_an_event_without_what_its_type_must_have_is_refused() -> None:
    with pytest.raises(Refused):
        events.parse(EVENT)


class Ear:
    """Hears events as the product would: opened, parsed, cards answered."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.heard: list[events.Event] = []

    async def hear(self, plain: bytes) -> bytes | None:
        event = events.parse(plain)
        self.heard.append(event)
        return ANSWER.encode() if isinstance(event.body, events.CardPressed) else None

    async def take(self, request: Request) -> Response:
        found = opened(self.access, request.headers, await request.body(), datetime.now(UTC))
        if isinstance(found, Challenge):
            return Response(found.answer())
        return Response(await self.hear(found) or b"{}")

    def bodies(self) -> list[events.Body]:
        return [event.body for event in self.heard]


@asynccontextmanager
async def by_webhook(tenant: Emulated) -> AsyncGenerator[Ear]:
    access = Access(app_id=APP_ID, secret=APP_SECRET, base_url=tenant.url, encrypt_key="ekey", verification_token="vtoken")
    ear = Ear(access)
    app = Starlette(routes=[Route("/event", ear.take, methods=["POST"])])
    async with listening(uvicorn.Config(app, host="127.0.0.1", port=0, lifespan="off", log_level="critical")) as port:
        url = f"http://127.0.0.1:{port}/event"
        change = AppChange(app_id=APP_ID, encrypt_key="ekey", verification_token="vtoken", events_url=url)
        assert await tenant.webhook.challenge(change_app(tenant.world, change))
        yield ear


@asynccontextmanager
async def by_long_connection(tenant: Emulated) -> AsyncGenerator[Ear]:
    access = Access(app_id=APP_ID, secret=APP_SECRET, base_url=tenant.url)
    ear = Ear(access)
    connection = LongConnection(access, ear.hear)
    connection.open()
    while not connection.is_up:  # noqa: ASYNC110 # another thread is at work
        await asyncio.sleep(0.01)
    try:
        yield ear
    finally:
        await connection.close()
        assert not connection.is_up


@pytest.mark.parametrize("way", [by_webhook, by_long_connection])
async def test_what_people_do_is_heard_in_our_types(tenant: Emulated, ours: Feishu, people: People, way: object) -> None:
    async with way(tenant) as ear:  # type: ignore[operator]
        said = await people("dazhuang", "say", chat_id="oc_alerts", text='<at user_id="ou_axin"></at> look')
        await people("amao", "react", message_id=said["message_id"], emoji="OnIt")
        await people("amao", "invite", chat_id="oc_alerts", people=["ou_ayi"])
        await people("dazhuang", "recall", message_id=said["message_id"])
        private = await ours.messages.send("ou_axin", content.saying("page"))
        await people("axin", "read", message_id=private.message_id)
        await people("axin", "choose", app_id=APP_ID, event_key="oncall")
        card = await ours.messages.send("oc_alerts", content.card(PRESSABLE))
        seen = await people("dazhuang", "press", message_id=card.message_id, name="ack", form={"owner": "ou_ayi"})
        await tenant.settled()

    assert seen["toast"]["content"] == "已认领"
    found = {type(body): body for body in ear.bodies()}
    message = found[events.MessageReceived]
    assert isinstance(message, events.MessageReceived)
    assert (message.message.words, message.sender.sender_id.open_id) == ("@阿新 look", "ou_dazhuang")
    assert isinstance(reacted := found[events.Reacted], events.Reacted)
    assert (reacted.reaction_type.emoji_type, reacted.user_id.open_id) == ("OnIt", "ou_amao")
    assert isinstance(joined := found[events.PeopleJoined], events.PeopleJoined)
    assert [one.user_id.open_id for one in joined.users] == ["ou_ayi"]
    assert isinstance(read := found[events.MessagesRead], events.MessagesRead)
    assert (read.reader.reader_id.open_id, read.message_id_list) == ("ou_axin", [private.message_id])
    assert isinstance(pressed := found[events.CardPressed], events.CardPressed)
    assert (pressed.operator.open_id, pressed.action.value, pressed.action.form_value) == (
        "ou_dazhuang",
        {"op": "ack"},
        {"owner": "ou_ayi"},
    )
    assert {events.Recalled, events.MenuChosen} <= set(found)
    assert datetime.now(UTC) - ear.heard[0].at < timedelta(minutes=1)


async def test_a_message_that_comes_twice_is_known_by_its_own_id(tenant: Emulated, people: People) -> None:
    async with by_webhook(tenant) as ear:
        tenant.world.faults.events.append(EventFault(kind="duplicate"))
        said = await people("dazhuang", "say", chat_id="oc_alerts", text="once")
        await tenant.settled()
    assert [event.once for event in ear.heard] == [said["message_id"]] * 2


async def test_a_long_connection_that_was_cut_comes_back(tenant: Emulated, people: People) -> None:
    async with by_long_connection(tenant) as ear:
        (cut,) = tenant.connections.open
        await tenant.connections.close()
        while cut in tenant.connections.open or not tenant.connections.open:  # noqa: ASYNC110 # another thread is at work
            await asyncio.sleep(0.02)
        await people("dazhuang", "say", chat_id="oc_alerts", text="still there?")
        await tenant.settled()
        assert len(ear.heard) == 1


async def test_a_wrong_secret_ends_the_long_connection_and_is_kept(tenant: Emulated) -> None:
    async def hear(_: bytes) -> None: ...

    connection = LongConnection(Access(app_id=APP_ID, secret="wrong", base_url=tenant.url), hear)
    connection.open()
    while connection.fault is None:  # noqa: ASYNC110 # another thread is at work
        await asyncio.sleep(0.01)
    assert not connection.is_up
    await connection.close()


def test_where_nothing_is_set_to_prove_it_by_nothing_is_taken() -> None:
    forged = b'{"schema":"2.0","header":{"event_id":"e1","event_type":"im.message.receive_v1","token":""},"event":{}}'
    with pytest.raises(Refused, match="nothing proves"):
        opened(Access(app_id="cli_a", secret="s"), {}, forged, NOW)


@pytest.mark.parametrize("access", [SEALED, PLAIN], ids=["sealed", "plain"])
def test_what_is_nested_without_end_is_refused_and_breaks_nothing(access: Access) -> None:
    with pytest.raises(Refused):
        opened(access, {}, b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", NOW)
