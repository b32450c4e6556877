"""What the app may do, and who its bot is: asked at start, so that a missing permission is found before the outage."""

from __future__ import annotations

import msgspec

from kuaihui.integrations.feishu.client.caller import Ask, Caller, Operation

SCOPES = Operation("application.v6.scope.list", "GET", "application/v6/scopes")
BOT = Operation("bot.v3.info", "GET", "bot/v3/info")
GRANTED = 1


class Scope(msgspec.Struct, frozen=True):
    """A permission and whether it is granted."""

    scope_name: str
    grant_status: int = 0


class Bot(msgspec.Struct, frozen=True):
    """The app's bot."""

    open_id: str
    app_name: str = ""


class _Scopes(msgspec.Struct):
    scopes: list[Scope] = []


class _Bot(msgspec.Struct):
    bot: Bot


class Application:
    """The app itself."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def scopes(self) -> set[str]:
        """The permissions that are granted."""
        found = (await self._caller.ask(Ask(operation=SCOPES, shape=_Scopes))).scopes
        return {one.scope_name for one in found if one.grant_status == GRANTED}

    async def bot(self) -> Bot:
        """Our bot: its open_id stands in messages that name it."""
        return (await self._caller.ask_flat(Ask(operation=BOT, shape=_Bot))).bot
