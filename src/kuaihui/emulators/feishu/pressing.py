"""Somebody presses a card: the app is asked, has three seconds, and its answer is shown to the one who pressed."""

from __future__ import annotations

from typing import cast

import msgspec

from kuaihui.emulators.feishu import cards, messages
from kuaihui.emulators.feishu.content import encode
from kuaihui.emulators.feishu.deeds import NotPossible
from kuaihui.emulators.feishu.errors import Rejected
from kuaihui.emulators.feishu.events import EventDesk, NotDelivered
from kuaihui.emulators.feishu.records import CardToken, Json, Message, Person
from kuaihui.emulators.feishu.world import TENANT, World


class Press(msgspec.Struct, kw_only=True):
    """Press the button with this name (or this value, or the only one), with what was filled into its form."""

    message_id: str
    name: str = ""
    value: dict[str, object] | None = None
    form: dict[str, object] | None = None
    option: str | None = None


class Toast(msgspec.Struct):
    """The small notice the app asks to show."""

    type: str = "info"
    content: str = ""


class NewCard(msgspec.Struct):
    """The card the app wants in the place of the pressed one."""

    type: str
    data: dict[str, object]


class Answered(msgspec.Struct):
    """What an app may answer to a press."""

    toast: Toast | None = None
    card: NewCard | None = None


async def press(world: World, desk: EventDesk, person: Person, pressed: Press) -> Json:
    """What the person sees after the press: a toast, or Feishu's own error."""
    message = world.messages.get(pressed.message_id)
    if message is None or message.deleted or message.kind != "interactive":
        raise NotPossible("there is no such card")
    if person.open_id not in world.chats[message.chat_id].members:
        raise NotPossible(f"{person.name} is not in this chat")
    button = _button(message, pressed)
    token = CardToken(world.new_id("c-"), message.message_id, world.now())
    world.card_tokens[token.token] = token
    try:
        answer = await desk.ask(world.apps[message.sender], "card.action.trigger", _body(message, person, pressed, button, token))
    except NotDelivered as fault:
        return {"error": "200340", "reason": str(fault)}
    token.answered = True
    return _shown(world, message, answer)


def _button(message: Message, pressed: Press) -> Json:
    found = cards.buttons(cards.parse(message.content))
    fits = [one for one in found if _fits(one, pressed)]
    if not fits:
        raise NotPossible(f"the card has no such button; it has {[one.get('name') or cards.value_of(one) for one in found]}")
    return fits[0]


def _fits(button: Json, pressed: Press) -> bool:
    if pressed.name:
        return button.get("name") == pressed.name
    return pressed.value is None or cards.value_of(button) == pressed.value


def _body(message: Message, person: Person, pressed: Press, button: Json, token: CardToken) -> Json:
    action: Json = {"tag": button["tag"], "value": cards.value_of(button), "timezone": "Asia/Shanghai"}
    action |= {
        key: value for key, value in (("name", button.get("name")), ("form_value", pressed.form), ("option", pressed.option)) if value
    }
    return {
        "operator": {**person.ids(), "tenant_key": TENANT},
        "token": token.token,
        "action": action,
        "host": "im_message",
        "context": {"open_message_id": message.message_id, "open_chat_id": message.chat_id},
    }


def _shown(world: World, message: Message, answer: bytes) -> Json:
    try:
        said = msgspec.json.decode(answer or b"{}", type=Answered)
        if said.card is not None:
            messages.replace_card(world, message, encode(said.card.data))
    except (msgspec.MsgspecError, Rejected) as fault:
        return {"error": "200671", "reason": str(fault)}
    return {"toast": cast("Json", msgspec.to_builtins(said.toast))} if said.toast else {}
