"""Groups: made, filled, given a notice on top and tabs; their members."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import msgspec

from kuaihui.emulators.feishu import posting
from kuaihui.emulators.feishu.call import Answer, Call, Operation
from kuaihui.emulators.feishu.errors import (
    BAD_CHAT_ARGUMENT,
    CHAT_DISSOLVED,
    NO_SUCH_CHAT,
    NOT_VISIBLE,
    OPERATOR_NOT_IN_CHAT,
    TAB_LIMIT,
    Rejected,
)
from kuaihui.emulators.feishu.records import Chat, Json, Person, Tab
from kuaihui.emulators.feishu.world import TENANT, World

SAME_UUID = timedelta(hours=10)
CHAT = "im/v1/chats/{chat_id}"
MOST_TABS = 20
LONGEST_TAB_NAME = 30  # one Chinese character counts three
SUCCEED_STRICT, SUCCEED_VALID, SUCCEED_ALL = 0, 1, 2


class NewChat(msgspec.Struct):
    """The body of `chat.create`."""

    name: str = ""
    description: str = ""
    owner_id: str = ""
    user_id_list: list[str] = []
    bot_id_list: list[str] = []
    group_message_type: str = "chat"
    chat_type: str = "private"


class ChatChange(msgspec.Struct):
    """The body of `chat.update`."""

    name: str | None = None
    description: str | None = None


class Ids(msgspec.Struct):
    """The body of the member calls."""

    id_list: list[str]


class Notice(msgspec.Struct):
    """What stands on top of a chat: "1" a message, "2" the announcement."""

    action_type: str
    message_id: str = ""


class Notices(msgspec.Struct):
    """The body of `put_top_notice`."""

    chat_top_notice: list[Notice]


class NewTab(msgspec.Struct):
    """One tab to add."""

    tab_type: str
    tab_name: str = ""
    tab_content: dict[str, object] = {}


class NewTabs(msgspec.Struct):
    """The body of `chat_tab.create`."""

    chat_tabs: list[NewTab]


class Link(msgspec.Struct):
    """The body of `chat.link`."""

    validity_period: str = "week"


def make(call: Call) -> Answer:
    """Make a group; the same uuid within ten hours is the same group."""
    said, world = call.body(NewChat, BAD_CHAT_ARGUMENT), call.world
    key = f"chat:{call.app.app_id}:{call.query.get('uuid', '')}"
    if call.query.get("uuid") and (earlier := world.once.get(key)) and world.now() - earlier[1] < SAME_UUID:
        return shown(world, world.chats[earlier[0]])
    asked = [*said.user_id_list, *([said.owner_id] if said.owner_id else [])]
    people = [_visible(world, each, call.id_type) for each in asked]
    owner = world.person(said.owner_id, call.id_type).open_id if said.owner_id else ""
    chat = Chat(
        chat_id=world.new_id("oc_"),
        name=said.name or "未命名群聊",
        description=said.description,
        owner=owner,
        members={person.open_id: world.now() for person in people},
        bots={call.app.app_id, *(each for each in said.bot_id_list if each in world.apps)},
        message_mode=said.group_message_type,
    )
    world.chats[chat.chat_id] = chat
    if call.query.get("uuid"):
        world.once[key] = (chat.chat_id, world.now())
    return shown(world, chat)


def _visible(world: World, id: str, id_type: str) -> Person:
    person = world.person(id, id_type)
    if not person.available:
        raise NOT_VISIBLE.because(id)
    return person


def chat_of(call: Call) -> Chat:
    """The chat the path names, for a caller who stands in it."""
    chat = call.world.chats.get(call.path["chat_id"])
    if chat is None:
        raise Rejected(NO_SUCH_CHAT)
    if chat.dissolved:
        raise Rejected(CHAT_DISSOLVED)
    if not (call.person.open_id in chat.members if call.person else call.app.app_id in chat.bots):
        raise Rejected(OPERATOR_NOT_IN_CHAT)
    return chat


def get(call: Call) -> Answer:
    """One chat."""
    return shown(call.world, chat_of(call))


def mine(call: Call) -> Answer:
    """The groups the caller stands in."""
    found = [chat for chat in call.world.chats.values() if not chat.is_private and not chat.dissolved and _in(call, chat)]
    return call.page([shown(call.world, chat) for chat in found])


def _in(call: Call, chat: Chat) -> bool:
    return call.person.open_id in chat.members if call.person else call.app.app_id in chat.bots


def change(call: Call) -> Answer:
    """Rename a chat or describe it anew; its bots hear of it."""
    chat, said = chat_of(call), call.body(ChatChange, BAD_CHAT_ARGUMENT)
    chat.name = said.name if said.name is not None else chat.name
    chat.description = said.description if said.description is not None else chat.description
    body: Json = {"chat_id": chat.chat_id, "after_change": {"name": chat.name, "description": chat.description}}
    call.world.publish(list(chat.bots), "im.chat.updated_v1", body, chat.chat_id)
    return {}


def dissolve(call: Call) -> Answer:
    """End a group."""
    chat = chat_of(call)
    chat.dissolved = True
    call.world.publish(list(chat.bots), "im.chat.disbanded_v1", {"chat_id": chat.chat_id, "name": chat.name}, chat.chat_id)
    return {}


def add_members(call: Call) -> Answer:
    """Add people: what happens with unknown ids is the caller's choice (`succeed_type`)."""
    chat, said = chat_of(call), call.body(Ids, BAD_CHAT_ARGUMENT)
    id_type, choice = call.query.get("member_id_type") or "open_id", int(call.query.get("succeed_type") or SUCCEED_STRICT)
    known = {person.called(id_type): person for person in call.world.people.values()}
    missing = [each for each in said.id_list if each not in known]
    hidden = [each for each in said.id_list if each in known and not known[each].available]
    if missing and choice == SUCCEED_STRICT:
        raise NOT_VISIBLE.because(f"invalid ids {missing}")
    if choice == SUCCEED_ALL and (missing or hidden):
        raise NOT_VISIBLE.because(f"{missing + hidden}")
    enter(call.world, chat, [known[each].open_id for each in said.id_list if each in known and each not in hidden], call.actor)
    return {"invalid_id_list": hidden, "not_existed_id_list": missing, "pending_approval_id_list": []}


