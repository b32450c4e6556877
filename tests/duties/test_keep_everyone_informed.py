"""What is said in the topic, once each."""

from __future__ import annotations

from kuaihui.duties.keep_everyone_informed import due
from kuaihui.incident.alerts import Worsened
from kuaihui.incident.pages import Acknowledged, Delivered
from kuaihui.incident.room import TopicOpened
from kuaihui.orders import Post
from tests.duties.so_far import ELEVEN, after, asked, opened, orders, paged

TOPIC = TopicOpened(at=ELEVEN, title="5xx")


def test_nothing_is_said_before_there_is_a_topic() -> None:
    assert asked(due, opened(Acknowledged(at=after(1), by="axin")), after(1)) == []


def test_news_are_said_and_receipts_are_not() -> None:
    delivered = Delivered(at=after(1), identity="Page/0/axin/1/inbox/1", person="axin")
    said = orders(asked(due, opened(TOPIC, delivered, Acknowledged(at=after(1), by="axin")), after(1)), Post)

    assert [order.identity for order in said] == ["Post/4/news"]


def test_all_of_a_level_are_mentioned_in_one_line() -> None:
    both = (*paged("axin", 2, after(1)), *paged("dazhuang", 2, after(1)))
    (said,) = orders(asked(due, opened(TOPIC, *both), after(1)), Post)

    assert getattr(said, "mentions", ()) == ("axin", "dazhuang")


def test_a_worsening_mentions_whom_it_pages_again_and_says_it_once() -> None:
    worse = Worsened(at=after(1), was=0.1, value=0.15, unit="ratio")
    said = orders(asked(due, opened(TOPIC, worse, *paged("axin", 1, after(1), occasion=3)), after(1)), Post)

    assert [getattr(order, "mentions", ()) for order in said] == [("axin",)]
