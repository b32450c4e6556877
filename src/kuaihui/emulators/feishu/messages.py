"""Sending, replying, editing, recalling and reading messages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from kuaihui.emulators.feishu import cards, posting
from kuaihui.emulators.feishu.call import Answer, Call, Operation
from kuaihui.emulators.feishu.errors import (
    BAD_CARD,
    BAD_CARD_TOKEN,
    BAD_MESSAGE,
    BOT_MUTED,
    CARD_TOKEN_USED_UP,
    CARD_TOO_OLD,
    CHAT_DISSOLVED,
    CHAT_MUTED,
    EDIT_NOT_SENDER,
    EDITED_TOO_LATE,
    EDITED_TOO_OFTEN,
    NO_AVAILABILITY,
    NOT_IN_CHAT,
    NOT_SENDER,
    RECALLED,
    TOO_FREQUENT,
    Rejected,
)
from kuaihui.emulators.feishu.limits import ONE_MESSAGE, TO_ONE_CHAT
from kuaihui.emulators.feishu.records import App, Chat, Json, Message, Person
from kuaihui.emulators.feishu.world import World

SAME_UUID = timedelta(hours=1)
CARD_MAY_CHANGE = timedelta(days=14)
CARD_TOKEN_LIVES = timedelta(minutes=30)
CARD_TOKEN_USES = 2
MOST_EDITS = 20
SEND_SCOPES = frozenset({"im:message", "im:message:send_as_bot"})
EDIT_SCOPES = frozenset({"im:message", "im:message:update"})


class Sending(msgspec.Struct):
    """The body of `message.create` and `message.reply`."""

    msg_type: str
    content: str
    receive_id: str = ""
    uuid: str = ""
    reply_in_thread: bool = False


class Content(msgspec.Struct):
    """The body of `message.update` and `message.patch`."""

    content: str
    msg_type: str = ""


class CardUpdate(msgspec.Struct):
    """The body of the delayed card update."""

    token: str
    card: dict[str, object]


def send(call: Call) -> Answer:
    """Send a message to a chat or to a person."""
    said = call.body(Sending, BAD_MESSAGE)
    chat = _addressed(call, said.receive_id, call.query.get("receive_id_type", ""))
    return _once(call, said, chat, None)


def reply(call: Call) -> Answer:
    """Reply to a message; in a thread when asked, or when the message already stands in one."""
    said = call.body(Sending, BAD_MESSAGE)
    parent = message_of(call)
    if parent.deleted:
        raise Rejected(RECALLED)
    return _once(call, said, call.world.chats[parent.chat_id], parent)


def _once(call: Call, said: Sending, chat: Chat, parent: Message | None) -> Answer:
    world = call.world
    _check_uuid(said.uuid)
    key = f"message:{call.actor}:{said.uuid}"
    if said.uuid and (earlier := world.once.get(key)) and world.now() - earlier[1] < SAME_UUID:
        return posting.in_history(world.messages[earlier[0]], card_as_sent=True)
    _may_speak(call, chat)
    world.limiter.take(f"to:{chat.chat_id}", *TO_ONE_CHAT, TOO_FREQUENT, world.now())
    draft = posting.Draft(call.actor, call.actor_kind, said.msg_type, said.content, parent, said.reply_in_thread)
    message = posting.post(world, chat, draft)
    if said.uuid:
        world.once[key] = (message.message_id, world.now())
    return posting.in_history(message, card_as_sent=True)


def _check_uuid(uuid: str) -> None:
    if len(uuid) > 50:
        raise BAD_MESSAGE.because("uuid has more than 50 characters")


def _addressed(call: Call, id: str, id_type: str) -> Chat:
    if id_type == "chat_id":
        return chat_of(call.world, id)
    if id_type not in {"open_id", "union_id", "user_id", "email"}:
        raise BAD_MESSAGE.because(f"receive_id_type {id_type!r} is not known")
    return private_chat(call.world, call.app, call.world.person(id, id_type))


def private_chat(world: World, app: App, person: Person) -> Chat:
    """The private chat of a person with a bot; made when there is none yet."""
    if not person.available or person.resigned:
        raise NO_AVAILABILITY.because(f"invalid receive id {person.open_id}")
    if person.stopped_bots:
        raise Rejected(BOT_MUTED)
    for chat in world.chats.values():
        if chat.person == person.open_id and chat.app == app.app_id:
            return chat
    now = world.now()
    made = Chat(world.new_id("oc_"), person=person.open_id, app=app.app_id, members={person.open_id: now}, bots={app.app_id})
    world.chats[made.chat_id] = made
    return made


def chat_of(world: World, chat_id: str) -> Chat:
    """A chat by its id. Raises Rejected as the message calls do."""
    chat = world.chats.get(chat_id)
    if chat is None:
        raise BAD_MESSAGE.because(f"invalid receive_id {chat_id}")
    if chat.dissolved:
        raise Rejected(CHAT_DISSOLVED)
    return chat


def _may_speak(call: Call, chat: Chat) -> None:
    inside = call.person.open_id in chat.members if call.person else call.app.app_id in chat.bots
    if not inside:
        raise Rejected(NOT_IN_CHAT)
    if not chat.everybody_may_speak and not call.person:
        raise Rejected(CHAT_MUTED)


def message_of(call: Call) -> Message:
    """The message the path names, for somebody who stands in its chat."""
    message = call.world.messages.get(call.path["message_id"])
    if message is None:
        raise BAD_MESSAGE.because("invalid message_id")
    inside(call, call.world.chats[message.chat_id])
    return message


def inside(call: Call, chat: Chat) -> None:
    """Raises Rejected when the caller does not stand in the chat."""
    present = call.person.open_id in chat.members if call.person else call.app.app_id in chat.bots
    if not present:
        raise Rejected(NOT_IN_CHAT)


def own_message(call: Call) -> Message:
    """The message the path names, which must be the caller's own and not recalled."""
    message = message_of(call)
    if message.sender != call.actor:
        raise Rejected(NOT_SENDER)
    if message.deleted:
        raise Rejected(RECALLED)
    return message


