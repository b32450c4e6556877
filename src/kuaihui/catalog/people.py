"""People: how they are called, how they are reached, whose leader is who."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from kuaihui.catalog.shapes import Entry, Named


class Person(Entry):
    """Somebody who can be got."""

    id: str
    name: Named
    # Channels in the order they are tried; "inbox" (our own pages) always stands behind them.
    reach: tuple[str, ...] = ()
    phone: str = ""
    email: str = ""
    feishu: str = ""  # open_id, or empty to be looked up by phone or e-mail
    time_zone: str = "Asia/Shanghai"
    language: Literal["zh", "en"] = "zh"
    leader: str = ""
    backup: str = ""  # who is asked when this person is out of reach
    joined: bool = Field(default=True, description="False for somebody who has left: kept for old timelines, never paged")

    @property
    def channels(self) -> tuple[str, ...]:
        """Every channel this person can be paged by, the best first; the inbox is always there."""
        return (*[channel for channel in self.reach if channel != "inbox"], "inbox")
