"""
Whether the app can do in the tenant what it is there for: each thing is tried, and what fails says what to click.

Rule 1: looking changes nothing that people see, and rings nobody.
Rule 2: one thing that fails hides no other, except that nothing can be asked with credentials that are wrong.
"""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncIterator, Collection
from datetime import datetime

import msgspec

from kuaihui.errors import CarryError
from kuaihui.integrations.feishu.client.content import saying
from kuaihui.integrations.feishu.client.failures import FeishuBusy
from kuaihui.integrations.feishu.desk import Desk
from kuaihui.integrations.feishu.needs import SCOPES, When
from kuaihui.integrations.feishu.read_table import BadTable, TableReader
from kuaihui.language import Text, plain, text


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at: whether it is well (None: it cannot be known), and what to click where it is not."""

    what: Text
    well: bool | None = True
    why: Text | None = None
    click: Text | None = None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What of Feishu is used: which permissions are needed, which groups the bot must be in."""

    parts: frozenset[When]
    chats: tuple[str, ...]
    templates: tuple[str, ...] = ()
    by: str = "long-connection"
    sealed: bool = True  # the webhook's key and token are set
    redirect: str = ""  # where people come back to, when they come in with Feishu


class Checkup:
    """Looks at one app in its tenant."""

    def __init__(self, desk: Desk, asked: Asked, table: TableReader | None = None) -> None:
        self._desk = desk
        self._asked = asked
        self._table = table

    async def findings(self, now: datetime) -> AsyncIterator[Finding]:
        """Everything, in the order in which an app is set up."""
        credentials = await self._credentials()
        yield credentials
        if not credentials.well:
            return
        for found in await self._scopes():
            yield found
        for chat in self._asked.chats:
            yield await self._in_chat(chat)
        yield self._way_in()
        for template in self._asked.templates:
            yield await self._template(template)
        for found in await self._people(now):
            yield found
        if self._table:
            for found in await self._lines(now):
                yield found
        if self._asked.redirect:
            yield Finding(
                text("people come in with Feishu"),
                None,
                text("whether the redirect URL is allowed can only be seen in the console"),
                text("{console} → Security settings → Redirect URLs: {url}", console=self._console("safe"), url=self._asked.redirect),
            )

    # -- the app ---------------------------------------------------------------------------------------------------------------------------

    async def _credentials(self) -> Finding:
        what = text("the app's id and secret")
        try:
            bot = await self._desk.feishu.application.bot()
        except FeishuBusy as away:
            reach = text("see that this machine reaches {url}, and that feishu.domain is right", url=self._desk.feishu.access.base_url)
            return Finding(what, False, away.text, reach)
        except CarryError as refused:
            click = text("{console} → Credentials: copy App ID and App Secret; the bot must be on", console=self._console("baseinfo"))
            return Finding(what, False, refused.text, click)
        return Finding(text("the app's id and secret: the bot is {name}", name=bot.app_name or bot.open_id))

    async def _scopes(self) -> list[Finding]:
        try:
            granted = await self._desk.feishu.application.scopes()
        except CarryError as refused:
            click = text("{console} → Permissions", console=self._console("auth"))
            return [Finding(text("the app's permissions"), None, refused.text, click)]
        wanted = [one for one in SCOPES if one.when in self._asked.parts]
        found = [self._scope(one.names, one.why, granted) for one in wanted]
        missing = [one.names[0] for one, each in zip(wanted, found, strict=True) if not each.well]
        return [*found, self._all_at_once(missing)] if len(missing) > 1 else found

    def _all_at_once(self, missing: list[str]) -> Finding:
        """One page of the console on which everything that is missing can be ticked together."""
        click = text(
            "{console}: all of them on one page; add them, then Version management → create a version and have it approved",
            console=f"{self._console('auth')}?q={','.join(missing)}",
        )
        return Finding(text("all permissions"), False, text("{count} are missing", count=len(missing)), click)

    def _scope(self, names: tuple[str, ...], why: Text, granted: Collection[str]) -> Finding:
        what = text("permission {scope}: {why}", scope=names[0], why=why)
        if any(name in granted for name in names):
            return Finding(what)
        click = text(
            "{console}: add {names}, then Version management → create a version and have it approved",
            console=f"{self._console('auth')}?q={names[0]}",
            names=" / ".join(names),
        )
        return Finding(what, False, text("it is not granted"), click)

    def _way_in(self) -> Finding:
        what = text("how events come in: {by}", by=self._asked.by)
        console = self._console("event")
        match self._asked.by:
            case "nothing":
                click = text('set feishu.hearing.by to "long-connection"')
                return Finding(what, False, text("nothing that people do in Feishu is heard"), click)
            case "webhook" if not self._asked.sealed:
                click = text("{console} → Encryption: set both, and write them into feishu.hearing", console=console)
                return Finding(what, False, text("encrypt_key or verification_token is missing: anybody could play Feishu"), click)
            case "long-connection" if importlib.util.find_spec("lark_oapi") is None:
                return Finding(what, False, text("the package lark-oapi is not installed"), plain("pip install '.[feishu]'"))
            case _:
                return Finding(what)

    # -- what it is to reach ---------------------------------------------------------------------------------------------------------------

    async def _in_chat(self, chat: str) -> Finding:
        what = text("the bot is in the group {chat}", chat=chat)
        try:
            found = await self._desk.feishu.chats.get(chat)
            await self._desk.feishu.chats.members(chat)
        except CarryError as refused:
            click = text("open the group → Settings → Bots → Add bot; the group's id is under its settings too")
            return Finding(what, False, refused.text, click)
        return Finding(text("the bot is in the group {chat}", chat=found.name or chat))

    async def _template(self, template: str) -> Finding:
        what = text("the template {template} can be read", template=template)
        try:
            found = await self._desk.feishu.documents.get(template)
        except CarryError as refused:
            click = text("open the template → Share → add a group that the bot is in, with the right to view")
            return Finding(what, False, refused.text, click)
        return Finding(text("the template {template} can be read", template=f"《{found.title}》"))

    async def _people(self, now: datetime) -> list[Finding]:
        catalog = self._desk.catalog()
        wanted = [one for one in catalog.people.values() if one.joined and any(channel.startswith("feishu") for channel in one.reach)]
        if not wanted:
            why = text("nobody of the catalog has reach: [feishu]")
            return [Finding(text("people are found in Feishu"), False, why, text("people.yaml: give people reach: [feishu]"))]
        try:
            found = await self._desk.directory.open_ids(tuple(one.id for one in wanted), now)
        except CarryError as refused:
            click = text("{console} → Permissions → Data range: the app's contact range has them", console=self._console("auth"))
            return [Finding(text("people are found in Feishu"), False, refused.text, click)]
        missing = [one for one in wanted if one.id not in found]
        if not missing:
            return [Finding(text("people are found in Feishu: {count} of {all}", count=len(found), all=len(wanted)))]
        click = text(
            "people.yaml: give them `feishu`, `phone` or `email`; {console} → Permissions → Data range: the app's contact range has them",
            console=self._console("auth"),
        )
        why = text("nobody of that number or address")
        return [Finding(text("{person} is found in Feishu", person=one.id), False, why, click) for one in missing]

    async def _lines(self, now: datetime) -> list[Finding]:
        assert self._table is not None
        click = text("open the table → … → More → Add document app: this app, with the right to edit")
        try:
            table = await self._table.read(now)
        except BadTable as bad:
            return [Finding(text("the team's table"), False, fault.text, fault.remedy) for fault in bad.faults]
        except CarryError as refused:
            return [Finding(text("the team's table"), False, refused.text, click)]
        if not table.lines:
            return [Finding(text("the team's table"), False, text("the table has no rows"), click)]
        return [Finding(text("the team's table 《{title}》: {rows} rows", title=table.title, rows=len(table.lines)))]

    def _console(self, page: str) -> str:
        access = self._desk.feishu.access
        return f"{access.base_url}/app/{access.app_id}/{page}"


async def delivered(desk: Desk) -> str:
    """
    Make an event that only the app hears: a word of its own, in a group of its own, with its own reaction on it. The group's id.

    Raises GiveUp and TryLater. The caller dissolves the group.
    """
    chat = await desk.feishu.chats.open("Kuaihui checkup", [])
    said = await desk.feishu.messages.send(chat.chat_id, saying("…"))
    await desk.feishu.reactions.react(said.message_id, "DONE")
    return chat.chat_id
