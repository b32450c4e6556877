"""
AskInDocument: a comment at a section of the docx that names whoever is asked.

Rule: Feishu keeps no idempotency key for comments, so what stands there is read before anything is written: a question stands there once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kuaihui.incident.fact import Fact
from kuaihui.incident.room import AskedInDocument
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.feishu.client.failures import FeishuRefused
from kuaihui.integrations.feishu.desk import NAME, Desk
from kuaihui.integrations.feishu.paper import HEADINGS
from kuaihui.language import say
from kuaihui.orders import AskInDocument

# What keeps us from the newer call, which alone can name a place in the document: it is not there, or does not take the place.
NO_PLACE: Final = frozenset({400, 404})


class Asker:
    """Asks in documents."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def ask(self, order: AskInDocument, timeline: Timeline, now: datetime) -> list[Fact]:
        """The question, where it does not stand yet. Raises GiveUp where the document is not in Feishu."""
        token = self._desk.paper(timeline, order.document).reference
        whom = await self._desk.directory.open_id(order.person, now)
        catalog = self._desk.catalog()
        words = say(order.words, catalog.language, catalog.names(catalog.language))
        comment = await self._standing(token, words) or await self._written(token, order.heading, words, whom)
        asked = AskedInDocument(
            at=now,
            by=NAME,
            section=order.section,
            name=order.heading,
            person=order.person,
            document=order.document,
            reference=token,
            comment=comment,
        )
        return [asked]

    async def _standing(self, token: str, words: str) -> str:
        """The comment that begins with this question; empty: there is none yet."""
        comments = await self._desk.feishu.comments.of(token)
        return next((one.comment_id for one in comments if any(words in each.words for each in one.reply_list.replies[:1])), "")

    async def _written(self, token: str, heading: str, words: str, whom: str) -> str:
        comments, block = self._desk.feishu.comments, await self._heading(token, heading)
        if block:
            try:
                return (await comments.add_at(token, block, words, [whom])).comment_id
            except FeishuRefused as refused:
                if refused.failure.http not in NO_PLACE or refused.failure.scopes:
                    raise
        return (await comments.add(token, words, [whom])).comment_id

    async def _heading(self, token: str, heading: str) -> str:
        """The block that a section begins with; empty where people have taken it out."""
        blocks = await self._desk.feishu.documents.blocks(token)
        return next((one.block_id for one in blocks if one.block_type in HEADINGS and one.words.strip() == heading), "")
