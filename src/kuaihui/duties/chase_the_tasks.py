"""
Chase the tasks: what is left over is somebody's, has a day, and is reminded of until it is done.

Rule 1: on closing, the root cause is the service owner's for the next working day; where no runbook fitted, updating them is the
        fast-recovery lead's, with a draft. What a person has given away already is not given twice.
Rule 2: each task is carried to where its owner keeps theirs, and as an issue where the catalog names a repository (`sources.tasks`).
Rule 3: its owner is reminded on the morning of its day and of the working days after it, a few times; then, like of everything open, on the
        first working morning of each week, in one note over all incidents. A drill reminds nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from kuaihui.briefing.fields import Facts
from kuaihui.briefing.runbook_draft import confirmed, runbook_draft
from kuaihui.briefing.week_note import week_note
from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.working_days import Workdays
from kuaihui.duties.due import Conclude, Due
from kuaihui.incident.holders import holders
from kuaihui.incident.open_tasks import Task, open_tasks, tasks
from kuaihui.incident.recovery import Closed
from kuaihui.incident.room import TopicOpened
from kuaihui.incident.tasks import TaskDone, TaskGiven, TaskMade, TaskReminded, TaskReopened, WeekListed
from kuaihui.incident.thinking import NoRunbookFits, RunbooksMatched
from kuaihui.incident.timeline import Timeline
from kuaihui.language import Text, say, text
from kuaihui.orders import CloseIssue, EndTask, ListTheWeek, MakeIssue, MakeTask, PassTask, Post, ReopenIssue, ResumeTask, Tell

ROOT_CAUSE: Final = "root-cause"
RUNBOOK: Final = "runbook"
# A cause that is found the next working day is found while people remember; writing it up may take the week.
RUNBOOK_DAYS: Final = 5
MOST_REMINDERS: Final = 4
_OF_THE_CAUSE: Final = re.compile(r"根因|根本原因|root[ -]cause", re.IGNORECASE)
_OF_THE_RUNBOOKS: Final = re.compile(r"预案|runbook", re.IGNORECASE)


def due(timeline: Timeline, catalog: Catalog, now: datetime) -> Iterator[Due | Conclude]:
    """The tasks of a closing, their carrying, their reminders, and the note of the week."""
    days = Workdays(catalog, timeline.service)
    closed = timeline.last(Closed)
    if closed and closed.verdict == "recovered":
        yield from _left_over(timeline, catalog, days, closed)
    if not timeline.has(TaskMade):
        return
    known = tasks(timeline)
    yield from _carry(timeline, catalog, known)
    for number, reminded in timeline.numbered(TaskReminded):
        words = text("Still open: {title}. Done, or somebody else's? Say so on My page.", title=reminded.title)
        yield Due(reminded.at, Tell(occasion=number, person=reminded.owner, about=f"task {reminded.task}", words=words))
    if not timeline.opened.drill:
        yield from _remind(timeline, days)
        yield from _week(timeline, days, now)


# -- making ------------------------------------------------------------------------------------------------------------------------------


def _left_over(timeline: Timeline, catalog: Catalog, days: Workdays, closed: Closed) -> Iterator[Conclude]:
    today = days.day(closed.at)
    service = catalog.service(timeline.service)
    if not _given(timeline, ROOT_CAUSE, _OF_THE_CAUSE):
        cause = confirmed(timeline)
        title = (
            text("find the root cause: {claim}", claim=cause.claim)
            if cause
            else text("find the root cause: {title}", title=timeline.opened.title)
        )
        due_by = days.evening(days.after(today))
        yield Conclude(closed.at, TaskMade(at=closed.at, task=ROOT_CAUSE, title=title, owner=service.owner, due=due_by))
    if _no_runbook(timeline) and not _given(timeline, RUNBOOK, _OF_THE_RUNBOOKS):
        yield Conclude(
            closed.at,
            TaskMade(
                at=closed.at,
                task=RUNBOOK,
                title=text("update the runbooks: none fitted {title}", title=timeline.opened.title),
                owner=holders(timeline).get("recovery-lead", service.owner),
                due=days.evening(days.after(today, RUNBOOK_DAYS)),
                draft=runbook_draft(timeline, catalog),
                reason=text("no runbook fitted; the draft is made from what was asked, found and done"),
            ),
        )


def _given(timeline: Timeline, task: str, about: re.Pattern[str]) -> bool:
    """Whether this task is there, or a person has made one like it."""
    return any(made.task == task or about.search(say(made.title, "zh")) for made in timeline.all(TaskMade))


def _no_runbook(timeline: Timeline) -> bool:
    none = timeline.numbered(NoRunbookFits)
    return bool(none) and not timeline.has(RunbooksMatched, none[-1][0])


# -- carrying ----------------------------------------------------------------------------------------------------------------------------


def _carry(timeline: Timeline, catalog: Catalog, known: dict[str, Task]) -> Iterator[Due]:
    topic, days = timeline.last(TopicOpened), Workdays(catalog, timeline.service)
    link = topic.link if topic else ""
    issues = dict(catalog.service(timeline.service).sources.tasks)
    source = issues.pop("from", "")
    for number, made in timeline.numbered(TaskMade):
        if known[made.task].number != number:
            continue
        yield Due(
            made.at,
            MakeTask(occasion=number, task=made.task, title=made.title, person=made.owner, due=made.due, draft=made.draft, link=link),
        )
        if topic:
            yield Due(made.at, Post(occasion=number, about="task", words=_told(made, days), mentions=(made.owner,)))
        if source:
            yield Due(made.at, _issue(made, number, timeline, catalog, source, issues, link))
    for number, given in timeline.numbered(TaskGiven):
        reference = _reference(known.get(given.task), source)
        yield Due(given.at, PassTask(occasion=number, task=given.task, title=given.title, person=given.owner, reference=reference))
    for number, done in timeline.numbered(TaskDone):
        task = known.get(done.task)
        yield Due(done.at, EndTask(occasion=number, task=done.task, title=done.title, reference=_reference(task, source)))
        if linked := _issue_of(task, source, done):
            yield Due(done.at, CloseIssue(occasion=number, task=done.task, reference=linked, source=source, place=issues))
    for number, again in timeline.numbered(TaskReopened):
        task = known.get(again.task)
        yield Due(again.at, ResumeTask(occasion=number, task=again.task, title=again.title, reference=_reference(task, source)))
        if linked := _issue_of(task, source, again):
            yield Due(again.at, ReopenIssue(occasion=number, task=again.task, reference=linked, source=source, place=issues))


def _told(made: TaskMade, days: Workdays) -> Text:
    if made.due is None:
        return text("Task for {owner}: {title}", owner=f"@{made.owner}", title=made.title)
    day = f"{made.due.astimezone(days.zone):%Y-%m-%d}"
    return text("Task for {owner}, by {day}: {title}", owner=f"@{made.owner}", title=made.title, day=day)


def _issue(made: TaskMade, number: int, timeline: Timeline, catalog: Catalog, source: str, place: dict[str, str], link: str) -> MakeIssue:
    facts = Facts(timeline, catalog)
    lines = [facts.told(text("From the incident {incident}: {title}", incident=timeline.incident, title=timeline.opened.title)), link]
    words = "\n\n".join(line for line in (*lines, made.draft and f"```markdown\n{made.draft}```") if line)
    person = catalog.people.get(made.owner)
    return MakeIssue(
        occasion=number,
        task=made.task,
        title=say(made.title, catalog.language, catalog.names(catalog.language)),
        words=words,
        source=source,
        place=place,
        owner=person.email if person else "",
        due=made.due,
    )


def _reference(task: Task | None, issues: str) -> str:
    """What the workplace calls the task (not the repository)."""
    links = task.links.values() if task else ()
    return next((link.reference for link in links if not issues or not f"{link.by}.".startswith(f"{issues}.")), "")


def _issue_of(task: Task | None, source: str, ended: TaskDone | TaskReopened) -> str:
    """The task's issue, where it stands in this source and does not stand so already: it was there that it was closed or re-opened."""
    if not source or task is None or ended.source == source.partition(".")[0]:
        return ""
    return next((link.reference for link in task.links.values() if f"{link.by}.".startswith(f"{source}.")), "")


