"""A past incident run again: the same under the same policy, and what another policy would have done."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from kuaihui.app.overlay import catalog_of
from kuaihui.app.replay.run import replay
from kuaihui.briefing.side_by_side import pages, side_by_side, verdict
from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.load import load
from kuaihui.duties import ROSTER, page_the_oncall
from kuaihui.incident.pages import Acknowledged, Ordered
from kuaihui.incident.phases import Phase
from kuaihui.incident.recovery import Closed
from kuaihui.incident.timeline import Timeline
from kuaihui.journal.export import read_export, verify_export
from kuaihui.language import say
from tests.app.replay.write_saturday import REPLAYS, SATURDAY, recorded
from tests.app.web.acted import SAMPLE


@pytest.fixture(scope="module")
def saturday() -> Timeline:
    """The story's recorded night: five minutes went by before a second person was called."""
    return read_export(SATURDAY.read_bytes()).timeline


@pytest.fixture(scope="module")
def as_it_was() -> Catalog:
    return catalog_of(SAMPLE, REPLAYS / "as_it_was")


@pytest.fixture(scope="module")
def changed() -> Catalog:
    return catalog_of(SAMPLE, REPLAYS / "backup_after_a_minute")


def test_the_sample_is_whole() -> None:
    assert verify_export(SATURDAY.read_bytes()) == []


async def test_the_sample_is_what_the_house_writes_today() -> None:
    written, kept = read_export(await recorded()).timeline, read_export(SATURDAY.read_bytes()).timeline

    assert pages(written) == pages(kept)


async def test_under_the_same_catalog_it_goes_as_it_went(as_it_was: Catalog) -> None:
    today = read_export(await recorded()).timeline

    played = await replay(today, as_it_was)

    assert _orders(played.timeline) == _orders(today)
    assert played.impossible == ()
    assert side_by_side(today, played.timeline, as_it_was).different == ()


def _orders(timeline: Timeline) -> list[tuple[datetime, str]]:
    """Every order with its instant; those of one instant are given together."""
    return sorted((fact.at, f"{type(fact.order).__name__} {fact.order.key}") for fact in timeline.all(Ordered))


async def test_a_backup_after_one_unread_minute_makes_axins_absence_cost_one_minute_instead_of_five(
    saturday: Timeline, as_it_was: Catalog, changed: Catalog
) -> None:
    played = await replay(saturday, changed)
    compared = side_by_side(saturday, played.timeline, as_it_was, changed)

    axin = next(one for one in compared.absences if one.person == "axin")
    assert (axin.before, axin.after) == (timedelta(minutes=5), timedelta(minutes=1))
    assert "Axin's absence costs 1 min instead of 5 min" in [say(one, "en", changed.names("en")) for one in verdict(compared)]
    second = next(page for page in compared.pages_after if page.person == "dazhuang")
    assert second.after == timedelta(minutes=1)


async def test_who_answers_as_quickly_takes_it_on_four_minutes_sooner(saturday: Timeline, changed: Catalog) -> None:
    slow, quick = await replay(saturday, changed), await replay(saturday, changed, as_quick=True)

    took = [played.timeline.all(Acknowledged)[0].at for played in (slow, quick)]
    assert took[0] - took[1] == timedelta(minutes=4)


async def test_the_same_replay_twice_is_the_same_to_the_fact(saturday: Timeline, changed: Catalog) -> None:
    assert (await replay(saturday, changed)).timeline.facts == (await replay(saturday, changed)).timeline.facts


async def test_without_a_duty_nobody_would_have_been_paged(saturday: Timeline) -> None:
    duties = [duty for duty in ROSTER if duty is not page_the_oncall.due]

    played = await replay(saturday, load(SAMPLE), duties)

    assert pages(played.timeline) == ()
    assert played.timeline.phase is Phase.CLOSED


async def test_a_longer_observation_closes_later(saturday: Timeline, as_it_was: Catalog) -> None:
    service = as_it_was.services["config-center"].model_copy(update={"observe_for": timedelta(minutes=20)})
    longer = as_it_was.model_copy(update={"services": {**as_it_was.services, "config-center": service}})

    played = await replay(saturday, longer)

    closed, before = played.timeline.last(Closed), saturday.last(Closed)
    assert closed is not None
    assert before is not None
    assert closed.at - before.at == timedelta(minutes=10)


async def test_what_cannot_be_done_under_another_catalog_is_told(saturday: Timeline, as_it_was: Catalog) -> None:
    gone = as_it_was.model_copy(update={"people": {who: person for who, person in as_it_was.people.items() if who != "xiaomei"}})
    service = gone.services["config-center"].model_copy(update={"owner": "amao"})
    gone = gone.model_copy(update={"services": {**gone.services, "config-center": service}})

    played = await replay(saturday, gone)

    assert {one.heard.fact.by for one in played.impossible} == {"xiaomei"}
