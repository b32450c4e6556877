"""
What a record heard from the world: alerts, people's deeds, and what other programs told; in the order it was heard.

Rule 1: what the house concluded, ordered, or was answered is not heard: in a replay the house decides it anew.
Rule 2: a person's fact is played as the deed it came from, so that it means what it would mean then, or is refused.
Rule 3: a fact of a kind that is not known here, told by somebody outside, is played as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

import msgspec

from kuaihui.incident import alerts, learning, pages, recovery, roles, room, tasks, thinking
from kuaihui.incident.evidence import Looked
from kuaihui.incident.fact import HOUSE, Fact
from kuaihui.incident.timeline import Timeline
from kuaihui.intake import signals
from kuaihui.language import Text, say


class Heard(msgspec.Struct, frozen=True):
    """Something heard at an instant (UTC): the fact it became then, and the deed it came from where a person did it."""

    at: datetime
    fact: Fact
    deed: signals.AnyDeed | None = None


# What carriers answer with, or the house concludes of somebody: led to by an order or a duty, whoever is named in it.
LED_TO: Final[tuple[type[Fact], ...]] = (
    pages.Ordered,
    pages.Answered,
    pages.Sent,
    pages.Delivered,
    roles.RoleProposed,
    room.TopicOpened,
    room.MeetingOpened,
    room.DocumentCreated,
    room.DocumentPinned,
    room.AskedInDocument,
    room.DocumentKept,
    tasks.TaskLinked,
    tasks.WeekListed,
    learning.SimilarFound,
    learning.ReviewDrafted,
    learning.LateOneCaughtUp,
    Looked,
)
ALERTS: Final[tuple[type[Fact], ...]] = (alerts.AlertFired, alerts.AlertMeasured, alerts.AlertCleared)


def _words(said: Text) -> str:
    """What a person wrote: it is the same in every language."""
    return "" if said == NO_REASON else say(said, "en")


NO_REASON: Final = Text("no reason given")

# A person's fact in, the deed it came from out. `Any`: each function takes its own kind of fact.
_DEEDS: Final[dict[type[Fact], Callable[[Any], signals.AnyDeed]]] = {
    pages.Read: lambda f: signals.ReadPages(person=f.person),
    pages.Acknowledged: lambda f: signals.Acknowledge(person=f.by),
    pages.Escalated: lambda f: signals.Escalate(person=f.by, reason=_words(f.reason)),
    room.Visited: lambda f: signals.Visit(person=f.by, place=f.place),
    room.MessagePosted: lambda f: signals.Speak(
        person=f.by, message=f.message, words=_words(f.words), mentions=f.mentions, reply_to=f.reply_to, pictures=f.pictures
    ),
    room.Reacted: lambda f: signals.React(person=f.by, message=f.message, emoji=f.emoji, taken_back=f.taken_back),
    room.PulledIn: lambda f: signals.CallIn(person=f.by, whom=f.person, reason=_words(f.reason)),
    room.MeetingJoined: lambda f: signals.JoinMeeting(person=f.by),
    room.MeetingLeft: lambda f: signals.LeaveMeeting(person=f.by),
    room.DocumentEdited: lambda f: signals.EditDocument(person=f.by, section=f.section, words=f.words, base=f.base, document=f.document),
    roles.RoleTaken: lambda f: signals.TakeRole(person=f.by, role=f.role),
    roles.RoleDeclined: lambda f: signals.DeclineRole(person=f.by, role=f.role, reason=_words(f.reason)),
    roles.RoleGiven: lambda f: signals.GiveRole(person=f.by, role=f.role, to=f.person, reason=_words(f.reason)),
    alerts.SeverityChanged: lambda f: signals.SetSeverity(person=f.by, severity=f.severity, reason=_words(f.reason)),
    recovery.Mitigated: lambda f: signals.Mitigate(person=f.by, reason=_words(f.reason)),
    recovery.Resolved: lambda f: signals.Resolve(person=f.by, reason=_words(f.reason)),
    recovery.RecoveryDoubted: lambda f: signals.DoubtRecovery(person=f.by, reason=_words(f.reason)),
    recovery.Closed: lambda f: signals.DeclareFalseAlarm(person=f.by, reason=_words(f.reason)),
    tasks.TaskMade: lambda f: signals.MakeTask(person=f.by, task=f.task, title=_words(f.title), owner=f.owner, due=f.due),
    tasks.TaskGiven: lambda f: signals.GiveTask(person=f.by, task=f.task, owner=f.owner),
    tasks.TaskDone: lambda f: signals.FinishTask(person=f.by, task=f.task),
    tasks.TaskReopened: lambda f: signals.ReopenTask(person=f.by, task=f.task),
    learning.ReviewFinished: lambda f: signals.FinishReview(person=f.by),
    thinking.HypothesisRaised: lambda f: signals.RaiseHypothesis(person=f.by, hypothesis=f.hypothesis, claim=_words(f.claim)),
    thinking.HypothesisConfirmed: lambda f: signals.ConfirmHypothesis(person=f.by, hypothesis=f.hypothesis, reason=_words(f.reason)),
    thinking.HypothesisRejected: lambda f: signals.RejectHypothesis(person=f.by, hypothesis=f.hypothesis, reason=_words(f.reason)),
    thinking.ChangeExcluded: lambda f: signals.ExcludeChange(person=f.by, change=f.change, reason=_words(f.reason)),
    thinking.GuideTakenOver: lambda f: signals.TakeOverGuide(person=f.by, guide=f.guide, reason=_words(f.reason)),
}


def heard(record: Timeline) -> Iterator[Heard]:
    """Everything the world told this incident after its opening, in order."""
    carriers = {fact.carrier for fact in record.all(pages.Ordered)}
    for fact in record.facts[1:]:
        if isinstance(fact, ALERTS):
            yield Heard(fact.at, fact)
        elif fact.by != HOUSE and not isinstance(fact, LED_TO) and not (fact.by in carriers and type(fact) in _DEEDS):
            deed = _DEEDS.get(type(fact))
            yield Heard(fact.at, fact, deed(fact) if deed else None)
