"""Emoji on messages, and the side list of pinned messages."""

from __future__ import annotations

import msgspec

from kuaihui.emulators.feishu.call import Answer, Call, Operation
from kuaihui.emulators.feishu.clock import milliseconds
from kuaihui.emulators.feishu.errors import BAD_MESSAGE, RECALLED, Refusal, Rejected
from kuaihui.emulators.feishu.limits import ONE_MESSAGE
from kuaihui.emulators.feishu.messages import inside, message_of
from kuaihui.emulators.feishu.posting import ids_of
from kuaihui.emulators.feishu.records import Json, Message, Pin, Reaction, SenderKind
from kuaihui.emulators.feishu.world import World

NO_SUCH_EMOJI = Refusal(231001, "reaction type is invalid.")
NOT_OWN_REACTION = Refusal(231008, "The operator does not own the reaction.")
# Those a responder uses, and a few more; the vendor's list has some two hundred.
EMOJI = {
    "OK", "THUMBSUP", "THANKS", "MUSCLE", "FINGERHEART", "APPLAUSE", "FISTBUMP", "JIAYI", "DONE", "SMILE", "LGTM", "OnIt", "OneSecond",
    "Get", "GoGoGo", "HEART", "CheckMark", "CrossMark", "Alarm", "Fire", "Yes", "No", "SALUTE", "SHAKE", "PRAISE", "WAVE", "CRY", "SOB",
    "EYES", "SWEAT", "FACEPALM", "ThumbsDown", "Hundred", "PARTY", "PLUSONE", "Pin", "ROSE",
}  # fmt: skip


class Emoji(msgspec.Struct):
    """An emoji by its name."""

    emoji_type: str


class Reacting(msgspec.Struct):
    """The body of `message_reaction.create`."""

    reaction_type: Emoji


class Pinning(msgspec.Struct):
    """The body of `pin.create`."""

    message_id: str


def react(call: Call) -> Answer:
    """Put an emoji on a message; the same one twice is one."""
    emoji = call.body(Reacting).reaction_type.emoji_type
    if emoji not in EMOJI:
        raise NO_SUCH_EMOJI.because(emoji)
    return _shown(call.world, add(call.world, message_of(call), call.actor, call.actor_kind, emoji))


def add(world: World, message: Message, operator: str, kind: SenderKind, emoji: str) -> Reaction:
    """The emoji stands on the message; the chat's bots hear of it."""
    if message.deleted:
        raise Rejected(RECALLED)
    for reaction in message.reactions:
        if (reaction.operator, reaction.emoji) == (operator, emoji):
            return reaction
    made = Reaction(world.new_id("re_"), emoji, operator, kind, world.now())
    message.reactions.append(made)
    _announce(world, message, made, "im.message.reaction.created_v1")
    return made


def remove(world: World, message: Message, reaction: Reaction) -> None:
    """The emoji is taken off again; the chat's bots hear of it."""
    message.reactions.remove(reaction)
    _announce(world, message, reaction, "im.message.reaction.deleted_v1")


def unreact(call: Call) -> Answer:
    """Take off an emoji of one's own."""
    message = message_of(call)
    reaction = next((one for one in message.reactions if one.reaction_id == call.path["reaction_id"]), None)
    if reaction is None:
        raise BAD_MESSAGE.because("invalid reaction_id")
    if reaction.operator != call.actor:
        raise Rejected(NOT_OWN_REACTION)
    remove(call.world, message, reaction)
    return _shown(call.world, reaction)


def reactions(call: Call) -> Answer:
    """The emoji on a message, all or of one type."""
    wanted = call.query.get("reaction_type")
    return call.page([_shown(call.world, one) for one in message_of(call).reactions if wanted in {None, one.emoji}], 20, 50)


def _shown(world: World, reaction: Reaction) -> Json:
    return {
        "reaction_id": reaction.reaction_id,
        "operator": {"operator_id": reaction.operator, "operator_type": reaction.operator_kind},
        "action_time": str(milliseconds(reaction.at)),
        "reaction_type": {"emoji_type": reaction.emoji},
    }


def _announce(world: World, message: Message, reaction: Reaction, event_type: str) -> None:
    body: Json = {
        "message_id": message.message_id,
        "reaction_type": {"emoji_type": reaction.emoji},
        "operator_type": reaction.operator_kind,
        "action_time": str(world.clock.milliseconds()),
    }
    if reaction.operator_kind == "user":
        body["user_id"] = ids_of(world, reaction.operator)
    else:
        body["app_id"] = reaction.operator
    world.publish(list(world.chats[message.chat_id].bots), event_type, body, message.chat_id)


def pin(call: Call) -> Answer:
    """Pin a message; one that is pinned already is answered with its pin."""
    message_id = call.body(Pinning).message_id
    message = call.world.messages.get(message_id)
    if message is None or message.deleted:
        raise BAD_MESSAGE.because("invalid message_id")
    inside(call, call.world.chats[message.chat_id])
    made = Pin(message_id, message.chat_id, call.actor, call.actor_kind, call.world.now())
    return {"pin": _pinned(call.world.pins.setdefault(message_id, made))}


def unpin(call: Call) -> Answer:
    """Take a message off the side list; one that is not on it is answered the same."""
    message_of(call)
    call.world.pins.pop(call.path["message_id"], None)
    return {}


def pins(call: Call) -> Answer:
    """A chat's pinned messages, newest first; times in milliseconds."""
    chat = call.world.chats.get(call.query.get("chat_id", ""))
    if chat is None:
        raise BAD_MESSAGE.because("invalid chat_id")
    inside(call, chat)
    found = [one for one in call.world.pins.values() if one.chat_id == chat.chat_id]
    return call.page([_pinned(one) for one in sorted(found, key=lambda one: one.at, reverse=True)], 20, 50)


def _pinned(pin: Pin) -> Json:
    return {
        "message_id": pin.message_id,
        "chat_id": pin.chat_id,
        "operator_id": pin.operator,
        "operator_id_type": "open_id" if pin.operator_kind == "user" else "app_id",
        "create_time": str(milliseconds(pin.at)),
    }


OPERATIONS = [
    Operation("im.v1.message_reaction.create", "POST", "im/v1/messages/{message_id}/reactions", react, "TU"),
    Operation("im.v1.message_reaction.list", "GET", "im/v1/messages/{message_id}/reactions", reactions, "TU"),
    Operation("im.v1.message_reaction.delete", "DELETE", "im/v1/messages/{message_id}/reactions/{reaction_id}", unreact, "TU"),
    Operation("im.v1.pin.create", "POST", "im/v1/pins", pin, "TU"),
    Operation("im.v1.pin.list", "GET", "im/v1/pins", pins, "TU"),
    Operation("im.v1.pin.delete", "DELETE", "im/v1/pins/{message_id}", unpin, "TU", ONE_MESSAGE),
]
