"""The cause, as people think of it: raised, confirmed, rejected; a change excluded, a guide taken over."""

from __future__ import annotations

from datetime import datetime

from kuaihui.catalog.catalog import Catalog
from kuaihui.diagnosis.guides import current, ended
from kuaihui.errors import Refused
from kuaihui.incident.evidence import ChangesListed
from kuaihui.incident.fact import HOUSE, Fact
from kuaihui.incident.thinking import (
    ChangeExcluded,
    ChangeSuspected,
    GuideTakenOver,
    HypothesisConfirmed,
    HypothesisRaised,
    HypothesisRejected,
)
from kuaihui.incident.timeline import Timeline
from kuaihui.intake import signals
from kuaihui.intake.deeds.refusing import reason
from kuaihui.language import plain, text


def raise_hypothesis(deed: signals.RaiseHypothesis, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """Somebody thinks that it is this."""
    if not deed.claim.strip():
        raise Refused(text("a hypothesis needs a claim"))
    if any(fact.hypothesis == deed.hypothesis for fact in timeline.all(HypothesisRaised)):
        return []
    return [HypothesisRaised(at=now, by=deed.person, hypothesis=deed.hypothesis, claim=plain(deed.claim))]


def confirm(deed: signals.ConfirmHypothesis, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """It is so, unless that is the last word already."""
    raised = _hypothesis(timeline, deed.hypothesis)
    if isinstance(_last_word(timeline, deed.hypothesis), HypothesisConfirmed):
        return []
    return [HypothesisConfirmed(at=now, by=deed.person, hypothesis=deed.hypothesis, claim=raised.claim, reason=reason(deed.reason))]


def reject(deed: signals.RejectHypothesis, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """It is not so, unless that is a person's last word already: theirs stands beside the house's own."""
    raised, last = _hypothesis(timeline, deed.hypothesis), _last_word(timeline, deed.hypothesis)
    if isinstance(last, HypothesisRejected) and last.by != HOUSE:
        return []
    return [HypothesisRejected(at=now, by=deed.person, hypothesis=deed.hypothesis, claim=raised.claim, reason=reason(deed.reason))]


def exclude(deed: signals.ExcludeChange, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """This change did not cause it; a person's word stands beside the house's own."""
    if any(fact.change == deed.change and fact.by == deed.person for fact in timeline.all(ChangeExcluded, timeline.occasion)):
        return []
    return [ChangeExcluded(at=now, by=deed.person, change=deed.change, title=_title(timeline, deed.change), reason=reason(deed.reason))]


def take_over(deed: signals.TakeOverGuide, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """A person goes on by hand; a guide that has ended needs nobody."""
    guide = catalog.guides.get(deed.guide)
    if guide is None:
        raise Refused(text("there is no guide {guide}; there are: {known}", guide=deed.guide, known=tuple(catalog.guides)))
    if ended(timeline, guide):
        return []
    return [GuideTakenOver(at=now, by=deed.person, guide=guide.id, step=current(timeline, guide), reason=reason(deed.reason))]


def _hypothesis(timeline: Timeline, name: str) -> HypothesisRaised:
    for fact in reversed(timeline.all(HypothesisRaised)):
        if fact.hypothesis == name:
            return fact
    raise Refused(text("there is no hypothesis {hypothesis}", hypothesis=name))


def _last_word(timeline: Timeline, name: str) -> HypothesisConfirmed | HypothesisRejected | None:
    since = timeline.occasion
    said = [*timeline.numbered(HypothesisConfirmed, since), *timeline.numbered(HypothesisRejected, since)]
    return max(((number, fact) for number, fact in said if fact.hypothesis == name), key=lambda one: one[0], default=(0, None))[1]


def _title(timeline: Timeline, change: str) -> str:
    for suspected in timeline.all(ChangeSuspected):
        if suspected.change == change:
            return suspected.title
    for listed in timeline.all(ChangesListed):
        for one in listed.changes:
            if one.id == change:
                return one.title or one.id
    raise Refused(text("there is no change {change}", change=change))
