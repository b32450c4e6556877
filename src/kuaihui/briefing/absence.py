"""
Since you were last here: what somebody has missed who comes back to an incident.

Rule 1: it counts from the last they did or looked at here, and tells what changed the case, not how the house went about it.
Rule 2: a reaction of theirs is being here too: whoever stirs has seen what stands there.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from kuaihui.briefing.fields import UNTOLD
from kuaihui.incident.alerts import AlertFired, AlertMeasured, Opened
from kuaihui.incident.evidence import Looked
from kuaihui.incident.fact import HOUSE, Fact
from kuaihui.incident.repair import GateMeasured
from kuaihui.incident.room import MessagePosted
from kuaihui.incident.thinking import EvidenceWeighed, GuideStepTaken
from kuaihui.incident.timeline import Timeline

# Who was away for less than this has lost no thread.
AWAY: Final = timedelta(minutes=2)
# How it was found out, and alerts that only join: the page itself shows them.
_DETAIL: Final = (*UNTOLD, AlertFired, AlertMeasured, EvidenceWeighed, GateMeasured, GuideStepTaken, Looked, MessagePosted, Opened)


class Missed(msgspec.Struct, frozen=True):
    """What happened since the instant `since` (UTC), oldest first; of the messages the people's own are counted."""

    since: datetime
    facts: tuple[Fact, ...]
    messages: int
    to_them: int


def missed(timeline: Timeline, person: str, now: datetime) -> Missed | None:
    """What this person has missed; None for who has never been here, was away only shortly, or has missed nothing."""
    last = next((number for number in range(len(timeline) - 1, -1, -1) if timeline.facts[number].by == person), None)
    if last is None or now - timeline.facts[last].at < AWAY:
        return None
    later = timeline.facts[last + 1 :]
    said = [fact for fact in later if isinstance(fact, MessagePosted) and fact.by != HOUSE]
    told = tuple(fact for fact in later if not isinstance(fact, _DETAIL))
    if not told and not said:
        return None
    return Missed(timeline.facts[last].at, told, len(said), sum(person in fact.mentions for fact in said))
