"""All of Feishu that we call, by subject, behind one app's credentials."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from kuaihui.integrations.feishu.client.access import Access
from kuaihui.integrations.feishu.client.caller import Caller
from kuaihui.integrations.feishu.client.chats import Chats
from kuaihui.integrations.feishu.client.files import Files
from kuaihui.integrations.feishu.client.messages import Messages
from kuaihui.integrations.feishu.client.people import People
from kuaihui.integrations.feishu.client.reactions import Reactions


class Feishu:
    """One app in one tenant."""

    def __init__(self, caller: Caller) -> None:
        self.access = caller.access
        self.messages = Messages(caller)
        self.reactions = Reactions(caller)
        self.files = Files(caller)
        self.chats = Chats(caller)
        self.people = People(caller)


@asynccontextmanager
async def feishu(access: Access, jitter: Callable[[], float], patience: timedelta = timedelta(seconds=8)) -> AsyncGenerator[Feishu]:
    """Feishu as this app, its connections closed afterwards."""
    caller = Caller(access, jitter, patience)
    try:
        yield Feishu(caller)
    finally:
        await caller.close()
