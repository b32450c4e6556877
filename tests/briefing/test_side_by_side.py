"""Two courses of one incident, compared in a sentence."""

from __future__ import annotations

from kuaihui.briefing.side_by_side import side_by_side, verdict
from kuaihui.incident.pages import Acknowledged
from kuaihui.incident.timeline import Timeline
from kuaihui.language import say
from tests.duties.so_far import CATALOG, ELEVEN, after, opened, paged


def said(before: Timeline, then: Timeline) -> list[str]:
    return [say(one, "en", CATALOG.names("en")) for one in verdict(side_by_side(before, then, CATALOG))]


TAKEN_ON = Acknowledged(at=after(6), by="axin")
ONCE = opened(*paged("axin", 1, ELEVEN), TAKEN_ON)


def test_the_same_course_pages_nobody_otherwise() -> None:
    assert said(ONCE, ONCE) == ["nobody would be paged otherwise"]


def test_one_more_page_to_the_same_person_is_said() -> None:
    twice = opened(*paged("axin", 1, ELEVEN), *paged("axin", 1, after(5), occasion=2), TAKEN_ON)

    assert said(ONCE, twice) == ["the same people would be paged, at other times or not as often"]


def test_who_else_would_be_paged_is_said() -> None:
    more = opened(*paged("axin", 1, ELEVEN), *paged("dazhuang", 2, after(1)), TAKEN_ON)

    assert said(ONCE, more) == ["Dazhuang would be paged, who was not"]
