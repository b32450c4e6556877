"""
Inform the superior: pulled in with a situation report when recovery is not in sight, told on a cadence, at each phase, and at the end.

Rule 1: the superior is pulled in when an occasion calls for it: the severity is reached, the budget to recover is spent, or no runbook fits
        and its own wait has passed. While it is mitigated or under observation, recovery is in sight and nobody new is called.
Rule 2: whatever a responder reports counts: the cadence begins anew from it. Before a report is due the communicator is given the draft.
Rule 3: the report is made when it is given, from the timeline, and kept word for word.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from kuaihui.briefing.clocks import broke_at
from kuaihui.briefing.situation_report import CADENCE, CLOSING, FIRST, PHASE, report_of, superiors
from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.hotfixes import Superior
from kuaihui.duties.due import Conclude, Due
from kuaihui.incident.alerts import SeverityChanged
from kuaihui.incident.fact import HOUSE
from kuaihui.incident.holders import holders
from kuaihui.incident.phases import Phase
from kuaihui.incident.repair import Reported
from kuaihui.incident.room import PulledIn
from kuaihui.incident.thinking import NoRunbookFits
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, plain, text
from kuaihui.language.durations import in_words
from kuaihui.orders import Tell

NOT_IN_SIGHT: Final = (Phase.OPEN, Phase.ENGAGED)
# How long before a report is due whoever writes it is told.
AHEAD: Final = timedelta(minutes=2)
WRITER: Final = "communicator"


def due(timeline: Timeline, catalog: Catalog, now: datetime) -> Iterator[Due | Conclude]:
    """The next report, the word to its writer, and the carrying of each that was given."""
    if timeline.service not in catalog.services:
        return
    wanted = catalog.service(timeline.service).superior
    if to := superiors(timeline, catalog, now):
        yield from Reporting(timeline, catalog, wanted, to, now).next()
    yield from _carried(timeline)


class Reporting:
    """What is to be reported next, to whom."""

    def __init__(self, timeline: Timeline, catalog: Catalog, wanted: Superior, to: tuple[str, ...], now: datetime) -> None:
        self.timeline, self.catalog, self.wanted, self.to, self.now = timeline, catalog, wanted, to, now

    def next(self) -> Iterator[Due | Conclude]:
        """The first report, or the one that follows the last."""
        reported = self.timeline.numbered(Reported)
        if not reported:
            if self.timeline.phase in NOT_IN_SIGHT:
                at, reason = min(self._occasions(), key=lambda one: one[0])
                yield self._report(at, FIRST, reason)
            return
        number, last = reported[-1]
        phase = self.timeline.phase
        if phase.value != last.phase:
            yield self._report(self.now, CLOSING if phase is Phase.CLOSED else PHASE, text("now {phase}", phase=phase.said))
        elif last.next_at is not None and phase is not Phase.CLOSED:
            yield self._report(last.next_at, CADENCE, text("it is time for the next report"))
            yield from self._ahead(number, last.next_at)

    def _occasions(self) -> Iterator[tuple[datetime, Text]]:
        """Each instant at which the superior is called for, with the reason."""
        service = self.catalog.service(self.timeline.service)
        since = self.timeline.facts[self.timeline.occasion].at
        after = self.wanted.after if self.wanted.after is not None else service.budgets.recover
        yield max(since, broke_at(self.timeline) + after), text("no recovery in sight after {span}", span=in_words(after))
        if self.timeline.severity <= self.wanted.severity:
            changed = self.timeline.last(SeverityChanged, self.timeline.occasion)
            yield changed.at if changed else since, text("severity P{severity}", severity=self.timeline.severity)
        if none_fits := self.timeline.last(NoRunbookFits, self.timeline.occasion):
            span = in_words(self.wanted.without_runbook)
            yield none_fits.at + self.wanted.without_runbook, text("no runbook fits, and {span} have passed", span=span)

    def _report(self, at: datetime, kind: str, reason: Text) -> Conclude:
        given = max(at, self.now)
        next_at = None if kind == CLOSING else given + self.wanted.every
        # What lies ahead is worded when its time has come.
        words = report_of(self.timeline, self.catalog, self.now, next_at) if at <= self.now else plain("")
        phase = self.timeline.phase.value
        return Conclude(at, Reported(at=given, to=self.to, kind=kind, words=words, reason=reason, phase=phase, next_at=next_at))

    def _ahead(self, number: int, next_at: datetime) -> Iterator[Due]:
        """A word to whoever writes reports, with the draft, so that they may say it better."""
        writer = holders(self.timeline).get(WRITER)
        if not writer or self.wanted.every <= 2 * AHEAD:
            return
        at = next_at - AHEAD
        draft = report_of(self.timeline, self.catalog, self.now, next_at) if at <= self.now else plain("")
        words = text(
            "In {span} this goes to {superior}; say “report: …” in the topic to put it in your own words:\n{draft}",
            span=in_words(AHEAD),
            superior=f"@{self.to[0]}",
            draft=draft,
        )
        yield Due(at, Tell(occasion=number, person=writer, about="report due", words=words))


def _carried(timeline: Timeline) -> Iterator[Due | Conclude]:
    """Each report goes to each superior; who is not in the room yet is pulled in."""
    reported = timeline.numbered(Reported)
    inside = {fact.person for fact in timeline.all(PulledIn)} if reported else set[str]()
    for number, fact in reported:
        for person in fact.to:
            if person not in inside and fact.kind != CLOSING:
                inside.add(person)
                yield Conclude(fact.at, PulledIn(at=fact.at, by=fact.by, person=person, reason=fact.reason))
            yield Due(fact.at, Tell(occasion=number, person=person, about="report", words=_words(fact)))


def _words(fact: Reported) -> Text:
    if fact.by == HOUSE:
        return fact.words
    return text("{person} reports:\n{words}", person=f"@{fact.by}", words=fact.words)
