"""Who is paged when, and what stops it."""

from __future__ import annotations

import msgspec
import pytest

from kuaihui.duties.page_the_oncall import channels_of, due
from kuaihui.incident.alerts import Opened
from kuaihui.incident.pages import Acknowledged, Answered, FellSilent, Read
from kuaihui.incident.recovery import Mitigated
from kuaihui.incident.timeline import Timeline
from kuaihui.language import plain
from kuaihui.orders import Page
from tests.duties.so_far import CATALOG, ELEVEN, after, asked, concluded, opened, orders, paged, pages


def test_the_on_call_is_due_at_the_opening_and_nobody_else_yet() -> None:
    said = asked(due, opened(), ELEVEN)

    assert [(at, page.person) for at, page in pages(said)] == [(ELEVEN, "axin")]


def test_the_next_level_is_told_with_its_instant_once_the_first_is_paged() -> None:
    said = asked(due, opened(*paged("axin", 1, ELEVEN)), after(seconds=10))

    assert (after(1), "dazhuang") in [(at, page.person) for at, page in pages(said)]


def test_reading_moves_the_next_level_to_the_longer_clock() -> None:
    page, sent = paged("axin", 1, ELEVEN)
    read = Read(at=after(seconds=20), by="axin", identity=getattr(sent, "identity", ""), person="axin")
    said = asked(due, opened(page, sent, read), after(seconds=30))

    assert [at for at, page in pages(said) if page.person == "dazhuang"] == [after(3)]


def test_a_long_stop_of_the_house_pages_one_level_and_not_all_of_them() -> None:
    said = asked(due, opened(*paged("axin", 1, ELEVEN)), after(60))

    assert [page.person for at, page in pages(said) if at <= after(60) and page.level > 1] == ["dazhuang"]


def test_whoever_acknowledges_stops_it() -> None:
    said = asked(due, opened(*paged("axin", 1, ELEVEN), Acknowledged(at=after(1), by="dazhuang")), after(2))

    assert orders(said, Page) == []


def test_silence_after_the_acknowledgement_is_concluded_at_its_instant() -> None:
    said = asked(due, opened(Acknowledged(at=after(1), by="axin")), after(2))

    assert concluded(said) == [FellSilent(at=after(16), since=after(1))]


def test_what_is_mitigated_pages_nobody() -> None:
    assert orders(asked(due, opened(Mitigated(at=after(1), by="amao", reason=plain("已切流"))), after(5)), Page) == []


def test_a_failed_channel_calls_the_next_one_at_once() -> None:
    page, _ = paged("axin", 1, ELEVEN)
    failed = Answered(at=after(seconds=1), identity="Page/0/axin/1/inbox/1", outcome="gave up", reason=plain("dead"))
    said = asked(due, opened(page, failed), after(seconds=1))

    assert [at for at, page in pages(said) if page.person == "dazhuang"] == [after(seconds=1)]


@pytest.mark.parametrize("drill, telephones, rung", [(False, False, True), (True, False, False), (True, True, True)])
def test_a_drill_rings_no_telephone_unless_asked(drill: bool, telephones: bool, rung: bool) -> None:
    axin = CATALOG.people["axin"].model_copy(update={"reach": ("phone", "inbox")})
    catalog = CATALOG.model_copy(update={"people": {**CATALOG.people, "axin": axin}})
    first, *more = opened()
    assert isinstance(first, Opened)
    timeline = Timeline("I1", (msgspec.structs.replace(first, drill=drill, telephones=telephones), *more))

    assert ("phone" in channels_of(timeline, catalog, "axin")) is rung
