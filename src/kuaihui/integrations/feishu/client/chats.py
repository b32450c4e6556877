"""Groups: opened, filled, with a notice on top and the incident's document as a tab."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import msgspec

from kuaihui.integrations.feishu.client.caller import Ask, Caller, Nothing, Operation
from kuaihui.integrations.feishu.client.messages import uuid
from kuaihui.integrations.feishu.client.pages import Page, all_of

CHAT = "im/v1/chats/{chat_id}"
CREATE = Operation("im.v1.chat.create", "POST", "im/v1/chats")
GET = Operation("im.v1.chat.get", "GET", CHAT)
LIST = Operation("im.v1.chat.list", "GET", "im/v1/chats")
UPDATE = Operation("im.v1.chat.update", "PUT", CHAT)
DELETE = Operation("im.v1.chat.delete", "DELETE", CHAT)
LINK = Operation("im.v1.chat.link", "POST", f"{CHAT}/link")
# Feishu wants the changes of one chat's members one after another (232019).
ADD = Operation("im.v1.chat_members.create", "POST", f"{CHAT}/members", alone=True)
REMOVE = Operation("im.v1.chat_members.delete", "DELETE", f"{CHAT}/members", alone=True)
MEMBERS = Operation("im.v1.chat_members.get", "GET", f"{CHAT}/members")
PUT_NOTICE = Operation("im.v1.chat_top_notice.put_top_notice", "POST", f"{CHAT}/top_notice/put_top_notice")
TAKE_NOTICE = Operation("im.v1.chat_top_notice.delete_top_notice", "POST", f"{CHAT}/top_notice/delete_top_notice")
ADD_TABS = Operation("im.v1.chat_tab.create", "POST", f"{CHAT}/chat_tabs")
TABS = Operation("im.v1.chat_tab.list_tabs", "GET", f"{CHAT}/chat_tabs/list_tabs")

LONGEST_TAB_NAME = 30  # bytes: ten Chinese characters
ADD_THE_VALID = "1"  # succeed_type: unknown ids do not keep the others out
MOST_AT_ONCE = 50


class Chat(msgspec.Struct, frozen=True, kw_only=True):
    """A group."""

    chat_id: str = ""
    name: str = ""
    description: str = ""
    owner_id: str = ""
    chat_mode: str = "group"
    group_message_type: str = "chat"
    chat_status: str = "normal"


class Member(msgspec.Struct, frozen=True):
    """Somebody in a chat."""

    member_id: str
    name: str = ""


class Added(msgspec.Struct, frozen=True):
    """Who could not be added: ids out of the app's reach, ids nobody has, and those whom the owner must let in."""

    invalid_id_list: list[str] = []
    not_existed_id_list: list[str] = []
    pending_approval_id_list: list[str] = []

    @property
    def left_out(self) -> list[str]:
        """Everybody who is not in the chat now."""
        return [*self.invalid_id_list, *self.not_existed_id_list, *self.pending_approval_id_list]


class Tab(msgspec.Struct, frozen=True):
    """A tab of a chat."""

    tab_id: str
    tab_name: str = ""
    tab_type: str = ""


class _Tabs(msgspec.Struct):
    chat_tabs: list[Tab] = []


class _Link(msgspec.Struct):
    share_link: str


