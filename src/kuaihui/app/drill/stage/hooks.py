"""Where the stage tells the outside what happens: alerts and changes, in the forms of the field."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

import httpx
import msgspec

from kuaihui.app.drill.stage.roles import Receiver

PATIENCE = 5.0  # seconds
TRIES = 3


@dataclass(frozen=True, kw_only=True)
class Hooks:
    """
    Who is told; each may be missing.

    `alerts` takes a post in the form of Alertmanager's API and ends with /api/v2/alerts; `webhook` takes Alertmanager's webhook, which only
    a real Alertmanager sends; `changes` takes a `Change`.
    """

    alerts: Receiver | None = None
    webhook: Receiver | None = None
    changes: Receiver | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a release, as a pipeline reports it; `status` is started, succeeded or failed, `id` is the release's own."""

    id: str
    title: str
    service: str
    environment: str
    version: str
    status: str
    author: str
    at: datetime
    link: str


async def tell(change: Change, receiver: Receiver) -> str:
    """Post a change, again where the receiver is busy; "" when it was taken, else why not. A pipeline goes on either way."""
    headers = {"content-type": "application/json", **({"authorization": f"Bearer {receiver.token}"} if receiver.token else {})}
    said = ""
    async with httpx.AsyncClient(timeout=PATIENCE) as out:
        for attempt in range(TRIES):
            try:
                answer = await out.post(receiver.url, content=msgspec.json.encode(change), headers=headers)
            except httpx.HTTPError as fault:
                said = str(fault) or type(fault).__name__
            else:
                said = "" if answer.is_success else f"HTTP {answer.status_code}"
                if answer.status_code < 500:
                    return said
            await asyncio.sleep(0.2 * (attempt + 1))
    return said