def enter(world: World, chat: Chat, people: list[str], operator: str) -> None:
    """These people join the chat; its bots hear of those who were not in it."""
    new = [person for person in people if person not in chat.members]
    chat.members |= dict.fromkeys(new, world.now())
    if new:
        _announce(world, chat, "im.chat.member.user.added_v1", new, operator)


def remove_members(call: Call) -> Answer:
    """Take people out of the chat."""
    chat, said = chat_of(call), call.body(Ids, BAD_CHAT_ARGUMENT)
    id_type = call.query.get("member_id_type") or "open_id"
    known = {person.called(id_type): person.open_id for person in call.world.people.values()}
    leave(call.world, chat, [known[each] for each in said.id_list if each in known], call.actor)
    return {"invalid_id_list": [each for each in said.id_list if each not in known]}


def leave(world: World, chat: Chat, people: list[str], operator: str) -> None:
    """These people leave the chat; its bots hear of those who were in it."""
    gone = [person for person in people if chat.members.pop(person, None) is not None]
    if gone:
        _announce(world, chat, "im.chat.member.user.deleted_v1", gone, operator)


def _announce(world: World, chat: Chat, event_type: str, people: list[str], operator: str) -> None:
    body: Json = {
        "chat_id": chat.chat_id,
        "operator_id": posting.ids_of(world, operator),
        "name": chat.name,
        "users": [{"name": world.name_of(one), "tenant_key": TENANT, "user_id": posting.ids_of(world, one)} for one in people],
    }
    world.publish(list(chat.bots), event_type, body, chat.chat_id)


def members(call: Call) -> Answer:
    """The people of a chat (bots are not listed)."""
    chat, id_type = chat_of(call), call.query.get("member_id_type") or "open_id"
    shown_people: list[Json] = [
        {
            "member_id_type": id_type,
            "member_id": call.world.person(one).called(id_type),
            "name": call.world.name_of(one),
            "tenant_key": TENANT,
        }
        for one in chat.members
    ]
    page = call.page(shown_people)
    return {**page, "member_total": len(chat.members)}


