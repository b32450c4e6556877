"""The room: topic and document at once, the meeting when somebody is there to meet."""

from __future__ import annotations

from kuaihui.duties.due import Due
from kuaihui.duties.open_the_room import due
from kuaihui.incident.pages import Acknowledged
from kuaihui.incident.room import DocumentCreated, MeetingOpened, PulledIn, TopicOpened
from kuaihui.language import plain
from kuaihui.orders import CreateDocument, InviteToMeeting, OpenMeeting, OpenTopic, PinDocument, Post, PullIn
from tests.duties.so_far import ELEVEN, after, asked, opened, orders, paged


def test_topic_and_document_are_due_at_the_opening() -> None:
    said = asked(due, opened(), ELEVEN)

    assert len(orders(said, OpenTopic)) == 1
    assert [getattr(order, "title", "") for order in orders(said, CreateDocument)] == ["IR-20230311-配置中心500"]


def test_the_document_is_pinned_and_told_of_once_it_is_there_and_the_topic_is() -> None:
    created, topic = DocumentCreated(at=ELEVEN, title="IR", template="incident"), TopicOpened(at=after(seconds=9), title="5xx")
    cases = ((), (created,), (topic,), (created, topic))
    said = [[one for one in asked(due, opened(*facts), ELEVEN) if isinstance(one, Due)] for facts in cases]

    assert [[(one.at, type(one.order)) for one in each if isinstance(one.order, PinDocument | Post)] for each in said] == [
        [],
        [],
        [],
        [(after(seconds=9), PinDocument), (after(seconds=9), Post)],
    ]


def test_the_meeting_is_told_of_once_the_topic_is_there() -> None:
    meeting, topic = MeetingOpened(at=after(2), title="5xx", link="https://meet.example.org/1"), TopicOpened(at=after(3), title="5xx")

    assert orders(asked(due, opened(meeting), after(3)), Post) == []
    assert len(orders(asked(due, opened(meeting, topic), after(3)), Post)) == 1


def test_the_meeting_waits_for_somebody_to_meet_and_for_a_severity_that_is_worth_it() -> None:
    somebody = Acknowledged(at=after(1), by="axin")

    assert orders(asked(due, opened(), after(1)), OpenMeeting) == []
    assert orders(asked(due, opened(somebody, severity=3), after(1)), OpenMeeting) == []
    assert len(orders(asked(due, opened(somebody, severity=2), after(1)), OpenMeeting)) == 1


def test_whoever_was_paged_or_pulled_in_is_invited() -> None:
    meeting = MeetingOpened(at=after(2), title="5xx", link="https://meet.example.org/1")
    pulled = PulledIn(at=after(3), by="amao", person="ayi", reason=plain("看 Redis"))
    said = asked(due, opened(*paged("axin", 1, ELEVEN), meeting, pulled), after(3))

    assert {getattr(order, "person", "") for order in orders(said, InviteToMeeting)} == {"axin", "ayi"}
    assert [getattr(order, "person", "") for order in orders(said, PullIn)] == ["ayi"]
