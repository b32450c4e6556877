"""
What a person's deed becomes.

Rule 1: a deed heard twice is one fact: what is already so gives no facts.
Rule 2: what is not allowed is refused with the reason and what would be allowed; nothing of it is kept.
Rule 3: whoever does anything has seen what was sent to them.
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.targets import resolve
from kuaihui.errors import Refused
from kuaihui.incident.alerts import SeverityChanged
from kuaihui.incident.fact import Fact
from kuaihui.incident.holders import holders, in_meeting, parts
from kuaihui.incident.pages import Acknowledged, Escalated, Read, Sent
from kuaihui.incident.phases import Phase
from kuaihui.incident.recovery import Closed, Mitigated, RecoveryDoubted, Resolved
from kuaihui.incident.roles import RoleDeclined, RoleGiven, RoleTaken
from kuaihui.incident.room import (
    DocumentCreated,
    DocumentEdited,
    MeetingJoined,
    MeetingLeft,
    MeetingOpened,
    MessagePosted,
    PulledIn,
    Reacted,
    Visited,
)
from kuaihui.incident.timeline import Timeline
from kuaihui.intake import signals
from kuaihui.language import Text, plain, text

LONGEST_MESSAGE = 10_000  # characters; a longer text belongs in the document


def understand(deed: signals.AnyDeed, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    """The facts a deed becomes on this timeline. Raises Refused."""
    if not len(timeline):
        raise Refused(text("there is no incident {incident}", incident=timeline.incident))
    if deed.person not in catalog.people:
        raise Refused(text("{person} is not in the catalog's people", person=deed.person))
    return [*_seen(deed, timeline, now), *_meaning(deed, timeline, catalog, now)]


def _seen(deed: signals.AnyDeed, timeline: Timeline, now: datetime) -> list[Fact]:
    """Everything sent to this person that they had not read."""
    read = {fact.identity for fact in timeline.all(Read) if fact.person == deed.person}
    wanted = deed.identity if isinstance(deed, signals.ReadPages) else ""
    sent = dict.fromkeys(fact.identity for fact in timeline.all(Sent) if fact.person == deed.person)
    if wanted and wanted not in sent:
        raise Refused(text("{identity} was not sent to {person}", identity=wanted, person=f"@{deed.person}"))
    return [Read(at=now, by=deed.person, identity=one, person=deed.person) for one in sent if one not in read and wanted in ("", one)]


def _meaning(deed: signals.AnyDeed, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:  # noqa: PLR0911, C901, PLR0912  # one case a deed: a table in the form of a match
    by = deed.person
    match deed:
        case signals.ReadPages():
            return []
        case signals.Acknowledge():
            return _acknowledge(timeline, by, now)
        case signals.Escalate():
            return [Escalated(at=now, by=by, reason=_reason(deed.reason))] if _open(timeline) else []
        case signals.Visit():
            return [Visited(at=now, by=by, place=deed.place)] if _news(timeline, by, deed.place) else []
        case signals.Speak():
            return _speak(deed, timeline, catalog, now)
        case signals.React():
            return _react(deed, timeline, now)
        case signals.TakeRole():
            _known_role(deed.role, catalog)
            return [] if holders(timeline).get(deed.role) == by else [RoleTaken(at=now, by=by, role=deed.role)]
        case signals.DeclineRole():
            _known_role(deed.role, catalog)
            return [RoleDeclined(at=now, by=by, role=deed.role, reason=_reason(deed.reason))]
        case signals.GiveRole():
            return _give(deed, timeline, catalog, now)
        case signals.CallIn():
            return _call_in(deed, timeline, catalog, now)
        case signals.JoinMeeting():
            if not timeline.has(MeetingOpened):
                raise Refused(text("the meeting is not open yet"))
            return [] if by in in_meeting(timeline) else [MeetingJoined(at=now, by=by)]
        case signals.LeaveMeeting():
            return [MeetingLeft(at=now, by=by)] if by in in_meeting(timeline) else []
        case signals.SetSeverity():
            return _severity(deed, timeline, now)
        case signals.Mitigate():
            _still_open(timeline)
            return [] if timeline.phase in (Phase.MITIGATED, Phase.OBSERVING) else [Mitigated(at=now, by=by, reason=_reason(deed.reason))]
        case signals.Resolve():
            _still_open(timeline)
            return [] if timeline.phase is Phase.OBSERVING else [Resolved(at=now, by=by, reason=_reason(deed.reason))]
        case signals.DoubtRecovery():
            if timeline.phase not in (Phase.MITIGATED, Phase.OBSERVING):
                raise Refused(text("recovery can be doubted only while it is mitigated or under observation"))
            return [RecoveryDoubted(at=now, by=by, reason=_reason(deed.reason))]
        case signals.DeclareFalseAlarm():
            _still_open(timeline)
            return [
                Closed(
                    at=now,
                    by=by,
                    verdict="false alarm",
                    reason=text("{by} calls it a false alarm: {reason}", by=f"@{by}", reason=_reason(deed.reason)),
                )
            ]
        case signals.EditDocument():
            return _edit(deed, timeline, now)
        case _:
            assert_never(deed)


def _acknowledge(timeline: Timeline, by: str, now: datetime) -> list[Fact]:
    _still_open(timeline)
    mine = [number for number, fact in timeline.numbered(Acknowledged) if fact.by == by]
    # A second press says nothing new, unless a new occasion has called since.
    if mine and not timeline.has(Sent, mine[-1]):
        return []
    return [Acknowledged(at=now, by=by)]


def _speak(deed: signals.Speak, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    if any(fact.message == deed.message for fact in timeline.all(MessagePosted)):
        return []
    if not deed.words.strip() and not deed.pictures:
        raise Refused(text("a message needs words or a picture"))
    if len(deed.words) > LONGEST_MESSAGE:
        raise Refused(
            text(
                "a message may have {most} characters, this one has {count}: put it into the document",
                most=LONGEST_MESSAGE,
                count=len(deed.words),
            )
        )
    unknown = [who for who in deed.mentions if who not in catalog.people]
    if unknown:
        raise Refused(text("{person} is not in the catalog's people", person=unknown[0]))
    posted = MessagePosted(
        at=now,
        by=deed.person,
        message=deed.message,
        words=plain(deed.words),
        mentions=deed.mentions,
        reply_to=deed.reply_to,
        pictures=deed.pictures,
    )
    return [posted]


def _react(deed: signals.React, timeline: Timeline, now: datetime) -> list[Fact]:
    if deed.message != "document" and all(fact.message != deed.message for fact in timeline.all(MessagePosted)):
        raise Refused(text("there is no message {message}", message=deed.message))
    mine = [fact for fact in timeline.all(Reacted) if (fact.by, fact.message, fact.emoji) == (deed.person, deed.message, deed.emoji)]
    now_there = bool(mine) and not mine[-1].taken_back
    if now_there is not deed.taken_back:
        return []
    return [Reacted(at=now, by=deed.person, message=deed.message, emoji=deed.emoji, taken_back=deed.taken_back)]


def _give(deed: signals.GiveRole, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    _known_role(deed.role, catalog)
    if deed.to not in catalog.people:
        raise Refused(text("{person} is not in the catalog's people", person=deed.to))
    part = parts(timeline).get(deed.role)
    if part and part.holder == deed.to:
        return []
    former = (part.holder or part.asked) if part else ""
    reason = _reason(deed.reason)
    return [RoleGiven(at=now, by=deed.person, role=deed.role, person=deed.to, former=former if former != deed.to else "", reason=reason)]


def _call_in(deed: signals.CallIn, timeline: Timeline, catalog: Catalog, now: datetime) -> list[Fact]:
    service = catalog.services[timeline.service]
    wanted = (deed.whom,) if deed.whom in catalog.people else resolve(catalog, deed.whom, service, now, holders(timeline))
    if not wanted:
        raise Refused(text("nobody is found under {whom}: name a person or one of the policy targets", whom=deed.whom))
    inside = {fact.person for fact in timeline.all(PulledIn)}
    return [PulledIn(at=now, by=deed.person, person=who, reason=_reason(deed.reason)) for who in wanted if who not in inside]


def _severity(deed: signals.SetSeverity, timeline: Timeline, now: datetime) -> list[Fact]:
    if not 1 <= deed.severity <= 5:
        raise Refused(text("a severity is a number from {least} (the worst) to {most}", least=1, most=5))
    if deed.severity == timeline.severity:
        return []
    return [SeverityChanged(at=now, by=deed.person, was=timeline.severity, severity=deed.severity, reason=_reason(deed.reason))]


def _edit(deed: signals.EditDocument, timeline: Timeline, now: datetime) -> list[Fact]:
    if not timeline.has(DocumentCreated):
        raise Refused(text("the document is not there yet"))
    return [DocumentEdited(at=now, by=deed.person, section=deed.section, words=deed.words, base=deed.base)]


def _news(timeline: Timeline, by: str, place: str) -> bool:
    """Whether anything was said or changed that this person has not seen there: a look without news is no fact."""
    visits = [number for number, fact in timeline.numbered(Visited) if fact.by == by and fact.place == place]
    return not visits or any(not isinstance(fact, Visited | Read) for fact in timeline.facts[visits[-1] + 1 :])


def _reason(words: str) -> Text:
    return plain(words) if words.strip() else text("no reason given")


def _known_role(role: str, catalog: Catalog) -> None:
    if role not in catalog.roles:
        raise Refused(text("there is no role {role}; there are: {known}", role=role, known=", ".join(catalog.roles)))


def _open(timeline: Timeline) -> bool:
    _still_open(timeline)
    return True


def _still_open(timeline: Timeline) -> None:
    if timeline.phase is Phase.CLOSED:
        raise Refused(text("the incident is closed; it re-opens by itself when the alert fires again"))
