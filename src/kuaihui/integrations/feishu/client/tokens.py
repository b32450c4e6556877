"""
The app's own token: fetched once for all who wait, renewed before it ends, thrown away when Feishu rejects it.

Rule: a token that still lives is used while a new one cannot be had.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import msgspec

from kuaihui.errors import TryLater

# Feishu hands out a new token, beside the old one, only in the last half hour of the old one's life.
RENEW_WHEN_LEFT = timedelta(minutes=29)


class Granted(msgspec.Struct, frozen=True):
    """A token and the seconds it lives."""

    tenant_access_token: str
    expire: int


class TenantToken:
    """One app's token, shared by all calls."""

    def __init__(self, fetch: Callable[[], Awaitable[Granted]]) -> None:
        self._fetch = fetch
        self._token = ""
        self._ends = 0.0  # of the event loop's clock
        self._one = asyncio.Lock()

    async def get(self) -> str:
        """A token that lives. Raises TryLater or GiveUp when there is none to be had."""
        if self._left() > RENEW_WHEN_LEFT.total_seconds():
            return self._token
        async with self._one:
            if self._left() <= RENEW_WHEN_LEFT.total_seconds():
                await self._renew()
            return self._token

    def reject(self, token: str) -> None:
        """Feishu does not accept this token; the next call fetches another. A token that was replaced meanwhile stays."""
        if token == self._token:
            self._token, self._ends = "", 0.0

    async def _renew(self) -> None:
        asked = asyncio.get_running_loop().time()
        try:
            granted = await self._fetch()
        except TryLater:
            if self._left() > 0:
                return
            raise
        self._token, self._ends = granted.tenant_access_token, asked + granted.expire

    def _left(self) -> float:
        return self._ends - asyncio.get_running_loop().time() if self._token else 0.0