def edit(call: Call) -> Answer:
    """Edit a text or a post of one's own: at most 20 times, within the tenant's window."""
    message, said = message_of(call), call.body(Content, BAD_MESSAGE)
    if message.sender != call.actor:
        raise Rejected(EDIT_NOT_SENDER)
    if message.kind not in {"text", "post"} or said.msg_type != message.kind:
        raise BAD_MESSAGE.because("only text and post can be edited")
    if message.edited >= MOST_EDITS:
        raise Rejected(EDITED_TOO_OFTEN)
    if call.world.now() - message.created > timedelta(hours=call.world.edit_hours):
        raise Rejected(EDITED_TOO_LATE)
    draft = posting.content.check(call.world, call.world.chats[message.chat_id], message.kind, said.content)
    message.content, message.mentions = draft
    message.edited += 1
    message.updated = call.world.now()
    return posting.in_history(message)


def patch_card(call: Call) -> Answer:
    """Change a card of one's own, for up to 14 days, if it says that it is the same for everybody."""
    message, said = own_message(call), call.body(Content, BAD_MESSAGE)
    if message.kind != "interactive":
        raise BAD_MESSAGE.because("not a card")
    if call.world.now() - message.created > CARD_MAY_CHANGE:
        raise Rejected(CARD_TOO_OLD)
    replace_card(call.world, message, said.content)
    return {}


def replace_card(world: World, message: Message, card: str) -> None:
    """Put `card` in the place of the message's card. Raises Rejected where Feishu would refuse."""
    before, after = cards.parse(message.content), cards.parse(card)
    if not (cards.may_be_updated(before) and cards.may_be_updated(after)):
        raise BAD_MESSAGE.because("update_multi must be true before and after")
    if cards.is_2_0(before) != cards.is_2_0(after):
        raise BAD_CARD.because("ErrCode: 200830; ErrMsg: cards of different schema")
    message.content = card
    message.updated = world.now()


