"""Everything people do that is heard, in our own words; each says who did it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec


class Deed(msgspec.Struct, frozen=True, kw_only=True, tag=True, tag_field="deed"):
    """Something a person did to an incident."""

    person: str


class Acknowledge(Deed, frozen=True, kw_only=True, tag=True):
    """I take it on."""


class Escalate(Deed, frozen=True, kw_only=True, tag=True):
    """Call the next level now."""

    reason: str = ""


class ReadPages(Deed, frozen=True, kw_only=True, tag=True):
    """Saw what was sent: one order, or everything that was sent to them when `identity` is empty."""

    identity: str = ""


class Visit(Deed, frozen=True, kw_only=True, tag=True):
    """Opened the topic or the document."""

    place: str = "topic"


class Speak(Deed, frozen=True, kw_only=True, tag=True):
    """Said something in the topic; `message` is the message's id, unique in the incident."""

    message: str
    words: str
    mentions: tuple[str, ...] = ()
    reply_to: str = ""
    pictures: tuple[str, ...] = ()


class React(Deed, frozen=True, kw_only=True, tag=True):
    """Reacted to a message, or took it back."""

    message: str
    emoji: str
    taken_back: bool = False


class TakeRole(Deed, frozen=True, kw_only=True, tag=True):
    """I am this role."""

    role: str


class DeclineRole(Deed, frozen=True, kw_only=True, tag=True):
    """I cannot be this role."""

    role: str
    reason: str = ""


class GiveRole(Deed, frozen=True, kw_only=True, tag=True):
    """This person is this role from now on."""

    role: str
    to: str
    reason: str = ""


class CallIn(Deed, frozen=True, kw_only=True, tag=True):
    """Pull this person in, by id, or by a role or target of the catalog ("operations")."""

    whom: str
    reason: str = ""


class JoinMeeting(Deed, frozen=True, kw_only=True, tag=True):
    """Is in the meeting."""


class LeaveMeeting(Deed, frozen=True, kw_only=True, tag=True):
    """Left the meeting."""


class SetSeverity(Deed, frozen=True, kw_only=True, tag=True):
    """It is this bad (1 is the worst)."""

    severity: int
    reason: str = ""


class Mitigate(Deed, frozen=True, kw_only=True, tag=True):
    """Users are no longer hurt."""

    reason: str = ""


class Resolve(Deed, frozen=True, kw_only=True, tag=True):
    """What broke works again."""

    reason: str = ""


class DoubtRecovery(Deed, frozen=True, kw_only=True, tag=True):
    """It is not over."""

    reason: str = ""


class DeclareFalseAlarm(Deed, frozen=True, kw_only=True, tag=True):
    """Nothing was broken."""

    reason: str = ""


class EditDocument(Deed, frozen=True, kw_only=True, tag=True):
    """Wrote a section of the document ("") or the review ("review"); `base` is the hash of the text they began from."""

    section: str
    words: str
    base: str = ""
    document: Literal["", "review"] = ""


class MakeTask(Deed, frozen=True, kw_only=True, tag=True):
    """Somebody is to do this; `due` is the instant it should be done by."""

    task: str
    title: str
    owner: str
    due: datetime | None = None


class GiveTask(Deed, frozen=True, kw_only=True, tag=True):
    """Another owner does the task."""

    task: str
    owner: str


class FinishTask(Deed, frozen=True, kw_only=True, tag=True):
    """The task is done."""

    task: str


class ReopenTask(Deed, frozen=True, kw_only=True, tag=True):
    """The task that was done is to be done again."""

    task: str


class FinishReview(Deed, frozen=True, kw_only=True, tag=True):
    """The review is held and written."""


class RaiseHypothesis(Deed, frozen=True, kw_only=True, tag=True):
    """I think it is this; `hypothesis` is its id, unique in the incident."""

    hypothesis: str
    claim: str


class ConfirmHypothesis(Deed, frozen=True, kw_only=True, tag=True):
    """It is so."""

    hypothesis: str
    reason: str = ""


class RejectHypothesis(Deed, frozen=True, kw_only=True, tag=True):
    """It is not so."""

    hypothesis: str
    reason: str = ""


class ExcludeChange(Deed, frozen=True, kw_only=True, tag=True):
    """This change did not cause it."""

    change: str
    reason: str = ""


class TakeOverGuide(Deed, frozen=True, kw_only=True, tag=True):
    """I go on with this guide by hand."""

    guide: str
    reason: str = ""


class Propose(Deed, frozen=True, kw_only=True, tag=True):
    """This could be done, with what it should bring, what it may harm, how it is taken back; without an id it gets the next number."""

    what: str
    effect: str = ""
    risk: str = ""
    way_back: str = ""
    proposal: str = ""


class ChooseProposal(Deed, frozen=True, kw_only=True, tag=True):
    """We do this."""

    proposal: str
    reason: str = ""


class DropProposal(Deed, frozen=True, kw_only=True, tag=True):
    """We do not do this."""

    proposal: str
    reason: str = ""


class StartHotfix(Deed, frozen=True, kw_only=True, tag=True):
    """
    A hotfix or a rollback is under way; without an id it gets the next one ("H1", "R1").

    `branch`, `link` and `commit` are what news of it is known by; `back_of` is the hotfix that a rollback takes back.
    """

    title: str = ""
    kind: str = "hotfix"
    hotfix: str = ""
    proposal: str = ""
    branch: str = ""
    link: str = ""
    commit: str = ""
    back_of: str = ""


class LinkHotfix(Deed, frozen=True, kw_only=True, tag=True):
    """News of this branch, merge request or commit is news of the hotfix."""

    hotfix: str = ""
    branch: str = ""
    link: str = ""
    commit: str = ""


class PassGate(Deed, frozen=True, kw_only=True, tag=True):
    """The gate is passed; without a hotfix, the one that is under way, without a gate, the one it waits at."""

    gate: str = ""
    hotfix: str = ""
    reason: str = ""
    link: str = ""


class FailGate(Deed, frozen=True, kw_only=True, tag=True):
    """The gate is not passed."""

    gate: str = ""
    hotfix: str = ""
    reason: str = ""
    link: str = ""


class SkipGate(Deed, frozen=True, kw_only=True, tag=True):
    """We go past this gate, for this reason."""

    gate: str = ""
    hotfix: str = ""
    reason: str = ""


class StopHotfix(Deed, frozen=True, kw_only=True, tag=True):
    """This hotfix goes no further."""

    hotfix: str = ""
    reason: str = ""


class Report(Deed, frozen=True, kw_only=True, tag=True):
    """Tell the superior how it stands; without words, the draft made from the timeline."""

    words: str = ""


AnyDeed = (
    Acknowledge
    | Escalate
    | ReadPages
    | Visit
    | Speak
    | React
    | TakeRole
    | DeclineRole
    | GiveRole
    | CallIn
    | JoinMeeting
    | LeaveMeeting
    | SetSeverity
    | Mitigate
    | Resolve
    | DoubtRecovery
    | DeclareFalseAlarm
    | EditDocument
    | MakeTask
    | GiveTask
    | FinishTask
    | ReopenTask
    | FinishReview
    | RaiseHypothesis
    | ConfirmHypothesis
    | RejectHypothesis
    | ExcludeChange
    | TakeOverGuide
    | Propose
    | ChooseProposal
    | DropProposal
    | StartHotfix
    | LinkHotfix
    | PassGate
    | FailGate
    | SkipGate
    | StopHotfix
    | Report
)