# -- reminding ---------------------------------------------------------------------------------------------------------------------------


def _remind(timeline: Timeline, days: Workdays) -> Iterator[Conclude]:
    """The next reminder of each open task."""
    for task in open_tasks(timeline):
        if task.reminded >= MOST_REMINDERS:
            continue
        if task.last_reminded is None:
            until = task.due or days.evening(days.after(days.day(task.made)))  # without a day of its own: the next that is worked
            at = days.morning(days.at_or_after(days.day(until)))
            at = at if at > task.made else max(task.made, until)
        else:
            at = days.morning(days.after(days.day(task.last_reminded)))
        yield Conclude(at, TaskReminded(at=at, task=task.id, title=task.title, owner=task.owner, count=task.reminded + 1))


def _week(timeline: Timeline, days: Workdays, now: datetime) -> Iterator[Due]:
    """On the first working morning of each week what each owner has open is listed, over all incidents; the one note is told to them."""
    still = [task for task in open_tasks(timeline) if now - task.made < timedelta(days=366)]
    today = days.day(now)
    monday = today - timedelta(days=today.weekday())
    for owner in dict.fromkeys(task.owner for task in still):
        for week in (monday, monday + timedelta(days=7)):
            at = days.morning(days.at_or_after(week))
            mine = [task for task in still if task.owner == owner and task.made < at]
            if mine:
                yield Due(at, ListTheWeek(occasion=mine[0].number, person=owner, week=f"{week:%G-W%V}"))
    for number, listed in timeline.numbered(WeekListed):
        words = week_note(listed, days)
        yield Due(listed.at, Tell(occasion=number, person=listed.person, about=f"week {listed.week}", words=words))
