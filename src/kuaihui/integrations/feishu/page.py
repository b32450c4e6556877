"""Page: a card to the person alone, with its buttons, and a ring (加急) besides by the channel or the level."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kuaihui.errors import GiveUp
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Sent
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.feishu.cards import Drawer
from kuaihui.integrations.feishu.client import content
from kuaihui.integrations.feishu.client.messages import Means
from kuaihui.integrations.feishu.desk import NAME, Desk, key
from kuaihui.language import text
from kuaihui.orders import Page

RINGING: Final[dict[str, Means]] = {"feishu-urgent-app": "app", "feishu-urgent-sms": "sms", "feishu-urgent-phone": "phone"}
CHANNELS: Final = frozenset({NAME, *RINGING})


class Pager:
    """Pages people."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def page(self, order: Page, timeline: Timeline, now: datetime) -> list[Fact]:
        """
        The card, and its ring.

        On the channel "feishu" a ring that Feishu refuses (no quota, no right) leaves the card standing; a channel that is named for its
        ring gives up, so that the person's next channel is tried.
        """
        desk = self._desk
        open_id = await desk.directory.open_id(order.person, now)
        drawer = Drawer(timeline, desk.catalog(), desk.link(timeline), desk.language_of(order.person))
        card = content.card(drawer.page(order.reason, order.identity))
        sent = await desk.feishu.messages.send(open_id, card, key=key(timeline, order))
        channel = await self._rung(order, sent.message_id, open_id, drill=timeline.opened.drill)
        return [Sent(at=now, by=NAME, identity=order.identity, person=order.person, channel=channel, reference=sent.message_id)]

    async def _rung(self, order: Page, message: str, open_id: str, *, drill: bool) -> str:
        """Ring, and say by which channel the page really went; a drill rings no telephone."""
        means = RINGING.get(order.channel) or self._means(order.level)
        if drill and means is not None:
            means = "app"
        if means is None:
            return NAME
        try:
            out_of_reach = await self._desk.feishu.messages.buzz(message, [open_id], means)
        except GiveUp:
            if order.channel in RINGING:
                raise
            return NAME
        if not out_of_reach:
            return f"{NAME}-urgent-{means}"
        if order.channel in RINGING:
            raise GiveUp(text("Feishu cannot ring {person} by {means}", person=f"@{order.person}", means=means))
        return NAME

    def _means(self, level: int) -> Means | None:
        """How this level rings: the last one that is set holds for all above it."""
        buzz = self._desk.places.buzz
        return buzz[min(level, len(buzz)) - 1] if buzz else None
