"""The status card is changed in place, the newest state only, and not too often."""

from __future__ import annotations

from kuaihui.duties.keep_the_card import due
from kuaihui.incident.alerts import AlertMeasured
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Acknowledged, Answered, Ordered
from kuaihui.incident.room import TopicOpened
from kuaihui.orders import UpdateCard
from tests.duties.so_far import ELEVEN, after, asked, opened

TOPIC = TopicOpened(at=ELEVEN, by="feishu", title="5xx", reference="om_1", chat="oc_1", card="om_1")


def given(order: UpdateCard, seconds: float) -> tuple[Fact, ...]:
    at = after(seconds=seconds)
    return Ordered(at=at, order=order, carrier="feishu"), Answered(at=at, by="feishu", identity=order.identity, outcome="done")


def test_a_topic_without_a_card_wants_nothing() -> None:
    assert asked(due, opened(TopicOpened(at=ELEVEN, title="5xx")), ELEVEN) == []


def test_what_the_card_was_made_with_is_not_shown_again() -> None:
    assert asked(due, opened(TOPIC), ELEVEN) == []


def test_only_the_newest_state_is_shown() -> None:
    facts = [AlertMeasured(at=after(seconds=second), key="gateway", value=0.1 + second / 10) for second in (1, 2)]
    (said,) = asked(due, opened(TOPIC, *facts), after(seconds=2))

    assert (said.at, said.order) == (after(seconds=2), UpdateCard(occasion=4, card="om_1"))  # type: ignore[union-attr]


def test_the_next_one_waits_for_its_turn() -> None:
    first = AlertMeasured(at=after(seconds=1), key="gateway", value=0.2)
    told = given(UpdateCard(occasion=3, card="om_1"), 1)
    (said,) = asked(due, opened(TOPIC, first, *told, Acknowledged(at=after(seconds=2), by="axin")), after(seconds=2))

    assert said.at == after(seconds=4)
