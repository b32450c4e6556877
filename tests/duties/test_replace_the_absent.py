"""A role passes on evidence of absence, and only on it."""

from __future__ import annotations

from kuaihui.duties.due import Conclude
from kuaihui.duties.replace_the_absent import due
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Acknowledged, Read
from kuaihui.incident.roles import RoleGiven, RoleProposed, RoleTaken
from kuaihui.language import plain
from kuaihui.orders import Tell
from tests.duties.so_far import ELEVEN, after, asked, concluded, opened, orders, paged

THERE = Acknowledged(at=after(1, 20), by="dazhuang")
ASKED = RoleProposed(at=after(1, 20), role="communicator", person="axin", reason=plain("rota"))


def _given(*more: Fact) -> list[Conclude]:
    said = asked(due, opened(*paged("axin", 1, ELEVEN), THERE, ASKED, *more), after(1, 30))
    return [one for one in said if isinstance(one, Conclude)]


def test_the_clock_runs_from_the_page_that_was_slept_through() -> None:
    given = _given()

    assert [one.at for one in given] == [after(2)]
    assert isinstance(given[0].fact, RoleGiven)
    assert (given[0].fact.person, given[0].fact.former) == ("dazhuang", "axin")


def test_reading_is_presence() -> None:
    assert _given(Read(at=after(1, 25), by="axin", identity="Page/0/axin/1/inbox/1", person="axin")) == []


def test_who_took_the_role_themself_keeps_it() -> None:
    assert _given(RoleTaken(at=after(1, 25), by="axin", role="communicator")) == []


def test_while_nobody_is_there_nothing_is_passed_on() -> None:
    said = asked(due, opened(*paged("axin", 1, ELEVEN), ASKED), after(30))

    assert concluded(said) == []


def test_both_are_told() -> None:
    given = RoleGiven(at=after(2), role="communicator", person="dazhuang", former="axin", reason=plain("缺席"))
    said = asked(due, opened(THERE, given), after(2))

    assert sorted(getattr(order, "person", "") for order in orders(said, Tell)) == ["axin", "dazhuang"]
