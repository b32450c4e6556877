"""
Catch up the late: who comes to it late gets one word with all of it, and a gap in reaching people goes to the rota.

Rule 1: whoever was paged and absent gets one catch-up an incident: when they stir, or when it is closed, whichever is first. So does
        whoever is pulled in once it is under way.
Rule 2: that they are back, and what they did first, is recorded without blame.
Rule 3: on closing, each page that stood unread for longer than its level waits becomes a suggestion for the rota: about channels and
        numbers and who stands behind whom, never about the person.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import msgspec

from kuaihui.briefing.catch_up import Late, catch_up, late_ones, waited_for
from kuaihui.briefing.receipts import latest_pages
from kuaihui.catalog.catalog import Catalog
from kuaihui.duties.due import Conclude, Due
from kuaihui.incident.holders import last_seen
from kuaihui.incident.learning import LateOneCaughtUp, ReachabilityFound
from kuaihui.incident.phases import Phase
from kuaihui.incident.recovery import Closed
from kuaihui.incident.repair import Reported
from kuaihui.incident.room import PulledIn
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, plain, text
from kuaihui.language.durations import roughly
from kuaihui.orders import Suggest, Tell

ABOUT: Final = "catch-up"
UNDER_WAY: Final = timedelta(minutes=2)  # whoever is pulled in before has missed nothing


def due(timeline: Timeline, catalog: Catalog, now: datetime) -> Iterator[Due | Conclude]:
    """A catch-up for each late one, that they are back, and what the rota may learn from it."""
    late = late_ones(timeline)
    closed = timeline.last(Closed) if timeline.phase is Phase.CLOSED else None
    for one in late:
        yield from _late(timeline, catalog, one, closed, now)
    known = {one.person for one in late}
    known |= {person for fact in timeline.all(Reported) for person in fact.to}  # a report tells as much
    for number, pulled in timeline.numbered(PulledIn):
        if pulled.person not in known and _comes_late(timeline, pulled, number):
            known.add(pulled.person)
            yield from _word(timeline, catalog, number, pulled.person, pulled.at, now)
    if closed and closed.verdict == "recovered":
        yield from _find(timeline, catalog, late, closed)
    for number, found in timeline.numbered(ReachabilityFound):
        order = Suggest(
            occasion=number, rota=found.rota, person=found.person, kind=found.kind, reason=found.reason, suggestion=found.suggestion
        )
        yield Due(found.at, order)


def _late(timeline: Timeline, catalog: Catalog, one: Late, closed: Closed | None, now: datetime) -> Iterator[Due | Conclude]:
    at = min(filter(None, (one.back, closed and closed.at)), default=None)
    if at is not None:
        yield from _word(timeline, catalog, one.number, one.person, at, now)
    if one.back and not any(fact.by == one.person for fact in timeline.all(LateOneCaughtUp)):
        yield Conclude(one.back, LateOneCaughtUp(at=one.back, by=one.person, called=one.called, how=one.how))


def _word(timeline: Timeline, catalog: Catalog, number: int, person: str, at: datetime, now: datetime) -> Iterator[Due]:
    """The one word with all of it; what was told is not put together again."""
    tell = Tell(occasion=number, person=person, about=ABOUT, words=plain(""))
    answer = timeline.answers.get(tell.identity)
    if answer is None or answer.outcome != "done":
        yield Due(at, msgspec.structs.replace(tell, words=catch_up(timeline, catalog, person, now)))


def _comes_late(timeline: Timeline, pulled: PulledIn, number: int) -> bool:
    if pulled.at - timeline.opened.at <= UNDER_WAY or pulled.person == pulled.by:
        return False
    return pulled.person not in last_seen(Timeline(timeline.incident, timeline.facts[:number]))


# -- what the rota may learn ---------------------------------------------------------------------------------------------------------------


def _find(timeline: Timeline, catalog: Catalog, late: list[Late], closed: Closed) -> Iterator[Conclude]:
    known = {(fact.person, fact.kind) for fact in timeline.all(ReachabilityFound)}
    rota = catalog.service(timeline.service).rota
    for one in late:
        kind = "unread" if one.level == 1 else "backup"
        if one.needed > waited_for(timeline, one.level) and (one.person, kind) not in known:
            waited = (one.back or closed.at) - one.called
            reason = _reason(one, waited)
            yield _found(closed, rota, one.person, kind, waited, reason, _suggestion(catalog, one, rota))
    for receipt in latest_pages(timeline):
        if receipt.failed and (receipt.person, "channel") not in known:
            who, channel = f"@{receipt.person}", receipt.channel
            reason = text("{channel} did not reach {person}: {why}", channel=channel, person=who, why=receipt.failed)
            remedy = text("set {channel} right for {person}, or put another channel before it", channel=channel, person=who)
            yield _found(closed, rota, receipt.person, "channel", timedelta(0), reason, remedy)


def _found(closed: Closed, rota: str, person: str, kind: str, waited: timedelta, reason: Text, suggestion: Text) -> Conclude:
    fact = ReachabilityFound(at=closed.at, rota=rota, person=person, kind=kind, waited=waited, reason=reason, suggestion=suggestion)
    return Conclude(closed.at, fact)


def _reason(one: Late, waited: timedelta) -> Text:
    who, span = f"@{one.person}", roughly(waited)
    if one.level > 1:
        return text("the backup {person} had not read the page after {span}", person=who, span=span)
    return text("the on-call {person} had not read the page after {span}", person=who, span=span)


def _suggestion(catalog: Catalog, one: Late, rota: str) -> Text:
    """What would close the gap: a channel that rings, a second number, or somebody who stands behind."""
    person = catalog.people.get(one.person)
    if person and person.channels == ("inbox",):
        return text("give {person} a channel that rings (reach): only the inbox is set up", person=f"@{one.person}")
    if one.level > 1:
        return text("name a second backup in {rota}, or wait less before the next level", rota=f"@rota:{rota}")
    return text("a second number or channel for {person}", person=f"@{one.person}")
