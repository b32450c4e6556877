"""
The repair: what was proposed and chosen, and how a hotfix or rollback goes through its gates.

Rule 1: the gates in force are quoted in HotfixStarted: an edit of the catalog changes the next hotfix.
Rule 2: what passed or failed a gate has its own instant, `happened` (UTC): news that comes late or twice changes nothing, since the newest
        by that instant is the last word on the gate (trains.py).
Rule 3: a gate is skipped by a named person with a reason, never by the house.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from kuaihui.incident.alerts import measured
from kuaihui.incident.fact import Fact
from kuaihui.language import Text, text

HOTFIX = "hotfix"
ROLLBACK = "rollback"

# What a measurement comes to.
RECOVERED = "recovered"  # back to its usual level
BETTER = "better"
SAME = "same"
WORSE = "worse"
SILENT = "silent"  # the source had no value


# -- proposals ---------------------------------------------------------------------------------------------------------------------------


class ProposalMade(Fact, frozen=True, kw_only=True, tag=True):
    """
    Something that could be done, with what it should bring, what it may harm, and how it is taken back.

    `proposal` is its id, unique in the incident ("1", "2" …). `source` is what it came from: "" (a person), "runbook:ID", "hypothesis:ID".
    """

    proposal: str
    what: Text
    effect: Text | None = None
    risk: Text | None = None
    way_back: Text | None = None
    source: str = ""

    @property
    def said(self) -> Text:
        return text("{by} proposes ({proposal}): {what}", by=f"@{self.by}", proposal=self.proposal, what=self.what)


class ProposalChosen(Fact, frozen=True, kw_only=True, tag=True):
    """`by` decided for this proposal."""

    proposal: str
    what: Text
    reason: Text

    @property
    def said(self) -> Text:
        return text(
            "{by} chose proposal {proposal}, {what}: {reason}", by=f"@{self.by}", proposal=self.proposal, what=self.what, reason=self.reason
        )


class ProposalDropped(Fact, frozen=True, kw_only=True, tag=True):
    """`by` decided against this proposal; it stays on record with the reason."""

    proposal: str
    what: Text
    reason: Text

    @property
    def said(self) -> Text:
        return text(
            "{by} dropped proposal {proposal}, {what}: {reason}",
            by=f"@{self.by}",
            proposal=self.proposal,
            what=self.what,
            reason=self.reason,
        )


# -- the train ---------------------------------------------------------------------------------------------------------------------------


class QuotedEvidence(msgspec.Struct, frozen=True, omit_defaults=True):
    """News that passes a gate, as the catalog had it: of which kind, with which outcome, from which environments, by which name."""

    on: str
    outcome: str
    environment: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    of: str = HOTFIX


class QuotedStage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A gate as the catalog had it. `owner` is a target; `called` are the words it goes by, in lower case."""

    id: str
    name: Text
    owner: str
    within: timedelta
    passes: tuple[QuotedEvidence, ...] = ()
    measured: bool = False
    called: tuple[str, ...] = ()


class HotfixStarted(Fact, frozen=True, kw_only=True, tag=True):
    """
    A change that repairs is under way, or a way back (`kind`: "hotfix" or "rollback").

    `hotfix` is its id ("H1", "R1"; "!42" of a merge request). `branch`, `link` and `commits` are what news of it is known by; `back_of` is
    the hotfix that a rollback takes back; `proposal` the chosen proposal it carries out.
    """

    hotfix: str
    title: str
    kind: str = HOTFIX
    proposal: str = ""
    stages: tuple[QuotedStage, ...]
    branch: str = ""
    link: str = ""
    commits: tuple[str, ...] = ()
    back_of: str = ""

    @property
    def said(self) -> Text:
        if self.kind == ROLLBACK:
            return text("{by} began the rollback {hotfix}: {title}", by=f"@{self.by}", hotfix=self.hotfix, title=self.title)
        return text("{by} began the hotfix {hotfix}: {title}", by=f"@{self.by}", hotfix=self.hotfix, title=self.title)


class HotfixLinked(Fact, frozen=True, kw_only=True, tag=True):
    """From now on news of this branch, link or commits is news of the hotfix; `title` is what it is called there."""

    hotfix: str
    title: str = ""
    branch: str = ""
    link: str = ""
    commits: tuple[str, ...] = ()

    @property
    def said(self) -> Text:
        what = self.link or self.branch or self.commits
        return text("{hotfix} is carried by {what}", hotfix=self.hotfix, what=what)


