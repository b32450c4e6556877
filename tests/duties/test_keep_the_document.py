"""The document outside: one writer, written together, nothing of our own."""

from __future__ import annotations

from kuaihui.duties.keep_the_document import due
from kuaihui.incident.fact import Fact
from kuaihui.incident.pages import Acknowledged, Answered, Ordered
from kuaihui.incident.room import DocumentCreated, MessagePosted
from kuaihui.language import plain
from kuaihui.orders import KeepDocument
from tests.duties.so_far import ELEVEN, after, asked, opened

PAPER = DocumentCreated(at=ELEVEN, by="feishu", title="IR", template="incident", reference="dox1")


def given(order: KeepDocument, seconds: float, *, answered: bool = True) -> tuple[Fact, ...]:
    at = after(seconds=seconds)
    answer = (Answered(at=at, by="feishu", identity=order.identity, outcome="done"),) if answered else ()
    return Ordered(at=at, order=order, carrier="feishu"), *answer


def test_a_document_of_our_own_wants_nothing() -> None:
    own = DocumentCreated(at=ELEVEN, title="IR", template="incident", link="http://127.0.0.1")

    assert asked(due, opened(own), ELEVEN) == []


def test_a_document_outside_is_brought_up_to_what_it_tells() -> None:
    (said,) = asked(due, opened(PAPER, Acknowledged(at=after(seconds=5), by="axin")), after(seconds=5))

    assert (said.at, said.order) == (after(seconds=5), KeepDocument(occasion=3, reference="dox1"))  # type: ignore[union-attr]


def test_what_the_house_says_in_the_topic_changes_no_document() -> None:
    told = given(KeepDocument(occasion=2, reference="dox1"), 1)
    said = MessagePosted(at=after(seconds=5), message="om_2", words=plain("会议"))

    assert asked(due, opened(PAPER, *told, said), after(seconds=20)) == []


def test_nothing_new_is_ordered_while_an_earlier_order_is_under_way() -> None:
    told = given(KeepDocument(occasion=2, reference="dox1"), 1, answered=False)
    (said,) = asked(due, opened(PAPER, *told, Acknowledged(at=after(seconds=5), by="axin")), after(seconds=30))

    assert said.order == KeepDocument(occasion=2, reference="dox1")  # type: ignore[union-attr]


def test_what_comes_within_seconds_is_written_together() -> None:
    told = given(KeepDocument(occasion=2, reference="dox1"), 1)
    (said,) = asked(due, opened(PAPER, *told, Acknowledged(at=after(seconds=5), by="axin")), after(seconds=5))

    assert said.at == after(seconds=11)
