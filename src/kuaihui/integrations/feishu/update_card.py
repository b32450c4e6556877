"""UpdateCard: the incident as it stands, put in the place of the card that shows it."""

from __future__ import annotations

from datetime import datetime

from kuaihui.incident.fact import Fact
from kuaihui.incident.timeline import Timeline
from kuaihui.integrations.feishu.cards import Drawer
from kuaihui.integrations.feishu.client import content
from kuaihui.integrations.feishu.desk import Desk
from kuaihui.orders import UpdateCard


class CardKeeper:
    """Keeps status cards."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def update(self, order: UpdateCard, timeline: Timeline, now: datetime) -> list[Fact]:
        """Made twice it is the same card; a card of more than fourteen days is given up on."""
        desk = self._desk
        drawer = Drawer(timeline, desk.catalog(), desk.link(timeline), desk.catalog().language)
        await desk.feishu.messages.update_card(order.card, content.card(drawer.status()))
        return []
