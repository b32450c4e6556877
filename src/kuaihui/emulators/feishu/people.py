"""The people's side: who there is, what each sees, and the door by which a person (or a test) acts."""

from __future__ import annotations

from dataclasses import asdict

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kuaihui.emulators.feishu import cards, content, paper_deeds, pressing
from kuaihui.emulators.feishu.clock import milliseconds
from kuaihui.emulators.feishu.deeds import DEEDS, Deed, NotPossible
from kuaihui.emulators.feishu.errors import Rejected
from kuaihui.emulators.feishu.events import EventDesk
from kuaihui.emulators.feishu.records import Chat, Json, Message
from kuaihui.emulators.feishu.world import World

ALL_DEEDS: dict[str, type[Deed | paper_deeds.Deed]] = {**DEEDS, **paper_deeds.DEEDS}


def inbox(world: World, open_id: str) -> Json:
    """What a person finds in Feishu: the chats with what is unread in them, and the buzzes that wait."""
    found = [chat for chat in world.chats.values() if open_id in chat.members and not chat.dissolved]
    buzzes = [
        {"message_id": message.message_id, **asdict(buzz), "at": milliseconds(buzz.at)}
        for message in world.messages.values()
        for buzz in message.buzzes
        if buzz.person == open_id and open_id not in message.readers
    ]
    return {"chats": [_chat(world, chat, open_id) for chat in found], "buzzes": buzzes}


def _chat(world: World, chat: Chat, open_id: str) -> Json:
    said = [world.messages[each] for each in chat.messages]
    unread = sum(open_id not in message.readers and message.sender != open_id and not message.deleted for message in said)
    name = chat.name or (world.name_of(chat.app) if chat.is_private else chat.chat_id)
    return {"chat_id": chat.chat_id, "name": name, "unread": unread, "people": len(chat.members)}


def chat_seen(world: World, chat: Chat) -> Json:
    """A chat with all its messages, as the page shows them."""
    return {
        "chat_id": chat.chat_id,
        "name": chat.name,
        "top_notice": chat.top_notice,
        "members": [{"open_id": one, "name": world.name_of(one)} for one in chat.members],
        "tabs": [asdict(tab) for tab in chat.tabs],
        "messages": [message_seen(world, world.messages[each]) for each in chat.messages],
    }


def message_seen(world: World, message: Message) -> Json:
    """A message with everything people did with it."""
    card = cards.parse(message.content) if message.kind == "interactive" and not message.deleted else None
    return {
        "message_id": message.message_id,
        "sender": message.sender,
        "sender_name": world.name_of(message.sender),
        "kind": message.kind,
        "says": content.shown(message),
        "card": card,
        "buttons": [{"name": one.get("name"), "value": cards.value_of(one), "text": _label(one)} for one in cards.buttons(card or {})],
        "thread_id": message.thread_id,
        "root_id": message.root_id,
        "created": milliseconds(message.created),
        "pinned": message.message_id in world.pins,
        "readers": [world.name_of(reader) for reader in message.readers],
        "reactions": [{"emoji": one.emoji, "who": world.name_of(one.operator)} for one in message.reactions],
        "buzzes": [{"kind": one.kind, "who": world.name_of(one.person)} for one in message.buzzes],
    }


def _label(button: Json) -> str:
    return " ".join(str(part.get("content")) for part in cards.components(button) if isinstance(part.get("content"), str))


def routes(world: World, desk: EventDesk) -> list[Route]:
    """The people's API: `GET /people`, `/people/ID`, `/chats/ID`; `POST /people/ID/DEED`."""

    async def everybody(_: Request) -> Response:
        return told([{"open_id": one.open_id, "name": one.name, "mobile": one.mobile, "email": one.email} for one in world.people.values()])

    async def one(request: Request) -> Response:
        return told(inbox(world, str(request.path_params["open_id"])))

    async def chat(request: Request) -> Response:
        found = world.chats.get(str(request.path_params["chat_id"]))
        return told(chat_seen(world, found)) if found else told({"error": "no such chat"}, 404)

    async def act(request: Request) -> Response:
        try:
            return told(await _acted(world, desk, request))
        except KeyError as fault:
            return told({"error": f"there is no such thing: {fault}"}, 404)
        except (NotPossible, msgspec.MsgspecError) as fault:
            return told({"error": str(fault)}, 400)
        except Rejected as fault:
            return told({"error": fault.refusal.msg, "code": fault.refusal.code}, 400)

    return [
        Route("/people", everybody),
        Route("/people/{open_id}", one),
        Route("/people/{open_id}/{deed}", act, methods=["POST"]),
        Route("/chats/{chat_id}", chat),
    ]


async def _acted(world: World, desk: EventDesk, request: Request) -> Json:
    person, deed, body = world.person(str(request.path_params["open_id"])), str(request.path_params["deed"]), await request.body()
    if deed == "press":
        return await pressing.press(world, desk, person, msgspec.json.decode(body, type=pressing.Press))
    if deed not in ALL_DEEDS:
        raise NotPossible(f"nobody can {deed}; there are {', '.join(sorted([*ALL_DEEDS, 'press']))}")
    return msgspec.json.decode(body or b"{}", type=ALL_DEEDS[deed]).do(world, person)


def told(said: object, status: int = 200) -> Response:
    """An answer in JSON."""
    return Response(msgspec.json.encode(said), status, media_type="application/json; charset=utf-8")
