"""What is left over: made once, carried, reminded of."""

from __future__ import annotations

import pytest

from kuaihui.catalog.services import Sources
from kuaihui.duties.chase_the_tasks import due
from kuaihui.incident.recovery import Closed
from kuaihui.incident.room import TopicOpened
from kuaihui.incident.tasks import TaskDone, TaskGiven, TaskLinked, TaskMade, TaskReminded, TaskReopened
from kuaihui.incident.thinking import HypothesisConfirmed, HypothesisRejected, NoRunbookFits, RunbooksMatched
from kuaihui.language import plain, say
from kuaihui.orders import CloseIssue, EndTask, MakeIssue, MakeTask, PassTask, Post, ReopenIssue, ResumeTask, Tell
from tests.duties.so_far import CATALOG, after, asked, concluded, opened, orders

CLOSED = Closed(at=after(20), verdict="recovered", reason=plain("ok"))
MADE = TaskMade(at=after(20), task="root-cause", title=plain("热 key 根因"), owner="xiaomei", due=after(60 * 24 * 2))
HOT = HypothesisConfirmed(at=after(5), by="ayi", hypothesis="redis-hot-key", claim=plain("热 key"), reason=plain("慢日志"))


def made(*facts: object) -> list[str]:
    return [fact.task for fact in concluded(asked(due, opened(*facts, CLOSED), after(20))) if isinstance(fact, TaskMade)]  # type: ignore[arg-type]


def test_the_root_cause_is_left_over_and_the_runbooks_where_none_fitted() -> None:
    assert made() == ["root-cause"]
    assert made(NoRunbookFits(at=after(1), looked_at=2)) == ["root-cause", "runbook"]


def test_a_runbook_that_fitted_after_all_leaves_nothing_to_update() -> None:
    assert made(NoRunbookFits(at=after(1), looked_at=2), RunbooksMatched(at=after(2), fitting=())) == ["root-cause"]


def test_the_root_cause_task_names_the_cause_that_stands() -> None:
    def title(*facts: object) -> str:
        (task,) = concluded(asked(due, opened(*facts, CLOSED), after(20)))  # type: ignore[arg-type]
        assert isinstance(task, TaskMade)
        return say(task.title, "en")

    assert title(HOT) == "find the root cause: 热 key"
    rejected = HypothesisRejected(at=after(6), by="amao", hypothesis="redis-hot-key", claim=plain("热 key"), reason=plain("不是"))
    assert title(HOT, rejected) == "find the root cause: 5xx"


def test_a_false_alarm_leaves_nothing() -> None:
    assert concluded(asked(due, opened(Closed(at=after(20), verdict="false alarm", reason=plain("压测"))), after(20))) == []


def test_a_task_is_carried_told_passed_on_and_ticked_off() -> None:
    topic = TopicOpened(at=after(0), title="5xx", link="https://kuaihui/1")
    linked = TaskLinked(at=after(21), by="feishu", task="root-cause", reference="guid")
    given = TaskGiven(at=after(22), by="xiaomei", task="root-cause", title=MADE.title, owner="ayi")
    done = TaskDone(at=after(23), by="ayi", task="root-cause", title=MADE.title)
    said = asked(due, opened(topic, CLOSED, MADE, linked, given, done), after(24))

    (carried,) = orders(said, MakeTask)
    (passed,) = orders(said, PassTask)
    (ended,) = orders(said, EndTask)
    assert isinstance(carried, MakeTask)
    assert isinstance(passed, PassTask)
    assert isinstance(ended, EndTask)
    assert (carried.person, carried.link) == ("xiaomei", "https://kuaihui/1")
    assert (passed.person, passed.reference, ended.reference) == ("ayi", "guid", "guid")
    (post,) = orders(said, Post)
    assert isinstance(post, Post)
    assert post.mentions == ("xiaomei",)
    assert orders(said, MakeIssue) == []


def test_where_the_catalog_names_a_repository_it_is_an_issue_too_and_is_closed_when_done() -> None:
    service = CATALOG.services["config-center"].model_copy(update={"sources": Sources(tasks={"from": "gitlab", "project": "p/c"})})
    catalog = CATALOG.model_copy(update={"services": {**CATALOG.services, service.id: service}})
    linked = TaskLinked(at=after(21), by="gitlab.main", task="root-cause", reference="17")
    done = TaskDone(at=after(23), by="ayi", task="root-cause", title=MADE.title)
    said = list(due(opened(CLOSED, MADE, linked, done), catalog, after(24)))

    (issue,) = orders(said, MakeIssue)
    (closed,) = orders(said, CloseIssue)
    (ended,) = orders(said, EndTask)
    assert isinstance(issue, MakeIssue)
    assert isinstance(closed, CloseIssue)
    assert isinstance(ended, EndTask)
    assert (issue.title, issue.place, issue.owner) == ("热 key 根因", {"project": "p/c"}, "xiaomei@example.com")
    assert (closed.reference, ended.reference) == ("17", ""), "the workplace's own task is another"


@pytest.mark.parametrize("source, told", [("", 1), ("gitlab", 0), ("github", 1)])
def test_an_issue_is_closed_and_opened_again_except_where_that_was_heard_from_it(source: str, told: int) -> None:
    service = CATALOG.services["config-center"].model_copy(update={"sources": Sources(tasks={"from": "gitlab.main", "project": "p/c"})})
    catalog = CATALOG.model_copy(update={"services": {**CATALOG.services, service.id: service}})
    linked = TaskLinked(at=after(21), by="gitlab.main", task="root-cause", reference="17")
    done = TaskDone(at=after(23), by="ayi", task="root-cause", title=MADE.title, source=source)
    again = TaskReopened(at=after(24), by="ayi", task="root-cause", title=MADE.title, source=source)
    said = list(due(opened(CLOSED, MADE, linked, done, again), catalog, after(25)))

    assert (len(orders(said, CloseIssue)), len(orders(said, ReopenIssue))) == (told, told)
    assert (len(orders(said, EndTask)), len(orders(said, ResumeTask))) == (1, 1)


def test_a_reminder_is_told_once_and_names_the_owner() -> None:
    reminded = TaskReminded(at=after(60 * 24 * 2), task="root-cause", title=MADE.title, owner="xiaomei")
    (told,) = [one for one in orders(asked(due, opened(CLOSED, MADE, reminded), after(60 * 24 * 2)), Tell) if "week" not in str(one)]

    assert isinstance(told, Tell)
    assert told.person == "xiaomei"
