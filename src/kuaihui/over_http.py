"""
Asking a product outside over HTTP: its answer, or an error that says what its silence or refusal means for the order.

Rule 1: what is late, refused or unreadable becomes a CarryError; nobody above meets an error of the HTTP client.
Rule 2: a product's own words are quoted short, and scrubbed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import httpx
import msgspec

from kuaihui.diagnosis.scrubbing import DEFAULT, Scrubber
from kuaihui.errors import CarryError
from kuaihui.orders.refusals import refusal, too_slow, unreachable, unreadable

_LONGEST_QUOTE = 300
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Tenancy:
    """Where a product is and who we are there: by a token, or by a name and a password; `tenant` is sent as X-Scope-OrgID."""

    url: str
    token: str = field(default="", repr=False)
    username: str = ""
    password: str = field(default="", repr=False)
    tenant: str = ""

    def client(self, budget: timedelta, transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
        """A client that asks there, and waits no longer than the budget."""
        headers = {"X-Scope-OrgID": self.tenant} if self.tenant else {}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        auth = httpx.BasicAuth(self.username, self.password) if self.username else None
        return httpx.AsyncClient(
            base_url=self.url.rstrip("/"), headers=headers, auth=auth, transport=transport, timeout=budget.total_seconds()
        )


def _status(response: httpx.Response) -> int:
    return response.status_code


@dataclass(frozen=True)
class OverHttp:
    """One product, `source` in our words; `status` is what its answers mean, where that is not what their status code says."""

    client: httpx.AsyncClient
    source: str
    scrub: Scrubber = DEFAULT
    status: Callable[[httpx.Response], int] = _status

    async def ask(self, method: str, path: str, deadline: float | None = None, **sent: Any) -> httpx.Response:  # Any: httpx's own
        """What it answers before the deadline (by the loop's clock). Raises CarryError, also where it refuses."""
        response = await self.answer(method, path, deadline, **sent)
        told = self.scrub(response.text[:_LONGEST_QUOTE])
        if refused := refusal(self.source, self.status(response), told, response.headers.get("retry-after")):
            raise refused
        return response

    async def answer(self, method: str, path: str, deadline: float | None = None, **sent: Any) -> httpx.Response:
        """What it answers, a refusal too. Raises CarryError where it does not."""
        try:
            async with asyncio.timeout_at(deadline):
                return await self.client.request(method, path, **sent)
        except (TimeoutError, httpx.TimeoutException) as slow:
            raise too_slow(self.source) from slow
        except httpx.HTTPError as failed:
            raise unreachable(self.source, type(failed).__name__) from failed

    def read(self, response: httpx.Response, kind: type[T]) -> T:
        """Its JSON as one of our types. Raises GiveUp."""
        try:
            return msgspec.json.decode(response.content, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
            raise unreadable(self.source, str(wrong)) from wrong


async def each_for_itself(parts: Sequence[AsyncIterator[T]], source: str, budget: timedelta) -> tuple[list[T], list[CarryError]]:
    """
    What several questions to one source bring, one after the other, each within its share of the budget; and what failed.

    Raises CarryError where all of them failed.
    """
    found: list[T] = []
    failed: list[CarryError] = []
    for part in parts:
        try:
            async with asyncio.timeout((budget / len(parts)).total_seconds()):
                found += [one async for one in part]
        except TimeoutError:
            failed.append(too_slow(source))
        except CarryError as refused:
            failed.append(refused)
    if len(failed) == len(parts):
        raise failed[0]
    return found, failed
