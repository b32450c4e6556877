"""Feishu (飞书) or Lark: the workplace where the team already is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Any

from kuaihui.incident.fact import Fact
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.feishu.desk import NAME, Desk
from kuaihui.integrations.feishu.members import Members
from kuaihui.integrations.feishu.open_topic import TopicOpener
from kuaihui.integrations.feishu.page import CHANNELS, Pager
from kuaihui.integrations.feishu.post import Poster
from kuaihui.orders import OpenTopic, Order, Page, Post

Carrying = dict[type[Order], Callable[[Any, Timeline, datetime], Awaitable[list[Fact]]]]


class Workplace:
    """
    The tenant as a workplace.

    It keeps nothing of its own: Feishu's ids stand in the facts it answers with. What it gives up on (no such topic, no right, nobody of
    that name) the workplace behind it carries. `leave` names what is left to that one from the start.
    """

    name = NAME
    channels = CHANNELS

    def __init__(self, desk: Desk, leave: Collection[str] = ()) -> None:
        self.desk = desk
        self.members = Members(desk.feishu)
        carries: Carrying = {Page: Pager(desk).page}
        if "topics" not in leave:
            carries |= self._topics()
        self.carries = carries

    def _topics(self) -> Carrying:
        desk = self.desk
        return {OpenTopic: TopicOpener(desk).open, Post: Poster(desk, self.members).post}
