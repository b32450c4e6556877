"""
What a person's deed becomes: one file a subject, one function a deed.

Rule 1: a deed heard twice is one fact: what is already so gives no facts.
Rule 2: what is not allowed is refused with the reason and what would be allowed; nothing of it is kept.
Rule 3: whoever does anything has seen what was sent to them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from kuaihui.catalog.catalog import Catalog
from kuaihui.errors import Refused
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Read, Sent
from kuaihui.incident.timeline import Timeline
from kuaihui.intake import signals
from kuaihui.intake.deeds import learning, paging, proposing, recovering, repairing, reporting, roles, room, tasks, thinking
from kuaihui.language import text

# A deed in, its facts out. `Any`: each function takes its own kind of deed.
Meaning = Callable[[Any, Timeline, Catalog, datetime], list[Fact]]

MEANINGS: Final[dict[type[signals.Deed], Meaning]] = {
    signals.ReadPages: paging.read,
    signals.Acknowledge: paging.acknowledge,
    signals.Escalate: paging.escalate,
    signals.CallIn: paging.call_in,
    signals.Visit: room.visit,
    signals.Speak: room.speak,
    signals.React: room.react,
    signals.JoinMeeting: room.join_meeting,
    signals.LeaveMeeting: room.leave_meeting,
    signals.EditDocument: room.edit_document,
    signals.TakeRole: roles.take,
    signals.DeclineRole: roles.decline,
    signals.GiveRole: roles.give,
    signals.SetSeverity: recovering.set_severity,
    signals.Mitigate: recovering.mitigate,
    signals.Resolve: recovering.resolve,
    signals.DoubtRecovery: recovering.doubt,
    signals.DeclareFalseAlarm: recovering.declare_false_alarm,
    signals.MakeTask: tasks.make,
    signals.GiveTask: tasks.give,
    signals.FinishTask: tasks.finish,
    signals.ReopenTask: tasks.reopen,
    signals.FinishReview: learning.finish_review,
    signals.RaiseHypothesis: thinking.raise_hypothesis,
    signals.ConfirmHypothesis: thinking.confirm,
    signals.RejectHypothesis: thinking.reject,
    signals.ExcludeChange: thinking.exclude,
    signals.TakeOverGuide: thinking.take_over,
    signals.Propose: proposing.propose,
    signals.ChooseProposal: proposing.choose,
    signals.DropProposal: proposing.drop,
    signals.StartHotfix: repairing.start,
    signals.LinkHotfix: repairing.link,
    signals.PassGate: repairing.pass_gate,
    signals.FailGate: repairing.fail_gate,
    signals.SkipGate: repairing.skip_gate,
    signals.StopHotfix: repairing.stop,
    signals.Report: reporting.report,
}


def understand(deed: signals.AnyDeed, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """The facts a deed becomes on this timeline. Raises Refused."""
    if not len(timeline):
        raise Refused(text("there is no incident {incident}: the board and `kuaihui incidents` list all", incident=timeline.incident))
    if deed.person not in catalog.people:
        raise Refused(text("{person} is not in the catalog's people", person=deed.person))
    return [*_seen(deed, timeline, now), *MEANINGS[type(deed)](deed, timeline, catalog, now)]


def _seen(deed: signals.AnyDeed, timeline: Timeline, now: datetime) -> list[Fact]:
    """Everything sent to this person that they had not read."""
    read = {fact.identity for fact in timeline.all(Read) if fact.person == deed.person}
    wanted = deed.identity if isinstance(deed, signals.ReadPages) else ""
    sent = dict.fromkeys(fact.identity for fact in timeline.all(Sent) if fact.person == deed.person)
    if wanted and wanted not in sent:
        raise Refused(text("{identity} was not sent to {person}", identity=wanted, person=f"@{deed.person}"))
    return [Read(at=now, by=deed.person, identity=one, person=deed.person) for one in sent if one not in read and wanted in ("", one)]
