"""Two incidents share one cause; and a recurrence meets the task that would have prevented it."""

from __future__ import annotations

from kuaihui.app.memory import rememberer
from kuaihui.catalog.catalog import Catalog
from kuaihui.catalog.services import Sources
from kuaihui.incident.learning import SimilarFound
from kuaihui.incident.phases import Phase
from kuaihui.incident.room import MessagePosted
from kuaihui.intake import signals
from kuaihui.integrations.builtin import Builtin
from kuaihui.language import say
from tests.nights.evidence import Saturday, with_sources
from tests.nights.night import Night


def night() -> Night:
    """A night whose workplace looks back in its own journal; the gateway has sources too."""
    catalog = both(with_sources("logs", "redis"))
    made = Night(catalog)
    made.carried_by(Saturday(), Builtin("http://127.0.0.1:8466", remember=rememberer(made.journal)))
    return made


def both(catalog: Catalog) -> Catalog:
    gateway = catalog.services["gateway"].model_copy(update={"sources": Sources(logs={"from": "saturday"}, redis={"from": "saturday"})})
    return catalog.model_copy(update={"services": {**catalog.services, "gateway": gateway}})


async def found(night: Night, incident: str) -> list[SimilarFound]:
    return (await night.loop.timeline(incident)).all(SimilarFound)


async def test_two_incidents_at_once_are_told_of_each_other() -> None:
    saturday = night()
    await saturday.rings(0.10)
    await saturday.passes(seconds=30)
    first = await saturday.incident()
    await saturday.rings(0.08, service="gateway", name="GatewayLatencyHigh", job="gateway")
    await saturday.passes(minutes=2)
    second = await saturday.incident()

    assert first != second
    (told, *_) = await found(saturday, second)
    (one,) = told.similar
    assert (one.incident, one.still_open) == (first, True)
    assert "same cause" in say(one.reason, "en")
    said = say(told.said, "en")
    assert said.startswith(f"looks like {first}")
    posted = (await saturday.loop.timeline(second)).all(MessagePosted)
    assert any(say(fact.words, "en") == said for fact in posted), "it is said in the topic"


async def test_a_recurrence_links_to_the_open_action_that_would_have_prevented_it() -> None:
    saturday = night()
    await saturday.rings(0.10)
    await saturday.acks("axin")
    await saturday.clears()
    await saturday.passes(minutes=11)
    assert await saturday.phase() is Phase.CLOSED
    first = await saturday.incident()
    await saturday.passes(minutes=60 * 24 * 5)
    await saturday.rings(0.10)
    await saturday.passes(minutes=2)
    again = await saturday.incident()

    assert again != first
    (told,) = await found(saturday, again)
    (one,) = told.similar
    assert (one.incident, one.open_task, one.open_task_owner) == (first, "root-cause", "xiaomei")
    assert "以前出过" in say(told.said, "zh", saturday.catalog.names("zh"))
    assert "还没完成" in say(told.said, "zh")


async def test_a_task_that_was_done_is_not_blamed() -> None:
    saturday = night()
    await saturday.rings(0.10)
    await saturday.acks("axin")
    await saturday.clears()
    await saturday.passes(minutes=11)
    for task in ("root-cause", "runbook"):
        await saturday.does(signals.FinishTask(person="xiaomei", task=task))
    await saturday.passes(minutes=60 * 24 * 5)
    await saturday.rings(0.10)
    await saturday.passes(minutes=2)

    (told,) = await found(saturday, await saturday.incident())
    assert told.similar[0].open_task == ""


async def test_nothing_is_told_where_nothing_is_alike() -> None:
    saturday = Night()
    saturday.carried_by(Builtin("", remember=rememberer(saturday.journal)))
    await saturday.rings(0.10)
    await saturday.rings(0.08, service="gateway", name="GatewayLatencyHigh", job="gateway")
    await saturday.passes(minutes=3)

    assert await found(saturday, await saturday.incident()) == []
