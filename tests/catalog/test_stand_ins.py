"""An override made on the page counts at once, names its author, and never leaves two answers to one question."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kuaihui.app.overrides import Overrides
from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.load import load
from kuaihui.catalog.stand_ins import Span, StandIn, check, in_force, swapped
from kuaihui.errors import Refused
from kuaihui.journal.memory import Memory
from kuaihui.language import say
from tests.nights.night import SAMPLE

SATURDAY = datetime(2023, 3, 11, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def catalog() -> Catalog:
    return load(SAMPLE, SATURDAY)


def stand_in(*people: str, begins: int = 0, hours: int = 4, id: str = "o1", rota: str = "config-center") -> StandIn:
    since = SATURDAY + begins * HOUR
    return StandIn(id, rota, (Span(people, since, since + hours * HOUR),), "阿新手机丢了", "amao")


def test_an_override_stands_in_for_its_span_and_says_who_made_it(catalog: Catalog) -> None:
    laid = in_force(catalog, [stand_in("dazhuang")])

    assert catalog.on_call("config-center", SATURDAY) == ("axin",), "the files' own catalog is untouched"
    assert laid.on_call("config-center", SATURDAY) == ("dazhuang",)
    assert laid.on_call("config-center", SATURDAY + 4 * HOUR) == ("axin",)
    answer = laid.answer("config-center", SATURDAY)
    assert (say(answer.reason, "en"), answer.place) == ("override: 阿新手机丢了", "override o1")
    assert in_force(catalog, []) is catalog


@pytest.mark.parametrize(
    "wrong, says",
    [
        (stand_in("dazhuang", begins=2, id="o2"), "overlaps an override"),
        (stand_in("nobody", begins=9), "not in the catalog"),
        (stand_in(begins=9), "who is on call"),
        (stand_in("dazhuang", begins=9, hours=0), "before the beginning"),
        (stand_in("dazhuang", begins=-9, hours=2), "has passed"),
        (stand_in("dazhuang", rota="nothing"), "no rota"),
    ],
)
def test_what_cannot_stand_is_refused(catalog: Catalog, wrong: StandIn, says: str) -> None:
    with pytest.raises(Refused, match=says):
        check(wrong, in_force(catalog, [stand_in("amao")]), SATURDAY)


def test_two_shifts_are_swapped_whole(catalog: Catalog) -> None:
    week = timedelta(days=7)
    spans = swapped(catalog, "config-center", SATURDAY, SATURDAY + week)
    laid = in_force(catalog, [StandIn("w", "config-center", spans, "", "axin")])

    assert [span.people for span in spans] == [("dazhuang",), ("axin",)]
    assert laid.on_call("config-center", SATURDAY) == ("dazhuang",)
    assert laid.on_call("config-center", SATURDAY + week) == ("axin",)
    with pytest.raises(Refused, match="nothing to swap"):
        swapped(catalog, "config-center", SATURDAY, SATURDAY + HOUR)


async def test_an_override_outlives_the_house_and_ends_by_hand_without_rewriting_the_past(catalog: Catalog) -> None:
    journal = Memory()
    await Overrides(journal, lambda: catalog).make(stand_in("dazhuang"), SATURDAY)

    anew = Overrides(journal, lambda: catalog)
    await anew.look(SATURDAY)
    assert anew.catalog().on_call("config-center", SATURDAY) == ("dazhuang",)
    assert anew.catalog() is anew.catalog(), "worked out once"

    assert await anew.end("o1", SATURDAY + HOUR, "axin")
    assert anew.catalog().on_call("config-center", SATURDAY + 2 * HOUR) == ("axin",)
    assert anew.catalog().on_call("config-center", SATURDAY) == ("dazhuang",), "what has passed stays as it was"
