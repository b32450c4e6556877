"""Each change worth a verdict gets one, once; a busy week does not fill the topic."""

from __future__ import annotations

from datetime import timedelta

from kuaihui.duties.due import Conclude
from kuaihui.duties.weigh_the_changes import MOST_EXCLUDED, MOST_SUSPECTED, due
from kuaihui.incident.fact import Fact
from kuaihui.incident.thinking import ChangeExcluded, ChangeSuspected
from kuaihui.language import plain, say
from kuaihui.orders import ListChanges
from tests.duties.looked import CATALOG, asked_for, changes, look, whole
from tests.duties.so_far import after, opened

CHANGES = look(ListChanges)


def says(*facts: Fact) -> list[Fact]:
    return [one.fact for one in due(opened(*facts), CATALOG, after(seconds=3)) if isinstance(one, Conclude)]


def test_before_the_changes_are_listed_nothing_is_said() -> None:
    assert says(*asked_for(CHANGES)) == []


def test_the_deploy_just_before_is_suspected_and_that_of_three_days_ago_excluded_with_the_reason() -> None:
    made = changes(CHANGES, ("v1.9.0", timedelta(minutes=3)), ("v1.8.2", timedelta(days=3)))
    suspected, excluded = says(*whole(made, looks=(CHANGES,)))

    assert isinstance(suspected, ChangeSuspected)
    assert isinstance(excluded, ChangeExcluded)
    assert (suspected.change, suspected.score > 0.5) == ("v1.9.0", True)
    assert (excluded.change, say(excluded.reason, "en")) == ("v1.8.2", "it was made 3d before the break")


def test_a_change_is_judged_once_and_a_persons_word_is_a_verdict() -> None:
    made = changes(CHANGES, ("v1.9.0", timedelta(minutes=3)))
    by_amao = ChangeExcluded(at=after(1), by="amao", change="v1.9.0", title="v1.9.0", reason=plain("only words"))

    assert says(*whole(made, looks=(CHANGES,)), *says(*whole(made, looks=(CHANGES,)))) == []
    assert says(*whole(made, looks=(CHANGES,)), by_amao) == []


def test_a_busy_week_is_told_in_a_few_lines() -> None:
    week = changes(CHANGES, *((f"c{n}", timedelta(minutes=n)) for n in range(1, 9)), *((f"d{n}", timedelta(days=n)) for n in range(2, 7)))
    said = says(*whole(week, looks=(CHANGES,)))

    assert [type(one) for one in said] == [ChangeSuspected] * MOST_SUSPECTED + [ChangeExcluded] * MOST_EXCLUDED
    assert [one.change for one in said if isinstance(one, ChangeSuspected)] == ["c1", "c2", "c3"]
