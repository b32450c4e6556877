"""Who is in a chat: whoever is named there is let in first, or the naming would ring at nobody's side."""

from __future__ import annotations

from collections.abc import Iterable

from kuaihui.errors import CarryError
from kuaihui.integrations.feishu.client.chats import Added
from kuaihui.integrations.feishu.client.feishu import Feishu


class Members:
    """The people of the chats we speak in, as far as we know; people who left are noticed when the house is started anew."""

    def __init__(self, feishu: Feishu) -> None:
        self._feishu = feishu
        self._inside: dict[str, set[str]] = {}

    async def let_in(self, chat: str, open_ids: Iterable[str]) -> Added:
        """Add those who are not in yet; who could not be added. Raises FeishuRefused where the bot may not add anybody."""
        inside = self._inside.get(chat)
        if inside is None:
            inside = self._inside[chat] = {one.member_id for one in await self._feishu.chats.members(chat)}
        missing = [one for one in dict.fromkeys(open_ids) if one not in inside]
        added = await self._feishu.chats.add(chat, missing) if missing else Added()
        inside.update(set(missing) - set(added.left_out))
        return added

    async def try_to_let_in(self, chat: str, open_ids: Iterable[str]) -> None:
        """The same, where something goes on whether or not it succeeds."""
        try:
            await self.let_in(chat, open_ids)
        except CarryError:
            return

    def forget(self, chat: str) -> None:
        """Ask anew who is in this chat: somebody came or went."""
        self._inside.pop(chat, None)
