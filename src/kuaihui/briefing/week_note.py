"""The week's note to the owner of open tasks: one line a task."""

from __future__ import annotations

from kuaihui.catalog.working_days import Workdays
from kuaihui.incident.tasks import StillOpen, WeekListed
from kuaihui.language import Text, plain, text
from kuaihui.language.joining import lined


def week_note(listed: WeekListed, days: Workdays) -> Text:
    """The note's words; days are those of the team."""
    lines = [_line(task, listed, days) for task in listed.tasks]
    if listed.more:
        lines.append(text("- and {count} more on My page", count=listed.more))
    return text("Your open tasks, {count} in all:\n{tasks}", count=len(listed.tasks) + listed.more, tasks=lined(lines))


def _line(task: StillOpen, listed: WeekListed, days: Workdays) -> Text:
    of = plain(task.of)
    if task.due is None:
        return text("- {title} ({of})", title=task.title, of=of)
    day = f"{task.due.astimezone(days.zone):%m-%d}"
    if task.due < listed.at:
        return text("- {title}, overdue since {day} ({of})", title=task.title, day=day, of=of)
    return text("- {title}, by {day} ({of})", title=task.title, day=day, of=of)
