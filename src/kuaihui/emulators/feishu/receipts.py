"""Who has read a message of one's own, and buzzing those who have not (加急)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Literal

import msgspec

from kuaihui.emulators.feishu.call import Answer, Call, Operation
from kuaihui.emulators.feishu.clock import milliseconds
from kuaihui.emulators.feishu.errors import BAD_MESSAGE, BUZZ_QUOTA, CHAT_MUTED, NOT_BUZZABLE, RECEIPTS_TOO_OLD, TOO_MANY_BUZZES, Rejected
from kuaihui.emulators.feishu.messages import own_message
from kuaihui.emulators.feishu.records import Buzz, Message
from kuaihui.emulators.feishu.world import TENANT, World

RECEIPTS_LAST = timedelta(days=7)
MOST_UNREAD_BUZZES = 200
BuzzKind = Literal["app", "sms", "phone"]


class Buzzing(msgspec.Struct):
    """The body of the three buzz calls."""

    user_id_list: list[str]


def readers(call: Call) -> Answer:
    """Who has read this message: readers only, for seven days."""
    message = own_message(call)
    if not call.query.get("user_id_type"):
        raise BAD_MESSAGE.because("user_id_type is required")
    if call.world.now() - message.created > RECEIPTS_LAST:
        raise Rejected(RECEIPTS_TOO_OLD)
    return call.page(
        [
            {
                "user_id_type": call.id_type,
                "user_id": call.world.person(reader).called(call.id_type),
                "timestamp": str(milliseconds(at)),
                "tenant_key": TENANT,
            }
            for reader, at in message.readers.items()
        ]
    )


def buzz(kind: BuzzKind) -> Callable[[Call], Answer]:
    """The call that buzzes people by this means."""

    def buzzing(call: Call) -> Answer:
        message, said = own_message(call), call.body(Buzzing, BAD_MESSAGE)
        chat = call.world.chats[message.chat_id]
        if not said.user_id_list or len(said.user_id_list) > 200:
            raise BAD_MESSAGE.because("user_id_list holds 1 to 200 ids")
        if not chat.bots_may_buzz:
            raise Rejected(CHAT_MUTED)
        if message.kind in {"system", "share_user"}:
            raise Rejected(NOT_BUZZABLE)
        valid, invalid = _split(call, said.user_id_list, message)
        if not valid:
            raise BAD_MESSAGE.because("all of user_id_list are invalid")
        _spend(call.world, kind, valid)
        message.buzzes.extend(Buzz(kind, person, call.world.now()) for person in valid)
        return {"invalid_user_id_list": invalid}

    return buzzing


def _split(call: Call, ids: list[str], message: Message) -> tuple[list[str], list[str]]:
    members = call.world.chats[message.chat_id].members
    by_id = {person.called(call.id_type): person.open_id for person in call.world.people.values()}
    valid = [by_id[each] for each in ids if by_id.get(each) in members]
    return valid, [each for each in ids if by_id.get(each) not in members]


def _spend(world: World, kind: BuzzKind, people: list[str]) -> None:
    if any(unread_buzzes(world, person) >= MOST_UNREAD_BUZZES for person in people):
        raise Rejected(TOO_MANY_BUZZES)
    if world.buzzes_left[kind] < len(people):
        raise Rejected(BUZZ_QUOTA)
    world.buzzes_left[kind] -= len(people)


def unread_buzzes(world: World, person: str) -> int:
    """How many buzzed messages this person has not read yet."""
    return sum(
        sum(buzz.person == person for buzz in message.buzzes)
        for message in world.messages.values()
        if message.buzzes and person not in message.readers and not message.deleted
    )


def _means(kind: BuzzKind, scope: str) -> Operation:
    path = f"im/v1/messages/{{message_id}}/urgent_{kind}"
    return Operation(f"im.v1.message.urgent_{kind}", "PATCH", path, buzz(kind), scopes=frozenset({scope}))


OPERATIONS = [
    Operation("im.v1.message.read_users", "GET", "im/v1/messages/{message_id}/read_users", readers, "T"),
    _means("app", "im:message.urgent"),
    _means("sms", "im:message.urgent:sms"),
    _means("phone", "im:message.urgent:phone"),
]
