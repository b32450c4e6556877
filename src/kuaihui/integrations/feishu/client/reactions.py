"""Emoji on messages and the side list of pinned ones: small signs that somebody is at work."""

from __future__ import annotations

from datetime import datetime

import msgspec

from kuaihui.integrations.feishu.client.caller import TIER_4, Ask, Caller, Nothing, Operation
from kuaihui.integrations.feishu.client.paces import Pace
from kuaihui.integrations.feishu.client.pages import Page, all_of
from kuaihui.integrations.feishu.client.times import from_milliseconds

CREATE = Operation("im.v1.message_reaction.create", "POST", "im/v1/messages/{message_id}/reactions")
LIST = Operation("im.v1.message_reaction.list", "GET", "im/v1/messages/{message_id}/reactions")
DELETE = Operation("im.v1.message_reaction.delete", "DELETE", "im/v1/messages/{message_id}/reactions/{reaction_id}")
PIN = Operation("im.v1.pin.create", "POST", "im/v1/pins", (*TIER_4, Pace(5)))
UNPIN = Operation("im.v1.pin.delete", "DELETE", "im/v1/pins/{message_id}", (*TIER_4, Pace(5)))
PINS = Operation("im.v1.pin.list", "GET", "im/v1/pins")


class Operator(msgspec.Struct, frozen=True):
    """Who put an emoji: a person by open_id, a bot by app_id."""

    operator_id: str
    operator_type: str


class Emoji(msgspec.Struct, frozen=True):
    """An emoji by its name, such as "OnIt"."""

    emoji_type: str


class Reaction(msgspec.Struct, frozen=True):
    """One emoji of one operator."""

    reaction_id: str
    operator: Operator
    reaction_type: Emoji
    action_time: int = 0  # milliseconds

    @property
    def at(self) -> datetime:
        """When it was put."""
        return from_milliseconds(self.action_time)


class Pin(msgspec.Struct, frozen=True):
    """A pinned message."""

    message_id: str
    chat_id: str = ""
    create_time: int = 0


class _Pinned(msgspec.Struct):
    pin: Pin


class Reactions:
    """Emoji and pins. Each of these made twice is the same as once."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def react(self, message_id: str, emoji: str) -> Reaction:
        """Put an emoji on a message."""
        body = {"reaction_type": {"emoji_type": emoji}}
        return await self._caller.ask(Ask(operation=CREATE, shape=Reaction, path={"message_id": message_id}, body=body, twice_is_once=True))

    async def unreact(self, message_id: str, reaction_id: str) -> None:
        """Take an emoji of ours off."""
        await self._caller.ask(Ask(operation=DELETE, shape=Reaction, path={"message_id": message_id, "reaction_id": reaction_id}))

    async def of(self, message_id: str) -> list[Reaction]:
        """All emoji on a message."""
        pages = all_of(self._caller, LIST, Page[Reaction], path={"message_id": message_id}, query={"page_size": 50})
        return [reaction async for reaction in pages]

    async def pin(self, message_id: str) -> Pin:
        """Put a message on its chat's side list."""
        ask = Ask(operation=PIN, shape=_Pinned, body={"message_id": message_id}, twice_is_once=True)
        return (await self._caller.ask(ask)).pin

    async def unpin(self, message_id: str) -> None:
        """Take a message off the side list."""
        await self._caller.ask(Ask(operation=UNPIN, shape=Nothing, path={"message_id": message_id}, twice_is_once=True))

    async def pins(self, chat_id: str) -> list[Pin]:
        """A chat's side list, newest first."""
        return [pin async for pin in all_of(self._caller, PINS, Page[Pin], query={"chat_id": chat_id, "page_size": 50})]
