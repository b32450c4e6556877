"""Suggestions for the rotas, kept in the journal until somebody has dealt with them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from kuaihui.journal.journal import Journal
from kuaihui.journal.notes import Note
from kuaihui.language import Text
from kuaihui.orders import Suggest

KIND: Final = "suggestion"
# Half a year: by then the rota has other people, and an incident that shows the gap again suggests it anew.
STANDS: Final = timedelta(days=182)


class Suggestion(msgspec.Struct, frozen=True):
    """What an incident showed about reaching people, and what would close the gap. `id` ends it."""

    id: str
    rota: str
    person: str
    kind: str
    reason: Text
    suggestion: Text
    incident: str
    at: datetime


def keeper(journal: Journal) -> Callable[[Suggest, str, datetime], Awaitable[None]]:
    """What keeps a suggestion in this journal; the same gap of the same person is kept once an incident."""

    async def keep(order: Suggest, incident: str, now: datetime) -> None:
        known = f"{incident}.{order.person}.{order.kind}"
        kept = Suggestion(known, order.rota, order.person, order.kind, order.reason, order.suggestion, incident, now)
        await journal.stand(Note(known, KIND, msgspec.json.encode(kept), now, now + STANDS, "kuaihui", now))

    return keep


async def suggestions(journal: Journal, now: datetime, rota: str = "") -> list[Suggestion]:
    """The suggestions that nobody has dealt with yet, the newest first; of one rota where it is named."""
    notes = [note for note in await journal.standing(KIND, now) if note.holds(now)]
    found = [msgspec.json.decode(note.body, type=Suggestion) for note in notes]
    return sorted((one for one in found if rota in ("", one.rota)), key=lambda one: one.at, reverse=True)
