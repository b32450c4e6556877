"""
What people do in chats: say, read, react, recall, come and go, press a card, choose from the bot's menu.

Rule: a person does here only what the person could do in Feishu's own app; what is not possible there is refused in words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from kuaihui.emulators.feishu import chats, content, messages, posting, reactions
from kuaihui.emulators.feishu.clock import milliseconds
from kuaihui.emulators.feishu.records import Chat, Json, Message, Person
from kuaihui.emulators.feishu.world import TENANT, World


class NotPossible(Exception):
    """The person cannot do that; the message says why."""


class Say(msgspec.Struct, kw_only=True):
    """Say something in a chat, or under a message. `<at user_id="ou_x"></at>` names somebody."""

    text: str = ""
    chat_id: str = ""
    reply_to: str = ""  # message_id
    in_thread: bool = False
    kind: str = "text"
    content: str = ""  # for kinds other than text

    def do(self, world: World, person: Person) -> Json:
        """Sent as this person."""
        parent = _seen(world, person, self.reply_to) if self.reply_to else None
        chat = _chat(world, person, parent.chat_id if parent else self.chat_id)
        said = self.content or content.encode({"text": self.text})
        message = posting.post(world, chat, posting.Draft(person.open_id, "user", self.kind, said, parent, self.in_thread))
        message.readers[person.open_id] = world.now()
        return posting.in_history(message)


class SayToBot(msgspec.Struct, kw_only=True):
    """Say something to a bot in private."""

    app_id: str
    text: str

    def do(self, world: World, person: Person) -> Json:
        """Sent as this person, in the private chat."""
        chat = messages.private_chat(world, world.apps[self.app_id], person)
        return Say(chat_id=chat.chat_id, text=self.text).do(world, person)


class Read(msgspec.Struct, kw_only=True):
    """Read a message, or all of a chat. The bot hears of it in its private chat only, as in Feishu."""

    message_id: str = ""
    chat_id: str = ""

    def do(self, world: World, person: Person) -> Json:
        """Which messages were new to the reader."""
        if self.message_id:
            found = [_seen(world, person, self.message_id)]
        else:
            found = [world.messages[each] for each in _chat(world, person, self.chat_id).messages]
        return {"read": read(world, person, found)}


def read(world: World, person: Person, found: list[Message]) -> list[str]:
    """These messages are read by this person, from now on."""
    new = [message for message in found if person.open_id not in message.readers and message.sender != person.open_id]
    for message in new:
        message.readers[person.open_id] = world.now()
    private = [message for message in new if world.chats[message.chat_id].is_private and message.sender_kind == "app"]
    if private:
        reader: Json = {"reader_id": person.ids(), "read_time": str(milliseconds(world.now())), "tenant_key": TENANT}
        chat = world.chats[private[0].chat_id]
        body: Json = {"reader": reader, "message_id_list": [message.message_id for message in private]}
        world.publish([chat.app], "im.message.message_read_v1", body, chat.chat_id)
    return [message.message_id for message in new]


class React(msgspec.Struct, kw_only=True):
    """Put an emoji on a message."""

    message_id: str
    emoji: str

    def do(self, world: World, person: Person) -> Json:
        """The reaction's id."""
        if self.emoji not in reactions.EMOJI:
            raise NotPossible(f"there is no emoji {self.emoji}")
        made = reactions.add(world, _seen(world, person, self.message_id), person.open_id, "user", self.emoji)
        return {"reaction_id": made.reaction_id}


class TakeBack(msgspec.Struct, kw_only=True):
    """Take an emoji off again."""

    message_id: str
    emoji: str

    def do(self, world: World, person: Person) -> Json:
        """Nothing more to say."""
        message = _seen(world, person, self.message_id)
        for reaction in list(message.reactions):
            if (reaction.operator, reaction.emoji) == (person.open_id, self.emoji):
                reactions.remove(world, message, reaction)
        return {}


class Recall(msgspec.Struct, kw_only=True):
    """Recall a message of one's own (or any, as the chat's owner)."""

    message_id: str

    def do(self, world: World, person: Person) -> Json:
        """Nothing more to say."""
        message = _seen(world, person, self.message_id)
        if person.open_id not in {message.sender, world.chats[message.chat_id].owner}:
            raise NotPossible("only the sender and the chat's owner recall a message")
        messages.withdraw(world, message, person.open_id)
        return {}


class Invite(msgspec.Struct, kw_only=True):
    """Add people to a chat."""

    chat_id: str
    people: list[str]

    def do(self, world: World, person: Person) -> Json:
        """Nothing more to say."""
        chats.enter(world, _chat(world, person, self.chat_id), [world.person(one).open_id for one in self.people], person.open_id)
        return {}


class Leave(msgspec.Struct, kw_only=True):
    """Leave a chat."""

    chat_id: str

    def do(self, world: World, person: Person) -> Json:
        """Nothing more to say."""
        chats.leave(world, _chat(world, person, self.chat_id), [person.open_id], person.open_id)
        return {}


class OpenBot(msgspec.Struct, kw_only=True):
    """Open the private chat with a bot."""

    app_id: str

    def do(self, world: World, person: Person) -> Json:
        """The chat's id."""
        chat = messages.private_chat(world, world.apps[self.app_id], person)
        body: Json = {"chat_id": chat.chat_id, "operator_id": person.ids(), "last_message_id": "", "last_message_create_time": ""}
        world.publish([self.app_id], "im.chat.access_event.bot_p2p_chat_entered_v1", body, chat.chat_id)
        return {"chat_id": chat.chat_id}


class Choose(msgspec.Struct, kw_only=True):
    """Choose an entry of a bot's menu in its private chat."""

    app_id: str
    event_key: str

    def do(self, world: World, person: Person) -> Json:
        """Nothing more to say."""
        operator: Json = {"operator_name": person.name, "operator_id": person.ids()}
        body: Json = {"operator": operator, "event_key": self.event_key, "timestamp": world.clock.milliseconds() // 1000}
        world.publish([self.app_id], "application.bot.menu_v6", body, f"menu:{person.open_id}")
        return {}


class Mute(msgspec.Struct, kw_only=True):
    """Stop the bots' private messages, or let them through again."""

    bots: Literal["stopped", "welcome"]

    def do(self, world: World, person: Person) -> Json:
        """Nothing more to say."""
        person.stopped_bots = self.bots == "stopped"
        return {}


def _chat(world: World, person: Person, chat_id: str) -> Chat:
    chat = world.chats.get(chat_id)
    if chat is None or chat.dissolved:
        raise NotPossible(f"there is no chat {chat_id}")
    if person.open_id not in chat.members:
        raise NotPossible(f"{person.name} is not in this chat")
    return chat


def _seen(world: World, person: Person, message_id: str) -> Message:
    message = world.messages.get(message_id)
    if message is None or message.deleted:
        raise NotPossible(f"there is no message {message_id}")
    _chat(world, person, message.chat_id)
    return message


Deed = Say | SayToBot | Read | React | TakeBack | Recall | Invite | Leave | OpenBot | Choose | Mute
DEEDS: dict[str, type[Deed]] = {
    "say": Say,
    "say_to_bot": SayToBot,
    "read": Read,
    "react": React,
    "take_back": TakeBack,
    "recall": Recall,
    "invite": Invite,
    "leave": Leave,
    "open_bot": OpenBot,
    "choose": Choose,
    "mute": Mute,
}
Doing = Callable[[World, Person], Json]
