"""Keeping what stands outside in step with the timeline: the status card in the chat, the document in the team's folder."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from kuaihui.language import Text, text
from kuaihui.orders.order import Order


class UpdateCard(Order, frozen=True, kw_only=True, tag=True):
    """Put the incident as it stands on the card `card` (what its carrier calls it). The occasion is the newest fact it has to show."""

    card: str

    @property
    def said(self) -> Text:
        return text("update the status card")


class KeepDocument(Order, frozen=True, kw_only=True, tag=True):
    """
    Bring the document `reference` (what its carrier calls it) up to the fact `occasion`, and take over what people wrote in it.

    `document` is "" for the incident's own, or "review". Answered with DocumentKept, and with DocumentEdited for each section that people
    have written in.
    """

    reference: str
    document: str = ""

    timeout: ClassVar[timedelta] = timedelta(seconds=60)
    patience: ClassVar[timedelta] = timedelta(seconds=90)

    @property
    def key(self) -> tuple[str | int, ...]:
        return (self.document,) if self.document else ()

    @property
    def said(self) -> Text:
        return text("bring the review up to date") if self.document else text("bring the document up to date")
