"""What is learned: who came late and was caught up, who could not be reached, what was similar, and the review."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from kuaihui.incident.fact import Fact
from kuaihui.language import Text, plain, text


class LateOneCaughtUp(Fact, frozen=True, kw_only=True, tag=True):
    """
    `by` was paged, was not there, and has come back: recorded without blame.

    `called` is the first page they missed (UTC), `how` the first thing they did on coming back: "read", "reacted" or "wrote".
    """

    called: datetime
    how: str = "read"

    @property
    def said(self) -> Text:
        match self.how:
            case "reacted":
                return text("{by} is back and has reacted", by=f"@{self.by}")
            case "wrote":
                return text("{by} is back and has written", by=f"@{self.by}")
            case _:
                return text("{by} is back and has read in", by=f"@{self.by}")


class ReachabilityFound(Fact, frozen=True, kw_only=True, tag=True):
    """
    Somebody could not be reached in time: a gap of the rota, not of the person.

    `kind` is "unread" (the on-call), "backup" (whoever was called after them) or "channel" (a channel failed); `waited` is how long the
    page stood unread, `suggestion` what would close the gap.
    """

    rota: str
    person: str
    kind: str
    waited: timedelta
    reason: Text
    suggestion: Text

    @property
    def said(self) -> Text:
        return text("reachability: {reason}; suggestion: {suggestion}", reason=self.reason, suggestion=self.suggestion)


class Similar(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    An earlier incident that looks like this one, with why; `helped` is what helped then.

    `still_open` says that it is going on at the same time. `open_task` is an action of it that is not done yet and would have prevented
    this one, with its title and owner; empty: there is none.
    """

    incident: str
    title: str
    service: str
    opened: datetime
    score: float
    reason: Text
    helped: tuple[Text, ...] = ()
    cause: Text | None = None
    open_task: str = ""
    open_task_title: Text | None = None
    open_task_owner: str = ""
    still_open: bool = False


class SimilarFound(Fact, frozen=True, kw_only=True, tag=True):
    """Earlier incidents that look like this one, the likest first."""

    similar: tuple[Similar, ...]

    @property
    def said(self) -> Text:
        first = self.similar[0]
        if first.still_open:
            return text(
                "looks like {incident} {title}, which is open now ({reason}): one cause, perhaps",
                incident=first.incident,
                title=plain(first.title),
                reason=first.reason,
            )
        if first.open_task and first.open_task_title:
            return text(
                "seen before: {incident} {title} ({reason}); its task “{task}” for {owner} is still open",
                incident=first.incident,
                title=plain(first.title),
                reason=first.reason,
                task=first.open_task_title,
                owner=f"@{first.open_task_owner}",
            )
        if first.helped:
            return text(
                "seen before: {incident} {title} ({reason}); what helped then: {helped}",
                incident=first.incident,
                title=plain(first.title),
                reason=first.reason,
                helped=first.helped[0],
            )
        return text("seen before: {incident} {title} ({reason})", incident=first.incident, title=plain(first.title), reason=first.reason)


class ReviewDrafted(Fact, frozen=True, kw_only=True, tag=True):
    """The draft of the review stands, made from the timeline in the team's template."""

    title: str
    template: str
    link: str = ""
    reference: str = ""

    @property
    def said(self) -> Text:
        return text("review drafted: 《{title}》", title=plain(self.title))


class ReviewFinished(Fact, frozen=True, kw_only=True, tag=True):
    """`by` says that the review is held and written."""

    @property
    def said(self) -> Text:
        return text("{by} finished the review", by=f"@{self.by}")