def update_pressed_card(call: Call) -> Answer:
    """Change a card after it was pressed: within 30 minutes, twice at most, and only after the press was answered."""
    said = call.body(CardUpdate)
    token = call.world.card_tokens.get(said.token)
    if token is None or call.world.now() - token.pressed > CARD_TOKEN_LIVES:
        raise Rejected(BAD_CARD_TOKEN)
    if token.uses >= CARD_TOKEN_USES:
        raise Rejected(CARD_TOKEN_USED_UP)
    token.uses += 1
    card = posting.content.encode(said.card)
    cards.parse(card)
    if token.answered:  # an update before the answer is accepted and lost
        replace_card(call.world, call.world.messages[token.message_id], card)
    return {}


def recall(call: Call) -> Answer:
    """Recall a message of one's own."""
    message = own_message(call)
    withdraw(call.world, message, call.actor)
    return {}


def withdraw(world: World, message: Message, by: str) -> None:
    """The message is gone for everybody; the chat's bots hear of it."""
    message.deleted = True
    world.pins.pop(message.message_id, None)
    body: Json = {
        "message_id": message.message_id,
        "chat_id": message.chat_id,
        "recall_time": str(world.clock.milliseconds()),
        "recall_type": "message_owner" if by == message.sender else "group_owner",
    }
    world.publish(list(world.chats[message.chat_id].bots), "im.message.recalled_v1", body, message.chat_id)


def get(call: Call) -> Answer:
    """One message."""
    message = message_of(call)
    return {"items": [posting.in_history(message, card_as_sent=_as_sent(call))]}


def history(call: Call) -> Answer:
    """A chat's messages (of each topic only its first), or a thread's."""
    chat, thread = _container(call)
    inside(call, chat)
    found = [call.world.messages[each] for each in chat.messages]
    found = [message for message in found if (message.thread_id == thread if thread else not (message.thread_id and message.root_id))]
    if not thread:
        found = [message for message in found if _in_span(message, call.query)]
    if call.query.get("sort_type", "ByCreateTimeAsc") == "ByCreateTimeDesc":
        found.reverse()
    return call.page([posting.in_history(message, card_as_sent=_as_sent(call)) for message in found], 20, 50)


def _container(call: Call) -> tuple[Chat, str]:
    named = call.query.get("container_id", "")
    match call.query.get("container_id_type"):
        case "chat":
            return chat_of(call.world, named), ""
        case "thread":
            root = next((message for message in call.world.messages.values() if message.thread_id == named), None)
            if root is None:
                raise BAD_MESSAGE.because(f"invalid container_id {named}")
            return call.world.chats[root.chat_id], named
        case other:
            raise BAD_MESSAGE.because(f"container_id_type {other!r}")


def _in_span(message: Message, query: object) -> bool:
    bounds = msgspec.convert(query, dict[str, str])
    start, end = bounds.get("start_time"), bounds.get("end_time")
    second = message.created.replace(microsecond=0)
    return (not start or second >= _second(start)) and (not end or second <= _second(end))


def _second(said: str) -> datetime:
    return datetime.fromtimestamp(int(said), UTC)


def _as_sent(call: Call) -> bool:
    return call.query.get("card_msg_content_type") == "user_card_content"


OPERATIONS = [
    Operation("im.v1.message.create", "POST", "im/v1/messages", send, "TU", scopes=SEND_SCOPES),
    Operation("im.v1.message.reply", "POST", "im/v1/messages/{message_id}/reply", reply, "TU", scopes=SEND_SCOPES),
    Operation("im.v1.message.update", "PUT", "im/v1/messages/{message_id}", edit, "T", scopes=EDIT_SCOPES),
    Operation("im.v1.message.patch", "PATCH", "im/v1/messages/{message_id}", patch_card, "TU", ONE_MESSAGE, SEND_SCOPES),
    Operation("im.v1.message.delete", "DELETE", "im/v1/messages/{message_id}", recall, "TU"),
    Operation("im.v1.message.get", "GET", "im/v1/messages/{message_id}", get, "TU"),
    Operation("im.v1.message.list", "GET", "im/v1/messages", history, "TU", scopes=frozenset({"im:message.group_msg"})),
    Operation("interactive.v1.card.update", "POST", "interactive/v1/card/update", update_pressed_card, "T", scopes=SEND_SCOPES),
]
