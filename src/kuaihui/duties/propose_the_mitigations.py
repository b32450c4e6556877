"""
Propose the mitigations: what is safe to do for the cause that is known, and the runbook that fits; each once, for a person to decide on.

Rule 1: the house proposes and never decides: what is done is chosen by a named person.
Rule 2: what is only suspected is proposed when nobody has confirmed anything for a while, and says that it is only suspected.
Rule 3: once somebody has chosen, nothing more is proposed on this occasion: people are at work.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import msgspec

from kuaihui.catalog.catalog import Catalog
from kuaihui.duties.due import Conclude
from kuaihui.duties.take_the_first_look import BROKEN
from kuaihui.incident.proposals import next_number
from kuaihui.incident.repair import ProposalChosen, ProposalMade
from kuaihui.incident.thinking import HypothesisConfirmed, HypothesisRaised, HypothesisRejected, RunbooksMatched
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, text

# A check that can confirm a cause has done so by then.
UNCONFIRMED: Final = timedelta(minutes=2)
MOST: Final = 3  # of one cause: more are not weighed by anybody at night


class Idea(msgspec.Struct, frozen=True):
    """Something to propose: when, what it comes from, what it is, and what it should bring or may harm."""

    at: datetime
    source: str
    what: Text
    effect: Text
    risk: Text | None = None


def due(timeline: Timeline, catalog: Catalog, now: datetime) -> Iterator[Conclude]:
    """A proposal for each idea that has not been proposed yet."""
    if timeline.phase not in BROKEN or timeline.has(ProposalChosen, timeline.occasion):
        return
    ideas = (*_runbook(timeline), *_causes(timeline))
    if not ideas:
        return
    made = {one.source for one in timeline.all(ProposalMade, timeline.occasion)}
    number = int(next_number(timeline))
    for idea in ideas:
        if idea.source in made:
            continue
        fact = ProposalMade(at=now, proposal=str(number), what=idea.what, effect=idea.effect, risk=idea.risk, source=idea.source)
        yield Conclude(max(idea.at, now), fact)
        if idea.at <= now:
            number += 1


def _runbook(timeline: Timeline) -> Iterator[Idea]:
    """The best of those that fit."""
    if matched := timeline.last(RunbooksMatched, timeline.occasion):
        best = matched.fitting[0]
        yield Idea(matched.at, f"runbook:{best.runbook}", text("follow the runbook {name}", name=best.name), best.reason)


def _causes(timeline: Timeline) -> Iterator[Idea]:
    since = timeline.occasion
    raised = {fact.hypothesis: fact for fact in timeline.all(HypothesisRaised, since)}
    if not raised:
        return
    rejected = {fact.hypothesis for fact in timeline.all(HypothesisRejected, since)}
    confirmed = [fact for fact in timeline.all(HypothesisConfirmed, since) if fact.hypothesis not in rejected]
    for fact in confirmed:
        if known := raised.get(fact.hypothesis):
            yield from _of(known, fact.at, None)
    if not confirmed:
        for known in [fact for name, fact in raised.items() if name not in rejected][:1]:
            yield from _of(known, known.at + UNCONFIRMED, text("the cause is only suspected"))


def _of(known: HypothesisRaised, at: datetime, risk: Text | None) -> Iterator[Idea]:
    for number, what in enumerate(known.mitigations[:MOST], start=1):
        yield Idea(at, f"hypothesis:{known.hypothesis}/{number}", what, text("relieves “{claim}”", claim=known.claim), risk)
