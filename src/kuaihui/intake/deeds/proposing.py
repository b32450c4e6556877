"""Proposals: what could be done, and who decided for or against it."""

from __future__ import annotations

from datetime import datetime

from kuaihui.catalog.catalog import Catalog
from kuaihui.errors import Refused
from kuaihui.incident.fact import Fact
from kuaihui.incident.proposals import decision, next_number
from kuaihui.incident.repair import ProposalChosen, ProposalDropped, ProposalMade
from kuaihui.incident.timeline import Timeline
from kuaihui.intake import signals
from kuaihui.intake.deeds.refusing import reason, still_open
from kuaihui.language import Text, plain, text


def propose(deed: signals.Propose, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """Something that could be done; the same words by the same person twice are one proposal."""
    still_open(timeline)
    if not deed.what.strip():
        raise Refused(text("a proposal needs words: what is to be done"))
    made = timeline.all(ProposalMade)
    if any(one.proposal == deed.proposal or (one.by, one.what) == (deed.person, plain(deed.what)) for one in made):
        return []
    return [
        ProposalMade(
            at=now,
            by=deed.person,
            proposal=deed.proposal or next_number(timeline),
            what=plain(deed.what),
            effect=_told(deed.effect),
            risk=_told(deed.risk),
            way_back=_told(deed.way_back),
        )
    ]


def choose(deed: signals.ChooseProposal, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """Decided for, unless that is the last word already."""
    still_open(timeline)
    made = proposal_of(timeline, deed.proposal)
    if isinstance(decision(timeline, made.proposal), ProposalChosen):
        return []
    return [ProposalChosen(at=now, by=deed.person, proposal=made.proposal, what=made.what, reason=reason(deed.reason))]


def drop(deed: signals.DropProposal, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """Decided against, unless that is the last word already."""
    made = proposal_of(timeline, deed.proposal)
    if isinstance(decision(timeline, made.proposal), ProposalDropped):
        return []
    return [ProposalDropped(at=now, by=deed.person, proposal=made.proposal, what=made.what, reason=reason(deed.reason))]


def proposal_of(timeline: Timeline, wanted: str) -> ProposalMade:
    """The proposal with this id. Raises Refused."""
    made = timeline.all(ProposalMade)
    for one in made:
        if one.proposal == wanted.strip().lstrip("#"):
            return one
    known = tuple(one.proposal for one in made) or "-"
    raise Refused(text("there is no proposal {proposal}; there are: {known}", proposal=wanted[:40] or "-", known=known))


def _told(words: str) -> Text | None:
    return plain(words.strip()) if words.strip() else None