class AtGate(Fact, frozen=True, kw_only=True):
    """
    Something about one gate of one hotfix; `name` is the gate's name.

    `link` leads to the evidence, `evidence` is its id ("gitlab/pipeline/7"; empty for a person's word), `happened` when it was so (UTC;
    left out: when it was written).
    """

    hotfix: str
    gate: str
    name: Text
    reason: Text
    link: str = ""
    evidence: str = ""
    happened: datetime | None = None

    @property
    def so_since(self) -> datetime:
        """When it was so."""
        return self.happened or self.at


class GateReached(AtGate, frozen=True, kw_only=True, tag=True):
    """The change is there (on the canary, on all): what broke is measured before the gate is passed."""

    @property
    def said(self) -> Text:
        return text("{hotfix} has reached {gate}, measuring: {reason}", hotfix=self.hotfix, gate=self.name, reason=self.reason)


class GatePassed(AtGate, frozen=True, kw_only=True, tag=True):
    """The gate is passed."""

    @property
    def said(self) -> Text:
        return text("{hotfix} passed {gate}: {reason}", hotfix=self.hotfix, gate=self.name, reason=self.reason)


class GateFailed(AtGate, frozen=True, kw_only=True, tag=True):
    """The gate is not passed, and says so; later news or a later word may pass it."""

    @property
    def said(self) -> Text:
        return text("{hotfix} failed {gate}: {reason}", hotfix=self.hotfix, gate=self.name, reason=self.reason)


class GateSkipped(AtGate, frozen=True, kw_only=True, tag=True):
    """`by` goes past the gate without its evidence, and says why."""

    @property
    def said(self) -> Text:
        return text("{by} skipped {gate} of {hotfix}: {reason}", by=f"@{self.by}", hotfix=self.hotfix, gate=self.name, reason=self.reason)


class GateMeasured(Fact, frozen=True, kw_only=True, tag=True):
    """
    The signal that broke, at a gate: its `value` and what it is compared with (`baseline`: the stable ones, or what it was before).

    `verdict` is "recovered", "better", "same", "worse" or "silent"; `unit` as in the catalog; `look` is the identity of the look
    it rests on; `against` says in words what the baseline is.
    """

    hotfix: str
    gate: str
    name: Text
    value: float | None = None
    baseline: float | None = None
    unit: str = ""
    verdict: str
    against: Text | None = None
    look: str = ""

    @property
    def said(self) -> Text:
        if self.value is None:
            return text("{hotfix} at {gate}: the signal has no value", hotfix=self.hotfix, gate=self.name)
        value, verdict = measured(self.value, self.unit), VERDICTS[self.verdict]
        if self.baseline is None or self.against is None:
            return text("{hotfix} at {gate}: {value}, {verdict}", hotfix=self.hotfix, gate=self.name, value=value, verdict=verdict)
        return text(
            "{hotfix} at {gate}: {value}, {verdict} ({against}: {baseline})",
            hotfix=self.hotfix,
            gate=self.name,
            value=value,
            verdict=verdict,
            against=self.against,
            baseline=measured(self.baseline, self.unit),
        )


class HotfixStopped(Fact, frozen=True, kw_only=True, tag=True):
    """`by` stopped it: it goes no further."""

    hotfix: str
    reason: Text

    @property
    def said(self) -> Text:
        return text("{by} stopped {hotfix}: {reason}", by=f"@{self.by}", hotfix=self.hotfix, reason=self.reason)


class HotfixFinished(Fact, frozen=True, kw_only=True, tag=True):
    """Every gate is passed or was skipped, the last one is passed."""

    hotfix: str
    title: str

    @property
    def said(self) -> Text:
        return text("{hotfix} has passed its last gate: {title}", hotfix=self.hotfix, title=self.title)


# -- the superior ------------------------------------------------------------------------------------------------------------------------


class Reported(Fact, frozen=True, kw_only=True, tag=True):
    """
    A situation report to the superior (`to`), by the house or a responder, in `words` of several lines.

    `kind` is "first", "cadence", "phase" or "closing"; `phase` where the incident stood; `next_at` when the next report is due (UTC; None
    after the closing one).
    """

    to: tuple[str, ...]
    kind: str
    words: Text
    reason: Text
    phase: str = ""
    next_at: datetime | None = None

    @property
    def said(self) -> Text:
        return text("{by} reported to {superior}: {reason}", by=f"@{self.by}", superior=_people(self.to), reason=self.reason)


VERDICTS = {
    RECOVERED: text("back to usual"),
    BETTER: text("better"),
    SAME: text("no better"),
    WORSE: text("worse"),
    SILENT: text("no value"),
}


def _people(ids: tuple[str, ...]) -> Text:
    if len(ids) < 2:
        return text("{person}", person=f"@{ids[0]}" if ids else "-")
    return text("{person}, {others}", person=f"@{ids[0]}", others=_people(ids[1:]))
