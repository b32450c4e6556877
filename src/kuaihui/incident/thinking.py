"""
What was thought about the cause: runbooks that fit, changes suspected, guides followed, hypotheses weighed.

Rule 1: a verdict names who or what gave it: a person, or a check ("by" is the house) with the evidence that it rests on.
Rule 2: evidence is the number of a fact in the same timeline, so that anybody can look at it.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from kuaihui.incident.fact import Fact
from kuaihui.language import Text, text

FOR = "for"
AGAINST = "against"


class Fitting(msgspec.Struct, frozen=True, omit_defaults=True):
    """A runbook that fits, with its score (0 to 1) and the reason."""

    runbook: str
    name: str
    score: float
    reason: Text


class RunbooksMatched(Fact, frozen=True, kw_only=True, tag=True):
    """These runbooks fit what is seen, the best first."""

    fitting: tuple[Fitting, ...]

    @property
    def said(self) -> Text:
        first = self.fitting[0]
        return text("runbook that fits: {name} ({reason})", name=first.name, reason=first.reason)


class NoRunbookFits(Fact, frozen=True, kw_only=True, tag=True):
    """None of the `looked_at` runbooks fits: a gap to close afterwards."""

    looked_at: int

    @property
    def said(self) -> Text:
        return text("no runbook fits ({count} looked at): a gap to close afterwards", count=self.looked_at)


class ChangeSuspected(Fact, frozen=True, kw_only=True, tag=True):
    """A change before the break that may have caused it; `made` is when it was made (UTC), `score` is 0 to 1."""

    change: str
    title: str
    service: str
    kind: str = ""
    author: str = ""
    made: datetime
    score: float
    reason: Text
    link: str = ""

    @property
    def said(self) -> Text:
        return text("suspect change: {title} ({reason})", title=self.title, reason=self.reason)


class ChangeExcluded(Fact, frozen=True, kw_only=True, tag=True):
    """`by` thinks that this change did not cause it, and says why."""

    change: str
    title: str
    reason: Text

    @property
    def said(self) -> Text:
        return text("{by} excluded the change {title}: {reason}", by=f"@{self.by}", title=self.title, reason=self.reason)


class HypothesisRaised(Fact, frozen=True, kw_only=True, tag=True):
    """
    A claim about the cause, by the house or a person.

    `hypothesis` is its id, unique in the incident; `cause` the known error it is of, if any. `verify` is a read-only way to make sure,
    `mitigations` are what is safe to do if it is true.
    """

    hypothesis: str
    claim: Text
    cause: str = ""
    verify: Text | None = None
    mitigations: tuple[Text, ...] = ()

    @property
    def said(self) -> Text:
        return text("hypothesis: {claim}", claim=self.claim)


class EvidenceWeighed(Fact, frozen=True, kw_only=True, tag=True):
    """The fact with this `number` speaks for or against a hypothesis (`side`), with a weight from 0 to 1."""

    hypothesis: str
    side: str
    number: int
    weight: float
    says: Text

    @property
    def said(self) -> Text:
        if self.side == AGAINST:
            return text("speaks against {hypothesis}: {seen}", hypothesis=self.hypothesis, seen=self.says)
        return text("speaks for {hypothesis}: {seen}", hypothesis=self.hypothesis, seen=self.says)


class HypothesisConfirmed(Fact, frozen=True, kw_only=True, tag=True):
    """It is so: says `by`, a person, or the house after a check."""

    hypothesis: str
    claim: Text
    reason: Text

    @property
    def said(self) -> Text:
        return text("{by} confirmed: {claim} ({reason})", by=f"@{self.by}", claim=self.claim, reason=self.reason)


class HypothesisRejected(Fact, frozen=True, kw_only=True, tag=True):
    """It is not so: says `by`."""

    hypothesis: str
    claim: Text
    reason: Text

    @property
    def said(self) -> Text:
        return text("{by} rejected: {claim} ({reason})", by=f"@{self.by}", claim=self.claim, reason=self.reason)


class GuideStepTaken(Fact, frozen=True, kw_only=True, tag=True):
    """
    One step of a troubleshooting guide was carried out.

    `asked` is what the step asks, `answer` what was found; `holds` whether the step's condition holds (None: no answer could be had).
    `next` is the step it leads to, or empty.
    """

    guide: str
    step: str
    asked: Text
    answer: Text
    holds: bool | None
    next: str = ""

    @property
    def said(self) -> Text:
        guide = f"@guide:{self.guide}"
        if self.holds is None:
            return text("guide “{guide}”: {asked} Not answered: {answer}", guide=guide, asked=self.asked, answer=self.answer)
        if self.holds:
            return text("guide “{guide}”: {asked} Yes: {answer}", guide=guide, asked=self.asked, answer=self.answer)
        return text("guide “{guide}”: {asked} No: {answer}", guide=guide, asked=self.asked, answer=self.answer)


class GuideConcluded(Fact, frozen=True, kw_only=True, tag=True):
    """The guide has come to its end: with the cause it leads to, or without one (`cause` is empty)."""

    guide: str
    step: str
    cause: str = ""
    conclusion: Text

    @property
    def said(self) -> Text:
        return text("guide “{guide}” concludes: {conclusion}", guide=f"@guide:{self.guide}", conclusion=self.conclusion)


class GuideTakenOver(Fact, frozen=True, kw_only=True, tag=True):
    """`by` goes on by hand from this step; the house takes no further step of this guide."""

    guide: str
    step: str
    reason: Text

    @property
    def said(self) -> Text:
        return text("{by} took over the guide “{guide}”: {reason}", by=f"@{self.by}", guide=f"@guide:{self.guide}", reason=self.reason)
