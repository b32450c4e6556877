"""Showing evidence in the topic."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from kuaihui.language import Text, text
from kuaihui.orders.order import Order


class ShowEvidence(Order, frozen=True, kw_only=True, tag=True):
    """
    Show the look with the number `occasion` in the topic: its picture, its words, and the way to the source.

    `language` and `time_zone` are the team's: a picture can be in one only.
    """

    language: str = "zh"
    time_zone: str = "Asia/Shanghai"

    timeout: ClassVar[timedelta] = timedelta(seconds=20)

    @property
    def said(self) -> Text:
        return text("show what was seen in the topic")