class Chats:
    """Everything the app does with groups."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def open(self, name: str, people: Sequence[str], *, owner: str = "", description: str = "", key: str = "") -> Chat:
        """A new group with these people and the bot; the same key within ten hours is the same group."""
        body = {"name": name, "description": description, "user_id_list": list(people), **({"owner_id": owner} if owner else {})}
        query: dict[str, str | bool | None] = {"user_id_type": "open_id", "set_bot_manager": True, **uuid(key)}
        return await self._caller.ask(Ask(operation=CREATE, shape=Chat, query=query, body=body, twice_is_once=bool(key)))

    async def get(self, chat_id: str) -> Chat:
        """One chat the bot is in (its answer does not repeat the id)."""
        ask = Ask(operation=GET, shape=Chat, path={"chat_id": chat_id}, query={"user_id_type": "open_id"})
        return msgspec.structs.replace(await self._caller.ask(ask), chat_id=chat_id)

    def mine(self) -> AsyncIterator[Chat]:
        """The groups the bot is in."""
        return all_of(self._caller, LIST, Page[Chat], query={"page_size": 100})

    async def rename(self, chat_id: str, name: str, description: str | None = None) -> None:
        """Give a chat another name."""
        body = {"name": name, **({} if description is None else {"description": description})}
        await self._caller.ask(Ask(operation=UPDATE, shape=Nothing, path={"chat_id": chat_id}, body=body, twice_is_once=True))

    async def dissolve(self, chat_id: str) -> None:
        """End a group the bot owns."""
        await self._caller.ask(Ask(operation=DELETE, shape=Nothing, path={"chat_id": chat_id}))

    async def add(self, chat_id: str, people: Sequence[str]) -> Added:
        """Add people, at most fifty; those who cannot be added do not keep the others out."""
        query = {"member_id_type": "open_id", "succeed_type": ADD_THE_VALID}
        body = {"id_list": list(people)}
        return await self._caller.ask(
            Ask(operation=ADD, shape=Added, path={"chat_id": chat_id}, query=query, body=body, twice_is_once=True)
        )

    async def remove(self, chat_id: str, people: Sequence[str]) -> None:
        """Take people out."""
        query = {"member_id_type": "open_id"}
        ask = Ask(
            operation=REMOVE, shape=Nothing, path={"chat_id": chat_id}, query=query, body={"id_list": list(people)}, twice_is_once=True
        )
        await self._caller.ask(ask)

    async def members(self, chat_id: str) -> list[Member]:
        """The people of a chat; bots are not among them."""
        query = {"member_id_type": "open_id", "page_size": 100}
        return [one async for one in all_of(self._caller, MEMBERS, Page[Member], path={"chat_id": chat_id}, query=query)]

    async def put_notice(self, chat_id: str, message_id: str) -> None:
        """Put a message on top of the chat, where everybody sees it."""
        body = {"chat_top_notice": [{"action_type": "1", "message_id": message_id}]}
        await self._caller.ask(Ask(operation=PUT_NOTICE, shape=Nothing, path={"chat_id": chat_id}, body=body, twice_is_once=True))

    async def take_notice(self, chat_id: str) -> None:
        """Take the notice off."""
        await self._caller.ask(Ask(operation=TAKE_NOTICE, shape=Nothing, path={"chat_id": chat_id}, body={}, twice_is_once=True))

    async def add_document_tab(self, chat_id: str, name: str, url: str) -> list[Tab]:
        """A tab that shows a document, unless one of that name is there; the chat's tabs. The name is cut to what Feishu takes."""
        fits = cut(name, LONGEST_TAB_NAME)
        there = await self.tabs(chat_id)
        if any(tab.tab_name == fits for tab in there):
            return there
        body = {"chat_tabs": [{"tab_name": fits, "tab_type": "doc", "tab_content": {"doc": url}}]}
        return (await self._caller.ask(Ask(operation=ADD_TABS, shape=_Tabs, path={"chat_id": chat_id}, body=body))).chat_tabs

    async def tabs(self, chat_id: str) -> list[Tab]:
        """The chat's tabs."""
        return (await self._caller.ask(Ask(operation=TABS, shape=_Tabs, path={"chat_id": chat_id}))).chat_tabs

    async def link(self, chat_id: str) -> str:
        """A link by which people of the tenant join, for a year."""
        ask = Ask(operation=LINK, shape=_Link, path={"chat_id": chat_id}, body={"validity_period": "year"}, twice_is_once=True)
        return (await self._caller.ask(ask)).share_link


def cut(words: str, most: int) -> str:
    """The words' beginning that fits into so many bytes of UTF-8."""
    return words.encode()[:most].decode(errors="ignore")
