"""
Who is who: the catalog's people by their Feishu open_id, and back.

Rule 1: the catalog's own `feishu` goes before a look-up; nobody is looked up twice, and all who are missing are looked up in one call.
Rule 2: who is not found is looked for again after a while: people are added to the tenant, and to the app's contact range.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.people import Person
from kuaihui.errors import GiveUp
from kuaihui.integrations.feishu.client.feishu import Feishu
from kuaihui.language import text

LOOK_AGAIN: Final = timedelta(minutes=10)
_BETWEEN: Final = re.compile(r"[\s().-]")  # what people write between digits


class Directory:
    """The people of the catalog in the tenant."""

    def __init__(self, feishu: Feishu, catalog: Callable[[], Catalog]) -> None:
        self._feishu = feishu
        self._catalog = catalog
        self._found: dict[str, str] = {}  # e-mail address or number → open_id
        self._missing: dict[str, datetime] = {}  # looked for in vain, and when
        self._one = asyncio.Lock()

    async def open_id(self, person: str, now: datetime) -> str:
        """Somebody's open_id. Raises GiveUp where Feishu has nobody with their id, number or address; TryLater where it cannot say."""
        known = self._catalog().people.get(person)
        if known is None:
            raise GiveUp(text("the catalog has nobody called {person}", person=person))
        if known.feishu:
            return known.feishu
        async with self._one:
            await self._look_up(now)
        if found := self._known(known):
            return found
        raise GiveUp(
            text(
                "Feishu does not know {person}: give their `feishu` (an open_id), `phone` or `email` in the catalog",
                person=f"@{person}",
            )
        )

    async def open_ids(self, people: tuple[str, ...], now: datetime) -> dict[str, str]:
        """The open_ids of those whom Feishu knows."""
        found: dict[str, str] = {}
        for person in people:
            try:
                found[person] = await self.open_id(person, now)
            except GiveUp:
                continue
        return found

    async def person(self, open_id: str, now: datetime) -> str:
        """Whom of the catalog an open_id is; empty for somebody it does not have."""
        async with self._one:
            await self._look_up(now)
        return next((one.id for one in self._catalog().people.values() if self._known(one) == open_id), "")

    def _known(self, person: Person) -> str:
        return person.feishu or self._found.get(number(person.phone), "") or self._found.get(person.email.lower(), "")

    async def _look_up(self, now: datetime) -> None:
        """Ask once for everybody who is not known yet."""
        lost = [one for one in self._catalog().people.values() if one.joined and not self._known(one)]
        wanted = [one for one in lost if now - self._missing.get(one.id, now - LOOK_AGAIN) >= LOOK_AGAIN and (one.phone or one.email)]
        if not wanted:
            return
        mobiles, emails = [number(one.phone) for one in wanted if one.phone], [one.email for one in wanted if one.email]
        found = await self._feishu.people.find(emails=emails, mobiles=mobiles)
        self._found |= {told.lower() if "@" in told else number(told): open_id for told, open_id in found.items()}
        self._missing |= {one.id: now for one in wanted if not self._known(one)}


def number(phone: str) -> str:
    """A telephone number as Feishu keeps it: digits alone in mainland China, a + before those of elsewhere."""
    bare = _BETWEEN.sub("", phone)
    return bare.removeprefix("+86") if bare.startswith("+86") else bare
