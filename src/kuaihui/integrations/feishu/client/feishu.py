"""All of Feishu that we call, by subject, behind one app's credentials."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from kuaihui.integrations.feishu.client.access import Access
from kuaihui.integrations.feishu.client.application import Application
from kuaihui.integrations.feishu.client.caller import Caller
from kuaihui.integrations.feishu.client.chats import Chats
from kuaihui.integrations.feishu.client.comments import Comments
from kuaihui.integrations.feishu.client.documents import Documents
from kuaihui.integrations.feishu.client.files import Files
from kuaihui.integrations.feishu.client.login import Login
from kuaihui.integrations.feishu.client.meetings import Meetings
from kuaihui.integrations.feishu.client.messages import Messages
from kuaihui.integrations.feishu.client.people import People
from kuaihui.integrations.feishu.client.reactions import Reactions
from kuaihui.integrations.feishu.client.tables import Tables
from kuaihui.integrations.feishu.client.tasks import Tasks


class Feishu:
    """One app in one tenant."""

    def __init__(self, caller: Caller) -> None:
        self.access = caller.access
        self.messages = Messages(caller)
        self.reactions = Reactions(caller)
        self.files = Files(caller)
        self.chats = Chats(caller)
        self.people = People(caller)
        self.tasks = Tasks(caller)
        self.tables = Tables(caller)
        self.meetings = Meetings(caller)
        self.login = Login(caller)
        self.documents = Documents(caller)
        self.comments = Comments(caller)
        self.application = Application(caller)


@asynccontextmanager
async def feishu(
    access: Access, jitter: Callable[[], float], patience: timedelta = timedelta(seconds=8), time_out: float = 10.0
) -> AsyncGenerator[Feishu]:
    """Feishu as this app, its connections closed afterwards. `time_out` in seconds is for one try, `patience` for all tries of a call."""
    caller = Caller(access, jitter, patience, time_out)
    try:
        yield Feishu(caller)
    finally:
        await caller.close()
