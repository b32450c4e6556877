"""What stands of the proposals: the last word on each, and the number the next one gets."""

from __future__ import annotations

from kuaihui.incident.repair import ProposalChosen, ProposalDropped, ProposalMade
from kuaihui.incident.timeline import Timeline


def next_number(timeline: Timeline) -> str:
    """The id of the next proposal: people say it, so it is a number."""
    taken = {one.proposal for one in timeline.all(ProposalMade)}
    return next(str(number) for number in range(1, len(taken) + 2) if str(number) not in taken)


def decision(timeline: Timeline, proposal: str) -> ProposalChosen | ProposalDropped | None:
    """The last word on a proposal."""
    said = [*timeline.numbered(ProposalChosen), *timeline.numbered(ProposalDropped)]
    return max(((number, fact) for number, fact in said if fact.proposal == proposal), key=lambda one: one[0], default=(0, None))[1]
