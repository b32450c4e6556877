"""Messages: sent, replied to, edited, recalled, read back, and seen by whom."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Literal, TypeVar

import msgspec

from kuaihui.integrations.feishu.client.caller import Ask, Caller, Nothing, Operation
from kuaihui.integrations.feishu.client.content import Content, words_of
from kuaihui.integrations.feishu.client.failures import FeishuRefused
from kuaihui.integrations.feishu.client.ids import id_type
from kuaihui.integrations.feishu.client.paces import Pace
from kuaihui.integrations.feishu.client.pages import Page, all_of
from kuaihui.integrations.feishu.client.times import from_milliseconds, to_seconds

# To one person or one group: five a second, and a group's five are shared with its other bots.
ONE_CHAT = Pace(5)
ONE_CARD = Pace(5)
LONGEST_UUID = 50
Means = Literal["app", "sms", "phone"]
Shape = TypeVar("Shape")
ALREADY_RECALLED = {230011, 230110}

CREATE = Operation("im.v1.message.create", "POST", "im/v1/messages", first=True)
REPLY = Operation("im.v1.message.reply", "POST", "im/v1/messages/{message_id}/reply")
UPDATE = Operation("im.v1.message.update", "PUT", "im/v1/messages/{message_id}")
PATCH = Operation("im.v1.message.patch", "PATCH", "im/v1/messages/{message_id}")
UPDATE_PRESSED = Operation("interactive.v1.card.update", "POST", "interactive/v1/card/update")
DELETE = Operation("im.v1.message.delete", "DELETE", "im/v1/messages/{message_id}")
GET = Operation("im.v1.message.get", "GET", "im/v1/messages/{message_id}")
LIST = Operation("im.v1.message.list", "GET", "im/v1/messages")
READ_USERS = Operation("im.v1.message.read_users", "GET", "im/v1/messages/{message_id}/read_users")
URGENT: Mapping[Means, Operation] = {
    means: Operation(f"im.v1.message.urgent_{means}", "PATCH", f"im/v1/messages/{{message_id}}/urgent_{means}", first=True)
    for means in ("app", "sms", "phone")
}


class Sender(msgspec.Struct, frozen=True):
    """Who sent a message: a person by open_id, a bot by app_id."""

    id: str = ""
    id_type: str = ""
    sender_type: str = ""

    @property
    def is_person(self) -> bool:
        """Whether a person sent it, not a bot."""
        return self.sender_type == "user"


class Mention(msgspec.Struct, frozen=True):
    """Somebody named in a message, and the key that stands for them in its content."""

    key: str
    id: str = ""
    name: str = ""


class Body(msgspec.Struct, frozen=True):
    """What a message says, as JSON in a string."""

    content: str = "{}"


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message as Feishu keeps it."""

    message_id: str
    chat_id: str = ""
    msg_type: str = ""
    root_id: str = ""
    parent_id: str = ""
    thread_id: str = ""
    create_time: int = 0  # milliseconds
    deleted: bool = False
    sender: Sender = Sender()
    body: Body = Body()
    mentions: list[Mention] | None = None

    @property
    def at(self) -> datetime:
        """When it was sent."""
        return from_milliseconds(self.create_time)

    @property
    def words(self) -> str:
        """What it says in plain words."""
        return words_of(self.msg_type, self.body.content, {each.key: each.name for each in self.mentions or []})


class Reader(msgspec.Struct, frozen=True):
    """Somebody who has read a message."""

    user_id: str
    timestamp: int  # milliseconds

    @property
    def at(self) -> datetime:
        """When they first read it."""
        return from_milliseconds(self.timestamp)


class _Found(msgspec.Struct):
    items: list[Message] = []


class _Buzzed(msgspec.Struct):
    invalid_user_id_list: list[str] | None = None