def put_top_notice(call: Call) -> Answer:
    """Put one message (or the announcement) on top of the chat, for everybody to see."""
    chat, said = chat_of(call), call.body(Notices, BAD_CHAT_ARGUMENT)
    if len(said.chat_top_notice) != 1:
        raise BAD_CHAT_ARGUMENT.because("one notice at a time")
    notice = said.chat_top_notice[0]
    if notice.action_type == "1" and notice.message_id not in chat.messages:
        raise BAD_CHAT_ARGUMENT.because("message_id is not in this chat")
    chat.top_notice = cast("Json", msgspec.to_builtins(notice))
    return {}


def take_top_notice(call: Call) -> Answer:
    """Take the notice off."""
    chat_of(call).top_notice = None
    return {}


def add_tabs(call: Call) -> Answer:
    """Add tabs, such as the incident's document; answered with all of them."""
    chat, said = chat_of(call), call.body(NewTabs, BAD_CHAT_ARGUMENT)
    if len(chat.tabs) + len(said.chat_tabs) > MOST_TABS:
        raise Rejected(TAB_LIMIT)
    for tab in said.chat_tabs:
        if len(tab.tab_name.encode()) > LONGEST_TAB_NAME:
            raise BAD_CHAT_ARGUMENT.because("tab_name is too long")
        chat.tabs.append(Tab(call.world.new_id("tab_"), tab.tab_name, tab.tab_type, tab.tab_content))
    return {"chat_tabs": [_tab(tab) for tab in chat.tabs]}


def tabs(call: Call) -> Answer:
    """The chat's tabs."""
    return {"chat_tabs": [_tab(tab) for tab in chat_of(call).tabs]}


def _tab(tab: Tab) -> Json:
    return {"tab_id": tab.tab_id, "tab_name": tab.name, "tab_type": tab.kind, "tab_content": tab.content}


def link(call: Call) -> Answer:
    """A link by which people of the tenant join the chat."""
    chat, said = chat_of(call), call.body(Link, BAD_CHAT_ARGUMENT)
    lasts = {"week": 7, "year": 365}.get(said.validity_period)
    expires = "" if lasts is None else str(call.world.clock.milliseconds() // 1000 + lasts * 86400)
    address = f"https://applink.feishu.cn/client/chat/chatter/add_by_link?link_token={chat.chat_id}"
    return {"share_link": address, "expire_time": expires, "is_permanent": lasts is None}


def shown(world: World, chat: Chat) -> Json:
    """A chat as every chat call answers it."""
    return {
        "chat_id": chat.chat_id,
        "name": chat.name,
        "description": chat.description,
        "owner_id": chat.owner,
        "owner_id_type": "open_id",
        "chat_mode": "p2p" if chat.is_private else "group",
        "chat_type": "private",
        "group_message_type": chat.message_mode,
        "chat_status": "dissolved" if chat.dissolved else "normal",
        "user_count": str(len(chat.members)),
        "bot_count": str(len(chat.bots)),
        "external": False,
        "tenant_key": TENANT,
    }


OPERATIONS = [
    Operation("im.v1.chat.create", "POST", "im/v1/chats", make, "TU"),
    Operation("im.v1.chat.get", "GET", CHAT, get, "TU"),
    Operation("im.v1.chat.list", "GET", "im/v1/chats", mine, "TU"),
    Operation("im.v1.chat.update", "PUT", CHAT, change, "TU"),
    Operation("im.v1.chat.delete", "DELETE", CHAT, dissolve, "TU"),
    Operation("im.v1.chat.link", "POST", CHAT + "/link", link, "TU"),
    Operation("im.v1.chat_members.create", "POST", CHAT + "/members", add_members, "TU"),
    Operation("im.v1.chat_members.delete", "DELETE", CHAT + "/members", remove_members, "TU"),
    Operation("im.v1.chat_members.get", "GET", CHAT + "/members", members, "TU"),
    Operation("im.v1.chat_top_notice.put_top_notice", "POST", CHAT + "/top_notice/put_top_notice", put_top_notice, "TU"),
    Operation("im.v1.chat_top_notice.delete_top_notice", "POST", CHAT + "/top_notice/delete_top_notice", take_top_notice, "TU"),
    Operation("im.v1.chat_tab.create", "POST", CHAT + "/chat_tabs", add_tabs, "TU"),
    Operation("im.v1.chat_tab.list_tabs", "GET", CHAT + "/chat_tabs/list_tabs", tabs, "TU"),
]
