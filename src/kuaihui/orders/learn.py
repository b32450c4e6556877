"""What stays: tasks carried to where people keep theirs, what was similar, suggestions for the rota, the review."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from kuaihui.language import Text, text
from kuaihui.orders.order import Order


class MakeTask(Order, frozen=True, kw_only=True, tag=True):
    """
    Put a task where its owner (`person`) keeps theirs; the occasion is the number of its TaskMade.

    Answered with TaskLinked where it has an address of its own. `due` is UTC, `draft` Markdown to begin from, `link` leads to the incident.
    """

    task: str
    title: Text
    person: str
    due: datetime | None = None
    draft: str = ""
    link: str = ""

    @property
    def key(self) -> tuple[str | int, ...]:
        return (self.task,)

    @property
    def said(self) -> Text:
        return text("task for {owner}: {title}", owner=f"@{self.person}", title=self.title)


class PassTask(Order, frozen=True, kw_only=True, tag=True):
    """The task has another owner (`person`); `reference` is what the carrier called it when it made it. The occasion is its TaskGiven."""

    task: str
    title: Text
    person: str
    reference: str = ""

    @property
    def key(self) -> tuple[str | int, ...]:
        return (self.task,)

    @property
    def said(self) -> Text:
        return text("pass the task “{title}” to {owner}", title=self.title, owner=f"@{self.person}")


class _OfTask(Order, frozen=True, kw_only=True):
    """About a task that was made; `reference` is what its carrier called it then."""

    task: str
    title: Text
    reference: str = ""

    @property
    def key(self) -> tuple[str | int, ...]:
        return (self.task,)


class EndTask(_OfTask, frozen=True, kw_only=True, tag=True):
    """The task is done: tick it off. The occasion is its TaskDone."""

    @property
    def said(self) -> Text:
        return text("tick off the task “{title}”", title=self.title)


class ResumeTask(_OfTask, frozen=True, kw_only=True, tag=True):
    """The task is to be done again: take its tick back. The occasion is its TaskReopened."""

    @property
    def said(self) -> Text:
        return text("open the task “{title}” again", title=self.title)


class ListTheWeek(Order, frozen=True, kw_only=True, tag=True):
    """
    List what `person` has open over all incidents, for the one note that they get in this week ("2026-W48").

    Every incident with an open task of theirs asks; the first that asks is answered with WeekListed, the others with nothing.
    """

    person: str
    week: str

    timeout: ClassVar[timedelta] = timedelta(seconds=30)

    @property
    def key(self) -> tuple[str | int, ...]:
        return (self.person, self.week)

    @property
    def said(self) -> Text:
        return text("list the open tasks of {person} for the week {week}", person=f"@{self.person}", week=self.week)


class MakeIssue(Order, frozen=True, kw_only=True, tag=True):
    """
    Open an issue for a task in the repository that the catalog names (`source`, as in "gitlab.main"; `place` says which project).

    Answered with TaskLinked. `owner` is the owner's e-mail, or empty; `words` is the issue's Markdown in the team's language.
    """

    task: str
    title: str
    words: str
    source: str
    place: dict[str, str] = {}
    owner: str = ""
    due: datetime | None = None

    timeout: ClassVar[timedelta] = timedelta(seconds=20)

    @property
    def key(self) -> tuple[str | int, ...]:
        return (self.task, self.source)

    @property
    def said(self) -> Text:
        return text("open an issue in {source}: {title}", source=self.source, title=self.title)


class _OfIssue(Order, frozen=True, kw_only=True):
    """About an issue that stands for a task: what the product `source` calls it (`reference`), and where it is there."""

    task: str
    reference: str
    source: str
    place: dict[str, str] = {}

    timeout: ClassVar[timedelta] = timedelta(seconds=20)

    @property
    def key(self) -> tuple[str | int, ...]:
        return (self.task, self.source)


class CloseIssue(_OfIssue, frozen=True, kw_only=True, tag=True):
    """Close the issue `reference` of a task that is done."""

    @property
    def said(self) -> Text:
        return text("close the issue {reference} in {source}", reference=self.reference, source=self.source)


class ReopenIssue(_OfIssue, frozen=True, kw_only=True, tag=True):
    """Open the issue `reference` of a task again that is to be done again."""

    @property
    def said(self) -> Text:
        return text("open the issue {reference} in {source} again", reference=self.reference, source=self.source)


class FindSimilar(Order, frozen=True, kw_only=True, tag=True):
    """Look for earlier incidents that look like this one. Answered with SimilarFound where there are any."""

    # One incident is looked back for after the other: of a hundred that open at once, the last one waits for long, and may.
    timeout: ClassVar[timedelta] = timedelta(seconds=120)
    patience: ClassVar[timedelta] = timedelta(seconds=150)

    @property
    def said(self) -> Text:
        return text("look for similar incidents")


class Suggest(Order, frozen=True, kw_only=True, tag=True):
    """Keep a suggestion for a rota, where on-call pages show it; the occasion is the number of its ReachabilityFound."""

    rota: str
    person: str
    kind: str
    reason: Text
    suggestion: Text

    @property
    def said(self) -> Text:
        return text("suggest for the rota: {suggestion}", suggestion=self.suggestion)


class DraftReview(Order, frozen=True, kw_only=True, tag=True):
    """Make the draft of the review from the team's template; the occasion is the number of the Closed. Answered with ReviewDrafted."""

    title: str
    template: str

    @property
    def said(self) -> Text:
        return text("draft the review 《{title}》", title=self.title)