class Messages:
    """Everything the app does with messages. A `key` is the idempotency key: the same within an hour sends once."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def send(self, to: str, content: Content, *, key: str = "") -> Message:
        """Send to a chat or a person, by any of their ids."""
        body = {"receive_id": to, "msg_type": content.kind, "content": content.json, **uuid(key)}
        query = {"receive_id_type": id_type(to)}
        return await self._caller.ask(
            Ask(operation=CREATE, shape=Message, query=query, body=body, twice_is_once=bool(key), lanes=[(f"to:{to}", ONE_CHAT)])
        )

    async def reply(self, message_id: str, content: Content, *, in_thread: bool = False, key: str = "", chat_id: str = "") -> Message:
        """Reply to a message, opening a topic under it if so asked. `chat_id`, where known, keeps the chat's pace."""
        body = {"msg_type": content.kind, "content": content.json, "reply_in_thread": in_thread, **uuid(key)}
        lanes = [(f"to:{chat_id}", ONE_CHAT)] if chat_id else []
        return await self._caller.ask(
            Ask(operation=REPLY, shape=Message, path={"message_id": message_id}, body=body, twice_is_once=bool(key), lanes=lanes)
        )

    async def edit(self, message_id: str, content: Content) -> Message:
        """Change a text or a post of ours; at most 20 times."""
        body = {"msg_type": content.kind, "content": content.json}
        return await self._caller.ask(_one(UPDATE, Message, message_id, body))

    async def update_card(self, message_id: str, content: Content) -> None:
        """Put another card in the place of ours, for up to 14 days; both must say `update_multi`."""
        ask = _one(PATCH, Nothing, message_id, {"content": content.json}, [(f"card:{message_id}", ONE_CARD)])
        await self._caller.ask(ask)

    async def update_pressed_card(self, token: str, card: Mapping[str, object]) -> None:
        """Put another card in the place of one that was pressed: within 30 minutes, twice at most, after the press was answered."""
        await self._caller.ask(Ask(operation=UPDATE_PRESSED, shape=Nothing, body={"token": token, "card": card}))

    async def recall(self, message_id: str) -> None:
        """Take a message of ours back; one that is gone already is gone."""
        try:
            await self._caller.ask(_one(DELETE, Nothing, message_id))
        except FeishuRefused as refused:
            if refused.code not in ALREADY_RECALLED:
                raise

    async def get(self, message_id: str) -> Message:
        """One message, its card as it was sent. Raises FeishuRefused when it is gone."""
        query = {"card_msg_content_type": "user_card_content"}
        found = await self._caller.ask(Ask(operation=GET, shape=_Found, path={"message_id": message_id}, query=query))
        return found.items[0]

    def history(
        self, container: str, since: datetime | None = None, until: datetime | None = None, *, newest_first: bool = False
    ) -> AsyncIterator[Message]:
        """
        What was said in a chat (of each topic its first message only) or in one thread (`omt_…`), cards as they were sent.

        The span counts whole seconds, both ends included; a thread is always read whole, as Feishu does not take a span there.
        """
        in_thread = container.startswith("omt_")
        query: dict[str, str | int | None] = {
            "container_id_type": "thread" if in_thread else "chat",
            "container_id": container,
            "sort_type": "ByCreateTimeDesc" if newest_first else "ByCreateTimeAsc",
            "page_size": 50,
            "card_msg_content_type": "user_card_content",
            "start_time": to_seconds(since) if since and not in_thread else None,
            "end_time": to_seconds(until) if until and not in_thread else None,
        }
        return all_of(self._caller, LIST, Page[Message], query=query)

    async def readers(self, message_id: str) -> list[Reader]:
        """Who has read a message of ours, in the last seven days of which Feishu tells; who has not is everybody else."""
        query = {"user_id_type": "open_id", "page_size": 100}
        pages = all_of(self._caller, READ_USERS, Page[Reader], path={"message_id": message_id}, query=query)
        return [reader async for reader in pages]

    async def buzz(self, message_id: str, people: Sequence[str], means: Means) -> list[str]:
        """
        Ring people about a message of ours, in the app, by SMS or by phone (加急), and say whom it could not reach.

        Feishu keeps no idempotency key for this: a call without an answer may have rung (`FeishuBusy.maybe_done`).
        """
        query = {"user_id_type": "open_id"}
        ask = Ask(operation=URGENT[means], shape=_Buzzed, path={"message_id": message_id}, query=query, body={"user_id_list": list(people)})
        return (await self._caller.ask(ask)).invalid_user_id_list or []


def uuid(key: str) -> dict[str, str]:
    """The idempotency field: Feishu takes 50 characters, a longer key goes as its hash."""
    if len(key) > LONGEST_UUID:
        key = hashlib.sha256(key.encode()).hexdigest()[:LONGEST_UUID]
    return {"uuid": key} if key else {}


def _one(
    operation: Operation, shape: type[Shape], message_id: str, body: object = None, lanes: Sequence[tuple[str, Pace]] = ()
) -> Ask[Shape]:
    """A call about one message that changes nothing when it is made twice."""
    return Ask(operation=operation, shape=shape, path={"message_id": message_id}, body=body, twice_is_once=True, lanes=lanes)
