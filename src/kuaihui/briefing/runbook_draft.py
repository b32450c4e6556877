"""
The draft of a runbook, made from what was really asked, found and done in an incident where none fitted.

Rule 1: its symptoms are those that were seen: the alert's name, its value, and the log signature that stood out.
Rule 2: it is a runbook that the catalog takes as it is (`kuaihui check`), in the team's language; what only people know is left to them.
"""

from __future__ import annotations

import re
from typing import Any, Final

import yaml

from kuaihui.briefing.fields import Facts
from kuaihui.catalog.catalog import Catalog
from kuaihui.incident.evidence import LoggedSignature, LogsSearched
from kuaihui.incident.recovery import RecoveryMeasured
from kuaihui.incident.repair import GateFailed, GatePassed, GateSkipped, ProposalChosen, ProposalMade
from kuaihui.incident.thinking import GuideConcluded, GuideStepTaken, HypothesisConfirmed, HypothesisRejected
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, text

_LONGEST: Final = 120  # characters of a pattern: what tells an error apart stands at its beginning
_WILD: Final = re.compile(r"<[^<>\s]*>")  # where a signature has a value that differs from line to line
_STANDS_OUT: Final = 0.5


def runbook_draft(timeline: Timeline, catalog: Catalog) -> str:
    """The runbook as Markdown with its front matter."""
    facts = Facts(timeline, catalog)
    cause = confirmed(timeline)
    name = f"{facts.name(f'service:{timeline.service}')}: {facts.told(cause.claim)}" if cause else facts.told(timeline.opened.title)
    head = {"name": name, "services": [timeline.service], "symptoms": _symptoms(timeline)}
    front = yaml.safe_dump(head, allow_unicode=True, sort_keys=False, width=1000)
    parts = [
        (text("How it shows"), _seen(facts)),
        (text("What to ask, and what the answer was"), _asked(facts)),
        (text("What helped"), _done(facts)),
        (text("How the recovery was proved"), _proved(facts)),
        (text("To be added by people"), [facts.told(text("what else to look at before doing this, and when not to do it"))]),
    ]
    told = (f"## {facts.told(title)}\n\n" + "\n".join(f"- {line}" for line in lines) for title, lines in parts if lines)
    begins = facts.told(text("Drafted from the incident {incident}.", incident=timeline.incident))
    return f"---\n{front}---\n{begins}\n\n" + "\n\n".join(told) + "\n"


def confirmed(timeline: Timeline) -> HypothesisConfirmed | None:
    """The cause that was confirmed last and not rejected since; a confirmation by a person goes before one by a check."""
    rejected = {fact.hypothesis: number for number, fact in timeline.numbered(HypothesisRejected)}
    standing = [fact for number, fact in timeline.numbered(HypothesisConfirmed) if rejected.get(fact.hypothesis, -1) < number]
    return standing[-1] if standing else None


def _symptoms(timeline: Timeline) -> dict[str, Any]:  # Any: the front matter's own shape, checked by the catalog
    names = dict.fromkeys(alert.name for alert in timeline.alerts.values())
    symptoms: dict[str, Any] = {}
    if names:
        symptoms["labels"] = [f'alertname="{name}"' for name in names]
    if signature := _signature(timeline):
        symptoms["signatures"] = [pattern(signature.template)]
    if not symptoms:
        symptoms["above"] = timeline.value if timeline.value is not None else 0.0
    return symptoms


def _signature(timeline: Timeline) -> LoggedSignature | None:
    """The log signature that stood out most."""
    seen = [one for look in timeline.all(LogsSearched) for one in look.signatures if one.score >= _STANDS_OUT]
    return max(seen, key=lambda one: one.score, default=None)


def pattern(template: str) -> str:
    """A regular expression that the signature fits, without its values."""
    first = template.strip().split("\n", maxsplit=1)[0]
    fixed = [re.escape(part) for part in _WILD.split(first)]
    kept = ".*".join(fixed)
    return kept if len(kept) <= _LONGEST else max(fixed, key=len)[:_LONGEST].rstrip("\\")


def _seen(facts: Facts) -> list[str]:
    timeline = facts.timeline
    lines = [text("alert: {alert}", alert=alert.summary or alert.name) for alert in timeline.alerts.values()]
    if signature := _signature(timeline):
        lines.append(
            text("in the logs: {template} ({count} times)", template=signature.template.split("\n", maxsplit=1)[0], count=signature.count)
        )
    return [facts.told(line) for line in lines]


def _asked(facts: Facts) -> list[str]:
    steps = [fact for fact in facts.timeline.all(GuideStepTaken) if fact.holds is not None]
    latest = list({(fact.guide, fact.step): fact for fact in steps}.values())
    lines = [text("{asked} → {answer}", asked=fact.asked, answer=fact.answer) for fact in latest]
    lines += [text("so it was: {conclusion}", conclusion=fact.conclusion) for fact in facts.timeline.all(GuideConcluded)[-1:] if fact.cause]
    if cause := confirmed(facts.timeline):
        lines.append(text("confirmed by {by}: {claim} ({reason})", by=f"@{cause.by}", claim=cause.claim, reason=cause.reason))
    return [facts.told(line) for line in lines]


def _done(facts: Facts) -> list[str]:
    timeline = facts.timeline
    made = {fact.proposal: fact for fact in timeline.all(ProposalMade)}
    lines: list[Text] = []
    for chosen in timeline.all(ProposalChosen):
        lines.append(text("{what} (chosen by {by}: {reason})", what=chosen.what, by=f"@{chosen.by}", reason=chosen.reason))
        if proposal := made.get(chosen.proposal):
            lines += _sides(proposal)
    gates = [fact for fact in timeline.facts if isinstance(fact, GatePassed | GateFailed | GateSkipped)]
    return [facts.told(line) for line in (*lines, *(fact.said for fact in gates))]


def _sides(proposal: ProposalMade) -> list[Text]:
    told = [
        proposal.effect and text("expected effect: {effect}", effect=proposal.effect),
        proposal.risk and text("risk: {risk}", risk=proposal.risk),
        proposal.way_back and text("way back: {way}", way=proposal.way_back),
    ]
    return [line for line in told if line]


def _proved(facts: Facts) -> list[str]:
    latest = {fact.what: fact for fact in facts.timeline.all(RecoveryMeasured)}
    return [facts.told(fact.said) for fact in latest.values()]
