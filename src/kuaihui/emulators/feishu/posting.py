"""
A message enters a chat, whoever sends it: where it stands (thread, root, parent), and whom it is announced to.

Rule: people and bots post through this one function, so a thread looks the same whoever opened it.
"""

from __future__ import annotations

from dataclasses import dataclass

from kuaihui.emulators.feishu import content
from kuaihui.emulators.feishu.clock import milliseconds
from kuaihui.emulators.feishu.records import App, Chat, Json, Mention, Message, SenderKind
from kuaihui.emulators.feishu.world import TENANT, World

ALL_MESSAGES = "im:message.group_msg"
ALL_MESSAGES_BOTS_TOO = "im:message.group_msg.include_bot:read"
NAMED = "im:message.group_at_msg:readonly"
NAMED_BY_BOTS_TOO = "im:message.group_at_msg.include_bot:readonly"
PRIVATE = "im:message.p2p_msg:readonly"


@dataclass(frozen=True)
class Draft:
    """A message about to be sent."""

    sender: str
    sender_kind: SenderKind
    kind: str
    content: str
    parent: Message | None = None
    in_thread: bool = False


def post(world: World, chat: Chat, draft: Draft) -> Message:
    """Put a message into its chat and tell the bots that may hear it."""
    kept, mentions = content.check(world, chat, draft.kind, draft.content)
    now = world.now()
    message = Message(
        message_id=world.new_id("om_"),
        chat_id=chat.chat_id,
        kind=draft.kind,
        content=kept,
        sender=draft.sender,
        sender_kind=draft.sender_kind,
        created=now,
        updated=now,
        mentions=mentions,
    )
    _place(world, chat, message, draft)
    world.messages[message.message_id] = message
    chat.messages.append(message.message_id)
    announce(world, chat, message)
    return message


def _place(world: World, chat: Chat, message: Message, draft: Draft) -> None:
    parent = draft.parent
    if parent is None:
        if chat.message_mode == "thread":
            message.thread_id = world.new_id("omt_")
        return
    message.root_id = parent.root_id or parent.message_id
    message.parent_id = parent.message_id
    if draft.in_thread or parent.thread_id:
        root = world.messages[message.root_id]
        root.thread_id = root.thread_id or world.new_id("omt_")
        message.thread_id = root.thread_id


def announce(world: World, chat: Chat, message: Message) -> None:
    """`im.message.receive_v1` to every bot of the chat whose scopes let it hear this message; never to the one that sent it."""
    hearing = [each for each in chat.bots if each != message.sender and each in world.apps and _hears(world.apps[each], chat, message)]
    if hearing:
        world.publish(hearing, "im.message.receive_v1", received(world, chat, message), chat.chat_id)


def _hears(app: App, chat: Chat, message: Message) -> bool:
    granted = app.scopes if app.scopes is not None else {ALL_MESSAGES, NAMED, PRIVATE}
    if not app.enabled:
        return False
    if chat.is_private:
        return PRIVATE in granted
    named = any(mention.id == app.bot_open_id for mention in message.mentions)
    if message.sender_kind == "app":
        return ALL_MESSAGES_BOTS_TOO in granted or (named and NAMED_BY_BOTS_TOO in granted)
    return bool(granted & {ALL_MESSAGES, ALL_MESSAGES_BOTS_TOO}) or (named and bool(granted & {NAMED, NAMED_BY_BOTS_TOO}))


def received(world: World, chat: Chat, message: Message) -> Json:
    """The body of `im.message.receive_v1`."""
    return {
        "sender": {"sender_id": ids_of(world, message.sender), "sender_type": sender_type(message), "tenant_key": TENANT},
        "message": _present(
            message_id=message.message_id,
            root_id=message.root_id,
            parent_id=message.parent_id,
            thread_id=message.thread_id,
            create_time=str(milliseconds(message.created)),
            update_time=str(milliseconds(message.updated)),
            chat_id=chat.chat_id,
            chat_type="p2p" if chat.is_private else "group",
            message_type=message.kind,
            content=content.for_history(message, as_sent=False),
            mentions=[_mention_in_event(world, mention) for mention in message.mentions],
        ),
    }


def in_history(message: Message, *, card_as_sent: bool = False) -> Json:
    """A message as `message.get` and `message.list` answer it, and as sending one is answered."""
    return _present(
        message_id=message.message_id,
        root_id=message.root_id,
        parent_id=message.parent_id,
        thread_id=message.thread_id,
        msg_type=message.kind,
        create_time=str(milliseconds(message.created)),
        update_time=str(milliseconds(message.updated)),
        deleted=message.deleted,
        updated=message.edited > 0,
        chat_id=message.chat_id,
        sender={
            "id": message.sender,
            "id_type": "open_id" if message.sender_kind == "user" else "app_id",
            "sender_type": message.sender_kind,
            "tenant_key": TENANT,
        },
        body={"content": content.for_history(message, card_as_sent)},
        mentions=[_mention_in_history(mention) for mention in message.mentions],
    )


def ids_of(world: World, id: str) -> Json:
    """All ids of a person; a bot has only its open_id."""
    if id in world.people:
        return world.people[id].ids()
    return {"open_id": world.apps[id].bot_open_id if id in world.apps else id}


def sender_type(message: Message) -> str:
    """How an event calls the sender: "user" or "bot"."""
    return "user" if message.sender_kind == "user" else "bot"


def _mention_in_event(world: World, mention: Mention) -> Json:
    return {"key": mention.key, "id": ids_of(world, mention.id), "name": mention.name, "tenant_key": TENANT}


def _mention_in_history(mention: Mention) -> Json:
    return {"key": mention.key, "id": mention.id, "id_type": "open_id", "name": mention.name, "tenant_key": TENANT}


def _present(**fields: object) -> Json:
    """The fields that hold something: Feishu leaves empty ones out."""
    return {name: value for name, value in fields.items() if value not in ("", None, [])}
