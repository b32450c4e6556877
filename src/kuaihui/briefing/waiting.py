"""
What the time is being spent on, and on whom: the answer to "why is nothing moving?".

Rule 1: each wait names its person where there is one, what is missing from them, and since when; the longest wait stands first.
Rule 2: sent, read and acknowledged are told apart: who has not seen it cannot be waited for in the same way as who has.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from kuaihui.briefing.receipts import Receipt, latest_pages, receipts
from kuaihui.briefing.situation_report import owner_of
from kuaihui.catalog.catalog import Catalog
from kuaihui.incident.alerts import AlertFired
from kuaihui.incident.holders import in_meeting, parts
from kuaihui.incident.phases import Phase
from kuaihui.incident.recovery import ObservationStarted
from kuaihui.incident.repair import ProposalChosen, ProposalDropped, ProposalMade
from kuaihui.incident.timeline import Timeline
from kuaihui.incident.trains import Gate, Train, running
from kuaihui.language import Text, text


class Wait(msgspec.Struct, frozen=True):
    """Something that is being waited for; `until` where it ends by itself."""

    said: Text
    since: datetime
    person: str = ""
    until: datetime | None = None


def waits(timeline: Timeline, catalog: Catalog, now: datetime) -> list[Wait]:
    """Everything that is being waited for now, the longest wait first."""
    match timeline.phase:
        case Phase.CLOSED:
            return []
        case Phase.OBSERVING:
            return _observation(timeline)
        case Phase.OPEN:
            found = _pages(timeline)
        case Phase.ENGAGED | Phase.MITIGATED:
            found = _alerts(timeline)
    found += [*_roles(timeline), *_meeting(timeline), *_decisions(timeline), *_gates(timeline, catalog, now)]
    return sorted(found, key=lambda wait: wait.since)


def _pages(timeline: Timeline) -> list[Wait]:
    """Whoever was paged on this occasion and has not answered."""
    asked = [receipt for receipt in latest_pages(timeline) if receipt.number >= timeline.occasion]
    return [_page(receipt) for receipt in asked if not receipt.acknowledged]


def _page(receipt: Receipt) -> Wait:
    who = f"@{receipt.person}"
    match receipt.reached:
        case "read":
            return Wait(
                text("{person} has read the page and has not taken it on", person=who), receipt.read or receipt.ordered, receipt.person
            )
        case "failed":
            return Wait(
                text("{person} could not be reached: {reason}", person=who, reason=receipt.failed or ""), receipt.ordered, receipt.person
            )
        case _:
            return Wait(text("{person} has not read the page", person=who), receipt.sent or receipt.ordered, receipt.person)


def _roles(timeline: Timeline) -> list[Wait]:
    """Whoever was asked to take a role and has not said yes or no."""
    asked = [part for part in parts(timeline).values() if part.asked and not part.holder and part.since]
    return [
        Wait(text("{person} is asked to be {role}", person=f"@{part.asked}", role=f"@role:{part.role}"), part.since, part.asked)
        for part in asked
        if part.since
    ]


def _meeting(timeline: Timeline) -> list[Wait]:
    """Whoever was invited to the meeting and is not in it, in one wait."""
    inside = in_meeting(timeline)
    invited = [receipt for receipt in receipts(timeline) if receipt.kind == "InviteToMeeting" and receipt.person not in inside]
    if not invited:
        return []
    since, people = min(one.sent or one.ordered for one in invited), list(dict.fromkeys(one.person for one in invited))
    if len(people) == 1:
        return [Wait(text("{person} has not joined the meeting", person=f"@{people[0]}"), since, people[0])]
    return [Wait(text("{people} have not joined the meeting", people=tuple(f"@{person}" for person in people)), since, people[0])]


def _decisions(timeline: Timeline) -> list[Wait]:
    """Proposals that nobody has decided on, while none is chosen."""
    since = timeline.occasion
    if timeline.has(ProposalChosen, since):
        return []
    dropped = {fact.proposal for fact in timeline.all(ProposalDropped, since)}
    asked = [fact for fact in timeline.all(ProposalMade, since) if fact.proposal not in dropped]
    return [Wait(text("nobody has decided on the proposals yet ({count})", count=len(asked)), asked[0].at)] if asked else []


def _gates(timeline: Timeline, catalog: Catalog, now: datetime) -> list[Wait]:
    """The gate that each running hotfix waits at, and whose it is."""
    found: list[Wait] = []
    for train in running(timeline):
        if (gate := train.current) and gate.since:
            owner = owner_of(gate.stage.owner, timeline, catalog, now) if timeline.service in catalog.services else ""
            found.append(Wait(_at_gate(train, gate, owner), gate.since, owner))
    return found


def _at_gate(train: Train, gate: Gate, owner: str) -> Text:
    if not owner:
        return text("{hotfix} waits at {gate}", hotfix=train.hotfix, gate=gate.stage.name)
    return text("{hotfix} waits at {gate} for {person}", hotfix=train.hotfix, gate=gate.stage.name, person=f"@{owner}")


def _alerts(timeline: Timeline) -> list[Wait]:
    """The alerts that still fire."""
    if not timeline.firing:
        return []
    fired = timeline.all(AlertFired, timeline.occasion) or timeline.all(AlertFired)
    return [Wait(text("the alert is still firing ({count})", count=len(timeline.firing)), fired[0].at if fired else timeline.opened.at)]


def _observation(timeline: Timeline) -> list[Wait]:
    watched = timeline.last(ObservationStarted)
    return [Wait(text("under observation: it closes by itself if nothing fires"), watched.at, until=watched.until)] if watched else []
