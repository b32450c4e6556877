"""One step at a time, each with its answer; a person who takes over is not followed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kuaihui.catalog.guides import Question
from kuaihui.duties.due import Conclude, Due
from kuaihui.duties.follow_the_guide import due
from kuaihui.incident.fact import Fact
from kuaihui.incident.thinking import GuideConcluded, GuideStepTaken, GuideTakenOver
from kuaihui.language import plain, say
from kuaihui.orders import InspectRedis, ListChanges, SearchLogs
from tests.duties.looked import CATALOG, answered, asked_for, changes, logs, look, redis, whole
from tests.duties.so_far import after, opened

LOGS, REDIS, CHANGES = look(SearchLogs), look(InspectRedis), look(ListChanges)


def says(*facts: Fact) -> list[Due | Conclude]:
    return list(due(opened(*facts), CATALOG, after(seconds=3)))


def taken(step: str, holds: bool | None, follows: str) -> GuideStepTaken:
    return GuideStepTaken(
        at=after(seconds=3), guide="config-center", step=step, asked=plain("?"), answer=plain("!"), holds=holds, next=follows
    )


def test_a_step_asks_what_the_first_look_does_not() -> None:
    guide = CATALOG.guides["config-center"]
    longer = guide.steps["errors"].model_copy(update={"ask": Question(source="logs", last=timedelta(hours=3))})
    other = guide.model_copy(update={"steps": {**guide.steps, "errors": longer}})
    (step,) = due(opened(), CATALOG.model_copy(update={"guides": {guide.id: other}}), after(seconds=3))

    assert isinstance(step, Due)
    assert isinstance(step.order, SearchLogs)
    assert step.order.asked_by == "guide:config-center/errors"
    assert step.order.until - step.order.since == timedelta(hours=3)


def test_what_the_first_look_is_asking_is_waited_for_and_not_asked_again() -> None:
    assert says() == []
    assert says(*asked_for(LOGS)) == []


def test_the_answer_of_the_first_look_is_the_steps_answer() -> None:
    (step,) = says(*whole(logs(LOGS), looks=(LOGS,)))

    assert isinstance(step, Conclude)
    assert isinstance(step.fact, GuideStepTaken)
    assert (step.fact.step, step.fact.holds, step.fact.next) == ("errors", True, "redis")
    assert say(step.fact.answer, "en") == "4000 times redis: connection pool timeout"


def test_too_few_lines_do_not_hold_and_lead_elsewhere() -> None:
    (step,) = says(*whole(logs(LOGS, count=9), looks=(LOGS,)))

    assert isinstance(step, Conclude)
    assert isinstance(step.fact, GuideStepTaken)
    assert (step.fact.holds, step.fact.next) == (False, "down")


def test_a_look_that_failed_is_asked_once_more_by_the_guide_and_then_not_answered() -> None:
    (again,) = says(*asked_for(LOGS), answered(LOGS, "gave up", "the store is away"))
    assert isinstance(again, Due)
    own = again.order
    assert isinstance(own, SearchLogs)

    (step,) = says(
        *asked_for(LOGS), answered(LOGS, "gave up", "the store is away"), *asked_for(own), answered(own, "gave up", "still away")
    )
    assert isinstance(step, Conclude)
    assert isinstance(step.fact, GuideStepTaken)
    assert (step.fact.holds, step.fact.next, say(step.fact.answer, "en")) == (None, "down", "still away")


def test_a_source_that_is_not_set_up_is_told_in_its_own_words() -> None:
    (step,) = says(*asked_for(LOGS), answered(LOGS, "nobody", "lts is not set up"))

    assert isinstance(step, Conclude)
    assert isinstance(step.fact, GuideStepTaken)
    assert (step.fact.holds, say(step.fact.answer, "en")) == (None, "lts is not set up")


def test_it_concludes_with_the_cause_its_last_step_leads_to() -> None:
    seen = whole(redis(REDIS, ("hot key", 0.8)), looks=(REDIS,))
    (step,) = says(*seen, taken("errors", True, "redis"))
    assert isinstance(step, Conclude)
    assert isinstance(step.fact, GuideStepTaken)
    (end,) = says(*seen, taken("errors", True, "redis"), step.fact)

    assert isinstance(end, Conclude)
    assert isinstance(end.fact, GuideConcluded)
    assert (end.fact.cause, end.fact.step) == ("redis-hot-key", "redis")


def test_at_its_end_without_a_cause_it_says_so_and_then_nothing_more() -> None:
    seen = (*whole(changes(CHANGES, ("v1.8.2", timedelta(days=3))), looks=(CHANGES,)), taken("errors", False, "release"))
    (step,) = says(*seen)
    assert isinstance(step, Conclude)
    (end,) = says(*seen, step.fact)
    assert isinstance(end, Conclude)

    assert isinstance(end.fact, GuideConcluded)
    assert end.fact.cause == ""
    assert says(*seen, step.fact, end.fact) == []


@pytest.mark.parametrize("environment, holds", [("full", True), ("preproduction", False)])
def test_a_release_before_the_break_holds_only_where_people_are(environment: str, holds: bool) -> None:
    made = changes(CHANGES, ("v1.9.0", timedelta(minutes=3)), environment=environment)
    (step,) = says(*whole(made, looks=(CHANGES,)), taken("errors", False, "release"))

    assert isinstance(step, Conclude)
    assert isinstance(step.fact, GuideStepTaken)
    assert step.fact.holds is holds


def test_a_person_who_has_taken_over_is_not_followed() -> None:
    over = GuideTakenOver(at=after(seconds=3), by="xiaomei", guide="config-center", step="redis", reason=plain("mine"))

    assert says(*whole(logs(LOGS), looks=(LOGS,)), taken("errors", True, "redis"), over) == []
