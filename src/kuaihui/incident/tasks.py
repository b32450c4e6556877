"""Tasks: what stays to be done, whose it is, by when."""

from __future__ import annotations

from datetime import datetime

import msgspec

from kuaihui.incident.fact import Fact
from kuaihui.language import Text, plain, text


class TaskMade(Fact, frozen=True, kw_only=True, tag=True):
    """
    `owner` is to do something; `task` is its id, unique in the incident; `due` is the instant it should be done by (UTC).

    `draft` is Markdown to begin from (a runbook, say), `reason` why it is to be done.
    """

    task: str
    title: Text
    owner: str
    due: datetime | None = None
    draft: str = ""
    reason: Text | None = None

    @property
    def said(self) -> Text:
        return text("task for {owner}: {title}", owner=f"@{self.owner}", title=self.title)


class TaskGiven(Fact, frozen=True, kw_only=True, tag=True):
    """The task passed to another owner."""

    task: str
    title: Text
    owner: str

    @property
    def said(self) -> Text:
        return text("{by} gave the task “{title}” to {owner}", by=f"@{self.by}", title=self.title, owner=f"@{self.owner}")


class _TaskTurned(Fact, frozen=True, kw_only=True):
    """
    A task is done, or to be done again, says `by`.

    Where its issue was closed or re-opened outside: in which product (`source`), by whom as that product calls them (`author`), and when by
    its clock (`told`, UTC).
    """

    task: str
    title: Text
    source: str = ""
    author: str = ""
    told: datetime | None = None

    @property
    def who(self) -> str:
        """Who turned it, as a sentence names them: one of ours, or whoever it was in the outside product."""
        return self.author if self.source and self.by == self.source else f"@{self.by}"


class TaskDone(_TaskTurned, frozen=True, kw_only=True, tag=True):
    """The task is done."""

    @property
    def said(self) -> Text:
        if self.source:
            says = {"title": self.title, "who": self.who, "source": self.source}
            return text("the task “{title}” is finished: {who} closed its issue in {source}", **says)
        return text("{by} finished the task “{title}”", by=self.who, title=self.title)


class TaskReopened(_TaskTurned, frozen=True, kw_only=True, tag=True):
    """The task that was done is to be done again."""

    @property
    def said(self) -> Text:
        if self.source:
            says = {"title": self.title, "who": self.who, "source": self.source}
            return text("the task “{title}” is open again: {who} re-opened its issue in {source}", **says)
        return text("{by} opened the task “{title}” again", by=self.who, title=self.title)


class TaskLinked(Fact, frozen=True, kw_only=True, tag=True):
    """The task stands in an outside product too: `by` is the integration, `reference` what it calls it, `link` the way there."""

    task: str
    reference: str
    link: str = ""

    @property
    def said(self) -> Text:
        return text("the task {task} is in {by}: {link}", task=plain(self.task), by=plain(self.by), link=plain(self.link or self.reference))


class TaskReminded(Fact, frozen=True, kw_only=True, tag=True):
    """Its owner was reminded of an open task, for the `count`th time."""

    task: str
    title: Text
    owner: str
    count: int = 1

    @property
    def said(self) -> Text:
        return text("{owner} was reminded of the task “{title}”", owner=f"@{self.owner}", title=self.title)


class StillOpen(msgspec.Struct, frozen=True):
    """A task that is open: of which incident, and the instant it should be done by (UTC)."""

    incident: str
    of: str  # the incident's title
    title: Text
    due: datetime | None = None


class WeekListed(Fact, frozen=True, kw_only=True, tag=True):
    """
    Everything that `person` has open, over all incidents, at the beginning of a week ("2026-W48"); the soonest due first.

    It stands in one incident of those with an open task of theirs; `more` is how many there are beside those that are listed.
    """

    person: str
    week: str
    tasks: tuple[StillOpen, ...]
    more: int = 0

    @property
    def said(self) -> Text:
        count = len(self.tasks) + self.more
        return text("the week's note to {person}: open tasks {count}", person=f"@{self.person}", count=count)
